"""Two real databases for every test of the store: a SQLite file, and a database on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.store import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as store:
        yield store
