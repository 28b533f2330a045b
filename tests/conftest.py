"""Fixtures that several rooms of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import postgres
import pytest
from stand_in import StandInRouter

hypothesis.settings.register_profile("untimed", deadline=None)  # machines are slow at times
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def stand_in() -> StandInRouter:
    return StandInRouter()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server with a database `template` that has all tables."""
    if postgres.PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed")
    from service.store import migrate  # most rooms do without a database
    from service.store.database import Database

    with postgres.cluster() as running:
        running.sql("CREATE DATABASE template")
        database = Database(running.url("template"))
        migrate.upgrade(database)
        database.close()
        yield running
