"""Which model a process begins with: the one that the settings name, the promoted one, or the shipped one."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from petition_nlp.errors import ModelError, PetitionError
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service import metrics
from service.models.folders import ModelFolders
from service.models.states import ModelState
from service.petitions.intake import Versions
from service.store.database import Database, require_existing
from service.store.tables import ModelVersion

_TRIAL: Final = "启动时试读一句，让词典和矩阵就位。"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InUse:
    """A router that is ready, and what goes with it.

    :param digest: of its model, if that is one of the registry.
    """

    router: Router
    digest: str | None = None

    @cached_property
    def versions(self) -> Versions:
        """What its routes are made with."""
        return Versions(self.router.model, self.router.taxonomy.version, self.router.rules)


def load(settings: Settings) -> InUse:
    """What a process routes with at its start, ready for its first message.

    A promoted model that cannot be loaded gives way to the one before it, and at last to the shipped one.

    :raises PetitionError: the model that the settings name, or the last of the others, cannot be loaded.
    """
    if settings.model is not None:
        return _ready(settings, None, None)
    folders = ModelFolders(settings)
    for digest in _promoted(settings, folders):
        try:
            found = _ready(settings, folders.of(digest), digest)
        except PetitionError as error:
            metrics.model_loaded("failed")
            _log.error("promoted model not loaded: %s", error)
        else:
            note(folders, digest)
            return found
    found = _ready(settings, None, None)
    note(folders, None)
    return found


def make_ready(router: Router) -> None:
    """Let a router make what it makes at its first message."""
    router.route([_TRIAL])


def encoder_threads(settings: Settings) -> int | None:
    """Threads of the encoder: those of one process would not live on in the processes that are forked from it."""
    return 1 if settings.processes > 1 else None


def note(folders: ModelFolders, digest: str | None) -> None:
    """Remember what is in use; without a folder that can be written it is looked up in the store each time."""
    try:
        folders.note_in_use(digest)
    except (OSError, PetitionError) as error:
        _log.warning("model in use not noted: %s", type(error).__name__)


def _ready(settings: Settings, folder: Path | None, digest: str | None) -> InUse:
    try:
        router = settings.load_router(model=folder, threads=encoder_threads(settings))
        make_ready(router)
    except PetitionError:
        raise
    except Exception as error:
        raise ModelError(f"模型未能载入（{type(error).__name__}）", todo="请检查安装和模型文件夹") from error
    gc.freeze()  # what the model holds stays: collections need not look through it again
    _log.info("model loaded", extra={"fields": {"model": router.model}})
    return InUse(router, digest)


def _promoted(settings: Settings, folders: ModelFolders) -> list[str]:
    """Digests of the promoted model and of those that it replaced, as the store says; else what was noted last."""
    try:
        require_existing(settings.database_url)
        database = Database(settings.database_url)
    except PetitionError:  # there is no store yet, or the start will end with that error
        return []
    try:
        return [] if _is_empty(database) else list(_chain(database))
    except (DBAPIError, PoolTimeout):  # it does not answer, or has tables of an older program
        noted = folders.noted()
        return [] if noted is None else [noted]
    finally:
        database.close()


def _is_empty(database: Database) -> bool:
    """Whether it is a SQLite file that is just being made; to open it too would stand in its maker's way."""
    path = database.engine.url.database
    return database.dialect == "sqlite" and (not path or not Path(path).is_file() or not Path(path).stat().st_size)


def _chain(database: Database) -> Iterator[str]:
    columns = select(ModelVersion.id, ModelVersion.digest, ModelVersion.state, ModelVersion.before)
    with database.engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(columns)}
    row = next((row for row in rows.values() if row.state == ModelState.CURRENT), None)
    while row is not None:
        if row.state != ModelState.REFUSED:
            yield row.digest
        row = rows.pop(row.before, None)
