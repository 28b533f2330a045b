"""What it takes to add a model and to put one into use beside the rows of the store: its files, whether it fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from petition_nlp.artifact import model_digest, model_name
from petition_nlp.errors import ModelError, PetitionError
from petition_nlp.resources import default_model_path
from petition_nlp.settings import Settings
from service.access.principal import Principal
from service.apart import ask
from service.models import registry
from service.models.examining import Examined, examine, examine_apart
from service.models.folders import ModelFolders
from service.models.objections import Present
from service.models.packing import unpack
from service.models.registry import RegistryError
from service.store.database import Database
from service.store.tables import ModelVersion

Work = Callable[[Session, Principal], ModelVersion]
"""What is left to do in a transaction; returns the model that is in use then."""
_PINNED: Final = "设置 model 指定了模型"


class Registrar:
    """Brings models into the registry of a service with certain settings."""

    def __init__(self, settings: Settings) -> None:
        self.folders = ModelFolders(settings)
        self._settings = settings

    def take_in(self, source: Path) -> Examined:
        """Copy a model folder of this machine into the data folder, if it can be used.

        :raises PetitionError: it is damaged, does not fit, or cannot be copied.
        """
        with self.folders.workplace() as work:
            copied = self.folders.copy(source, work)
            found = examine(copied, self._settings.taxonomy, self._settings.profile)
            _check_unlike_shipped(found)
            self.folders.keep(copied)
        return found

    def take_in_stranger(self, archive: Path) -> Examined:
        """The same for a ZIP file that somebody sent; its content is first read by a process of its own.

        :raises PetitionError: as `take_in`.
        """
        with self.folders.workplace() as work:
            copied = self.folders.copy(unpack(archive, work), work)
            taxonomy = self._settings.taxonomy
            seen = ask(examine_apart, copied, taxonomy and str(taxonomy.absolute()), self._settings.profile)
            if seen is None:
                raise ModelError("模型无法读取", todo="读取它的进程意外终止；请重新训练或重新打包")
            if "error" in seen:
                raise ModelError(**seen["error"])
            found = Examined(**seen)
            _check_unlike_shipped(found)
            self.folders.keep(copied)
        return found

    def promotion(self, database: Database, identifier: str, why: str, despite: str | None) -> Work:
        """Make sure that a model can be put into use.

        :param despite: why it does not count that the gate speaks against it.
        :raises PetitionError: the settings name a model, there is no such one, or it cannot be used.
        """
        self._require_free()
        with database.read() as session:
            row, first = registry.by_id(session, identifier), registry.current(session) is None
            self._check(row)
        stock = self._stock(row) if first else None

        def work(session: Session, caller: Principal) -> ModelVersion:
            if stock is not None:
                registry.take_stock(session, stock)
            chosen = registry.by_id(session, row.id)
            registry.promote(session, caller, chosen, why, despite)
            return chosen

        return work

    def rollback(self, database: Database, why: str) -> Work:
        """Make sure that the model that the present one replaced can be put into use.

        :raises PetitionError: the settings name a model, there is no such one, or it cannot be used.
        """
        self._require_free()
        with database.read() as session:
            row = registry.previous(session)
            if row is not None:
                self._check(row)
        return lambda session, caller: registry.roll_back(session, caller, why)

    def _require_free(self) -> None:
        if self._settings.model is not None:
            raise RegistryError(
                f"{_PINNED}，登记的模型不能启用",
                todo="去掉设置 model（或选项 --model）并重启服务后再试",
                kind="model_pinned",
            )

    def _check(self, row: ModelVersion) -> None:
        if not self.folders.has(row.digest):
            raise ModelError(
                f"这台机器的数据文件夹里没有模型 {registry.name_of(row)}",
                todo="请在这台机器上运行 petition-nlp models add，再启用",
            )
        examine(self.folders.of(row.digest), self._settings.taxonomy, self._settings.profile)

    def _stock(self, row: ModelVersion) -> Examined | None:
        """The shipped model, taken in to be rolled back to; None where it is the one to promote, or cannot be used."""
        try:
            if model_digest(default_model_path()) == row.digest:
                return None
            return self.take_in(default_model_path())
        except PetitionError:  # it does not fit this taxonomy, and is in use nowhere
            return None


def present_model(session: Session) -> Present | None:
    """The model that a promotion replaces: the registry's, or the shipped one as long as none was ever promoted."""
    row = registry.current(session)
    if row is not None:
        return registry.present_of(row)
    try:
        return Present(model_digest(default_model_path()), model_name(default_model_path()))
    except ModelError:  # none is shipped
        return None


def _check_unlike_shipped(examined: Examined) -> None:
    """Refuse a model that routes could not tell from the shipped one.

    :raises ModelError: it has the shipped one's name and version, and another content.
    """
    try:
        shipped, digest = model_name(default_model_path()), model_digest(default_model_path())
    except ModelError:  # none is shipped
        return
    if examined.model == shipped and examined.digest != digest:
        raise ModelError(f"自带的模型也叫 {shipped}，内容却不同", todo="训练时用 --name 或 --model-version 另取")
