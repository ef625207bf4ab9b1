"""The houses that faults come to: on SQLite, and where the database matters on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store import Store
from tests.support.delivery_scenario import DeliveryScenario, opened


@pytest.fixture
def scenario(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[DeliveryScenario]:
    """On SQLite."""
    with Store.open(f"sqlite:///{tmp_path}/digest.db") as store:
        yield opened(store, tmp_path / "journals", caplog)


@pytest.fixture
def anywhere(store_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[DeliveryScenario]:
    """On SQLite, and once more on PostgreSQL."""
    with Store.open(store_url) as store:
        yield opened(store, tmp_path / "journals", caplog)
