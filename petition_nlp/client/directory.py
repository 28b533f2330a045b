"""The city's own units, rules, places and services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from petition_nlp.client.connection import Connection, changing, plain
from petition_nlp.client.reading import read, read_all
from petition_nlp.client.shapes import Directory, DirectoryChange, DirectoryVersion, Record, Trial
from petition_nlp.errors import InputError
from petition_nlp.route import Message

_PATH: Final = "/v1/directory"
_KINDS: Final = ("units", "rules", "places", "services")
_MEDIA_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


class Directories:
    """``client.directory``.

    Give the version that you have read with a change: 412 ``changed_meanwhile`` says that there is a newer one.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, version: int | None = None) -> Directory:
        """The version in use, or a certain one."""
        return read(Directory, self._connection.get(_PATH, version=version))

    def put(self, document: Directory | Mapping[str, Any], *, why: str, key: str | None = None) -> DirectoryChange:
        """Replace the whole by ``units``, ``rules``, ``places`` and ``services``.

        :param document: the directory that you have read, with changes (`dataclasses.replace`): refused if there is
            a newer one; or a mapping, which replaces whatever is there.
        :raises ApiError: ``bad_directory`` names every mistake; nothing has changed then.
        """
        if isinstance(document, Directory):
            content = {kind: list(getattr(document, kind)) for kind in _KINDS}
            version = document.version
        else:
            content, version = dict(document), None
        body = {**content, "why": why}
        return read(DirectoryChange, self._connection.change(_PATH, body, key=key, version=version, method="PUT"))

    def import_file(
        self, path: Path | str, *, why: str, version: int | None = None, key: str | None = None
    ) -> DirectoryChange:
        """Replace the whole by a workbook, or a ZIP of CSV files."""
        return self._upload(Path(path), {"why": why}, changing(key, version))

    def check_file(self, path: Path | str) -> DirectoryChange:
        """What `import_file` would change; saves nothing."""
        return self._upload(Path(path), {"why": "检查", "dry_run": True}, {})

    def export(self, version: int | None = None) -> bytes:
        """The directory as a workbook that can be imported again."""
        return self._connection.send("GET", f"{_PATH}/export", params={"version": version}).content

    def versions(self) -> list[DirectoryVersion]:
        """Who changed it, when and why, newest first."""
        pages = self._connection.pages(f"{_PATH}/versions")
        return [version for page in pages for version in read_all(DirectoryVersion, page)]

    def diff(self, old: int, new: int) -> Record:
        """What differs between two versions, by kind of record."""
        changes: Record = self._connection.get(f"{_PATH}/diff", old=old, new=new)["changes"]
        return changes

    def test(
        self,
        message: Message | str,
        *,
        matter: str | None = None,
        department: str | None = None,
        on: date | None = None,
        version: int | None = None,
    ) -> Trial:
        """Where a message would go, step by step; stores nothing.

        :param on: whose day's rules count; default: today's.
        """
        own = Message(message) if isinstance(message, str) else message
        body = {
            "text": own.text,
            "title": own.title,
            "area": own.area,
            "matter": matter,
            "department": department,
            "on": plain(on),
            "version": version,
        }
        return read(Trial, self._connection.post(f"{_PATH}/test", body))

    def _upload(self, path: Path, params: Mapping[str, Any], headers: Mapping[str, str]) -> DirectoryChange:
        media = _MEDIA_TYPES.get(path.suffix.lower())
        if media is None:
            raise InputError(
                "单位目录应为 .xlsx 或 .zip 文件", where=str(path), todo="请另存为 XLSX，或把 CSV 压缩为 ZIP"
            )
        answer = self._connection.send(
            "POST",
            f"{_PATH}/import",
            params=params,
            content=path,
            headers={"Content-Type": media, **headers},
        )
        return read(DirectoryChange, answer.json())
