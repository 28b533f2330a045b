"""One run: read whatever ``classify`` has written, count, and write the workbook and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from petition_nlp.archive.inputs import expand
from petition_nlp.archive.output import Staging, check_target, writing
from petition_nlp.archive.rows import Row
from petition_nlp.errors import InputError, OutputError
from petition_nlp.ledger.book import Book
from petition_nlp.ledger.fields import Fields, Wanted
from petition_nlp.ledger.lists import Area
from petition_nlp.ledger.periods import Period
from petition_nlp.ledger.read import open_tables
from petition_nlp.taxonomy import Taxonomy

EXAMPLES: Final = 3
_PAGE_SUFFIX: Final = ".html"
_WORKBOOK_SUFFIX: Final = ".xlsx"


@dataclass(frozen=True, slots=True)
class LedgerOptions:
    """What to read, how to group it, and where to write.

    :param sources: outputs of ``classify``, and folders of Parquet parts.
    :param target: the workbook; the page stands beside it under the same name with ``.html``.
    :param wanted: the columns, the one of communities above all.
    :param examples: how many examples of an entry to show.
    """

    sources: tuple[Path, ...]
    target: Path
    wanted: Wanted
    period: Period = Period.MONTH
    examples: int = EXAMPLES
    encoding: str | None = None
    sheet: str | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """The finished lists and what is to be known about them.

    :param lost: rows that are in no list, because they cannot be read or hold no decision, by file name.
    """

    by: str
    topic: str | None
    period: Period
    areas: tuple[Area, ...]
    matters: tuple[tuple[str, str], ...]
    rows: int
    undated: int
    files: tuple[str, ...]
    taxonomy: Taxonomy
    lost: Counter[str] = field(default_factory=Counter)

    def is_by_party(self, matter: str) -> bool:
        """Whether the entries of a matter are told by who has to act alone."""
        chapters = (chapter for area in self.areas for chapter in area.chapters)
        return all(s.by_party for chapter in chapters for s in chapter.sections if s.matter == matter)

    @property
    def entries(self) -> int:
        """How many lines the lists have."""
        sections = (section for area in self.areas for chapter in area.chapters for section in chapter.sections)
        return sum(len(section.entries) for section in sections)


class LedgerJob:
    """A run whose outputs are known to be free and whose inputs are known to be there."""

    def __init__(self, options: LedgerOptions, taxonomy: Taxonomy) -> None:
        self._options = options
        self._taxonomy = taxonomy
        if options.target.suffix.lower() != _WORKBOOK_SUFFIX:
            raise OutputError("清单要写成 XLSX 工作簿", where=str(options.target), todo="请把输出命名为 ….xlsx")
        self.page = options.target.with_suffix(_PAGE_SUFFIX)
        self._files = expand(options.sources).files
        for target in (options.target, self.page):
            check_target(target, self._files, overwrite=options.overwrite)

    def run(self, tell: Callable[[str], None] = lambda _: None) -> Ledger:
        """Read every file, then write both outputs; they appear under their names only when they are whole.

        :param tell: is called with a line for each file: how it is read and which columns are used.
        :raises InputError: a file cannot be used; nothing is written then.
        :raises OutputError: an output cannot be written; nothing is left behind then.
        """
        ledger = self._read(tell)
        from petition_nlp.ledger.page import write_page
        from petition_nlp.ledger.workbook import write_workbook

        with Staging(self._options.target) as staging:
            workbook, page = staging.path_for(self._options.target), staging.path_for(self.page)
            with writing(self._options.target):
                write_workbook(ledger, workbook)
            with writing(self.page):
                write_page(ledger, page)
            staging.publish()
        return ledger

    def _read(self, tell: Callable[[str], None]) -> Ledger:
        book = Book(self._taxonomy, self._options.period, self._options.examples)
        lost: Counter[str] = Counter()
        for file in self._files:
            self._read_file(file, book, lost, tell)
        if not book.rows:
            todo = "请检查它是不是 petition-nlp classify 的输出"
            raise InputError("没有一行有分类结果", where="、".join(map(str, self._files)), todo=todo)
        return Ledger(
            by=self._options.wanted.by,
            topic=self._options.wanted.topic,
            period=book.period,
            areas=book.areas(),
            matters=tuple(book.matters()),
            rows=book.rows,
            undated=book.undated,
            files=tuple(file.name for file in self._files),
            taxonomy=self._taxonomy,
            lost=lost,
        )

    def _read_file(self, file: Path, book: Book, lost: Counter[str], tell: Callable[[str], None]) -> None:
        options, wanted = self._options, self._options.wanted
        tables = open_tables(file, encoding=options.encoding, sheet=options.sheet, text_column=wanted.text)
        for table in tables:
            with closing(table):
                dated = options.period is not Period.ALL
                fields = Fields.find(table.columns, wanted, where=str(file), dated=dated)
                tell(f"{file}：{table.describe()}；{fields.describe()}")
                for row in table.rows():
                    record = fields.record(row, self._taxonomy) if isinstance(row, Row) else None
                    if record is None:
                        lost[file.name] += 1
                    else:
                        book.add(record)
