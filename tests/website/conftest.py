"""Fixtures: the sample app, and a client of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.app import App
from tests.support.site_data import open_sample_app, serve_site


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_sample_app(tmp_path, store_url) as app:
        yield app


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with serve_site(app) as client:
        yield client
