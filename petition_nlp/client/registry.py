"""The registry of models: which there are, and which the service routes with."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from petition_nlp.client.connection import Connection, changing
from petition_nlp.client.reading import read
from petition_nlp.client.shapes import ModelBrief, ModelRegistry, ModelVersion
from petition_nlp.errors import InputError

_PATH: Final = "/v1/models"


class Registry:
    """``client.registry``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> ModelRegistry:
        """The model in use and the registered ones, the newest first."""
        return read(ModelRegistry, self._connection.get(_PATH))

    def get(self, model: str) -> ModelVersion:
        """A registered model with its card, figures and the verdict of its gate.

        :param model: its identifier.
        """
        return read(ModelVersion, self._connection.get(f"{_PATH}/{model}"))

    def add(self, folder: Path | str, *, key: str | None = None) -> ModelVersion:
        """Register a model: its folder, or a ZIP file of it. One that is registered already stays as it is.

        :raises ApiError: ``unfit_model``, it is damaged or of another program or taxonomy.
        """
        with _packed(Path(folder)) as archive:
            headers = {**changing(key), "Content-Type": "application/zip"}
            answer = self._connection.send("POST", _PATH, content=archive, headers=headers)
        return read(ModelVersion, answer.json())

    def promote(
        self, model: ModelBrief | str, *, why: str, despite: str | None = None, key: str | None = None
    ) -> ModelVersion:
        """Put a model into use; all processes change over within seconds.

        :param despite: why it is put into use although its gate speaks against it.
        :raises ApiError: ``gate_failed``, ``model_pinned``, ``unfit_model``, or ``not_possible``: it is in use already.
        """
        identifier = model if isinstance(model, str) else model.id
        body = {"why": why} if despite is None else {"why": why, "despite": despite}
        return read(ModelVersion, self._connection.change(f"{_PATH}/{identifier}/promote", body, key=key))

    def roll_back(self, *, why: str, key: str | None = None) -> ModelVersion:
        """Put the model back into use that the present one replaced.

        :return: that model.
        :raises ApiError: ``not_possible``, there is none.
        """
        return read(ModelVersion, self._connection.change(f"{_PATH}/rollback", {"why": why}, key=key))


@contextmanager
def _packed(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    if not source.is_dir():
        raise InputError("没有这个模型文件夹", where=str(source), todo="请检查路径")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(source.iterdir()):
                if path.is_file():
                    packed.write(path, path.name)
        yield archive
