"""The ledger as one page to print: A4 across, a community to a sheet, blanks for what the meeting decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from petition_nlp.ledger.lists import Chapter, Section
from petition_nlp.ledger.remarks import ONLY_EMERGENCIES, emergencies, kind_title, list_title, remarks, span, title

if TYPE_CHECKING:
    from petition_nlp.ledger.job import Ledger

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


def write_page(ledger: Ledger, path: Path) -> None:
    """Write the page piece by piece, so that it is never held whole.

    :raises OSError: it cannot be written.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=span, emergencies=emergencies)
    stream = environment.get_template("ledger.html").stream(
        ledger=ledger,
        title=title(ledger),
        remarks=remarks(ledger),
        list_title=list_title,
        kind_title=kind_title,
        only_emergencies=ONLY_EMERGENCIES,
        filled=_filled,
        shared_channel=_shared_channel,
        levelled=_levelled,
    )
    stream.enable_buffering(64)
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(stream)


def _filled(chapter: Chapter) -> list[Section]:
    """The sections of a period that have entries."""
    return [section for section in chapter.sections if section.entries]


def _shared_channel(section: Section) -> str:
    """The channel of all entries, to be said once; empty if they differ."""
    channels = {entry.channel for entry in section.entries}
    return channels.pop() if len(channels) == 1 else ""


def _levelled(section: Section) -> bool:
    """Whether entries of a section are deliberated at a level."""
    return any(entry.level for entry in section.entries)
