"""Fixture: a logged-in client of the admin site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.admin_site import (
    AdminClient,
    admin_client,
    open_admin_app,
)


@pytest.fixture
def opened(tmp_path: Path, store_url: str) -> Iterator[AdminClient]:
    with open_admin_app(tmp_path, store_url) as app, admin_client(app) as at_it:
        yield at_it
