"""A migration file to begin with: all that can be told from two versions of a taxonomy."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from petition_nlp.migration import DEPARTMENT, MATTER, Kind
from petition_nlp.taxonomy import Taxonomy

_LISTS: Final = {MATTER: "matters", DEPARTMENT: "departments"}
_HEADER: Final = (
    "# 由两版分类比较得出，请逐步核对：改代码 rename、合并 merge、拆分 split、撤销 retire、新设 add、改派 reassign。"
)


def draft(old: Taxonomy, new: Taxonomy) -> str:
    """The text of a ``migration.yaml`` from one version to another.

    A code that is gone became the one that knows its name as a former one or an alias; otherwise it is retired.
    """
    lines = [_HEADER, f"from: {_text(old.version)}", f"to: {_text(new.version)}", "before:"]
    for head, key in _LISTS.items():
        lines += [f"  {key}:", *(f"    {code}: {_text(name)}" for code, name in old.terms[head].items())]
    steps = [step for head in _LISTS for step in _steps(head, old, new)]
    return "\n".join([*lines, "steps:" if steps else "steps: []", *steps]) + "\n"


def _steps(head: str, old: Taxonomy, new: Taxonomy) -> Iterator[str]:
    before, after = old.terms[head], new.terms[head]
    became: defaultdict[str, list[str]] = defaultdict(list)
    for code in before:
        if code not in after:
            found = new.resolve(head, before[code])
            became[found if found in after else ""].append(code)
    for code in became.pop("", ()):
        yield _step(Kind.RETIRE, head, from_=code)
    for code, parts in became.items():
        members = [*parts, *([code] if code in before else [])]
        if len(members) == 1:
            yield _step(Kind.RENAME, head, from_=members[0], to=code)
        else:
            yield _step(Kind.MERGE, head, from_=f"[{', '.join(members)}]", to=code)
    for code in after:
        if code not in before and code not in became:
            yield _step(Kind.ADD, head, to=code)


def _step(kind: Kind, head: str, *, from_: str = "", to: str = "") -> str:
    parts = {"kind": str(kind), "head": head if head == MATTER else "", "from": from_, "to": to}
    return f"  - {{{', '.join(f'{name}: {value}' for name, value in parts.items() if value)}}}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
