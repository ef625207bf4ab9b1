"""The sample house and a client of its pages, for every test of the site that makes no house of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.app import House
from tests.support.site_data import opened, served


@pytest.fixture
def house(tmp_path: Path, store_url: str) -> Iterator[House]:
    with opened(tmp_path, store_url) as house:
        yield house


@pytest.fixture
def web(house: House) -> Iterator[httpx.Client]:
    with served(house) as client:
        yield client
