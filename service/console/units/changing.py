"""A change of one record: the new version that it makes, or the form again with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.directory import Directory
from petition_nlp.local.notes import notes
from petition_nlp.local.problems import DirectoryError
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service import problems
from service.access.principal import Principal
from service.api.directory_changes import checked, replace
from service.console.shell import fragment
from service.console.texts import units as texts
from service.console.units.forms import ChangeIn, Kind, RemovalIn, Values
from service.console.units.frame import department_options, matter_options
from service.console.units.replies import done, in_conflict
from service.problems import Problem
from service.store.database import Database

Revise = Callable[[dict[str, Any]], int | None]
"""Changes a document; returns where the changed record stands in it, None where it is gone."""

_SUGGEST: Final = {
    "hx_post": "/units/areas",
    "hx_trigger": "input changed delay:150ms",
    "hx_target": "#areas",
    "hx_sync": "this:replace",
    "hx_params": "area,parents",
}
"""What makes a field offer places."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong with a form: by field, and elsewhere in the directory."""

    fields: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody asks for."""

    request: Request
    caller: Principal
    database: Database
    directories: store.Directories
    taxonomy: Taxonomy
    body: ChangeIn

    async def make(self, kind: Kind, revise: Revise) -> Response:
        """Make it, or tell what is wrong or who was faster."""
        made = await run_in_threadpool(self._revised, kind, revise)
        if isinstance(made, Response):
            return made
        new, remarks = made
        body = self.body
        try:
            answer = await replace(
                self.request, self.caller, self.directories, self.taxonomy, new, body.why, seen=body.version
            )
        except Problem as problem:
            return await run_in_threadpool(
                in_conflict, self.request, self.database, self.taxonomy, problem, body.version
            )
        return done(self.request, answer, texts.PAGE["saved"], remarks)

    def _revised(self, kind: Kind, revise: Revise) -> tuple[Directory, list[str]] | Response:
        """The new directory and what was odd in the old one, or the form with its mistakes."""
        with self.database.read() as session:
            old = checked(lambda: self.directories.version(session, self.body.version, self.taxonomy))
        document = old.to_dict()
        at = revise(document)
        try:
            new = self._read(document, kind, at)
        except DirectoryError as error:
            return self._refused(old, kind, error)
        if new == old:
            raise problems.not_possible(texts.PAGE["unchanged"])
        return new, notes(old)

    def _read(self, document: dict[str, Any], kind: Kind, at: int | None) -> Directory:
        def where(of: str, index: int) -> str:
            if (of, index) == (kind, at):
                return ""
            record = document[of][index]
            return f"{vocabulary().sheet(of)}「{record.get('name') or record.get('id')}」"

        return Directory.from_dict(document, version=str(self.body.version), taxonomy=self.taxonomy, where=where)

    def _refused(self, old: Directory, kind: Kind, error: DirectoryError) -> Response:
        """The form again, with its mistakes where they are."""
        if isinstance(self.body, RemovalIn):
            raise problems.bad_directory(error)
        columns = {f"「{vocabulary().column(kind, name)}」": name for name in vocabulary().columns[kind]}
        fields = {columns[one.where]: f"{one.what}。{one.todo}" for one in error.problems if one.where in columns}
        others = [str(one) for one in error.problems if one.where not in columns]
        values = {name: str(value) for name, value in self.body.model_dump().items() if value is not None}
        shown = form(self.request, old, kind, self.body.key, values, Mistakes(fields, others))
        shown.status_code = 422
        shown.headers.update({"HX-Retarget": "#edit-body", "HX-Reswap": "innerHTML"})
        return shown


def form(
    request: Request,
    directory: Directory,
    kind: Kind,
    key: str | None,
    values: Values,
    mistakes: Mistakes | None = None,
) -> Response:
    """The form for a record.

    :param key: of the record; None for a new one.
    """
    taxonomy = directory.taxonomy
    return fragment(
        request,
        f"units/{kind.removesuffix('s')}-form.html",
        version=directory.version,
        key=key,
        values=values,
        mistakes=mistakes or Mistakes(),
        departments=department_options(taxonomy),
        matters=matter_options(taxonomy),
        units=[(unit.code, f"{unit.name}（{unit.code}）") for unit in directory.units.values() if unit.code != key],
        levels=_names("unit_levels"),
        kinds=_names(f"{kind.removesuffix('s')}_kinds"),
        last=len(directory.rules),
        suggest=_SUGGEST,
    )


def _names(of: str) -> list[tuple[str, str]]:
    """Fixed values of the directory's files by code and name."""
    return [(code, names[0]) for code, names in vocabulary().values.get(of, {}).items()]
