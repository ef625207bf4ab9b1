"""The sample house and a client of its pages, for every test of the site that makes no house of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.app import App
from tests.support.site_data import opened, served


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with opened(tmp_path, store_url) as app:
        yield app


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with served(app) as client:
        yield client
