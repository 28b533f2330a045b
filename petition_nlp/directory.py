"""From a city's own units to the canonical directory: which department a unit's name stands for.

Archives name the unit that handled an order: 「市公安局交通警察支队」, 「某某区城管局」, 「某某街道办事处」. Cities and
districts differ; the line of business in the name does not. A name stands for the department whose name, former
name or alias is the longest part of it, the last one of several.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from petition_nlp.taxonomy import Taxonomy

_MARKS: Final = re.compile(r"[\s·•\-—_/\\,，、;；:：()（）\[\]【】<>《》\"'“”]+")
_SHORTEST: Final = 2
_GOVERNMENT: Final = re.compile("[省市区县州旗](?:人民)?政府(?=$|[^服政])")  # 市政府 is no 市政
# Everything of a town's or street's own: its government, office, committee and service centre.
_STREET: Final = re.compile(r"(?:街道|[镇乡])(?:办事处|办|党工委|人民政府|政府|党委|便民服务中心|管委会)?$")


class UnitNames:
    """Looks up what units are called.

    :param taxonomy: its departments' codes, names, former names and aliases are what is looked for.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    def code(self, written: str) -> str | None:
        """The code of the department that a unit's name stands for, None if it names none."""
        exact = self._taxonomy.resolve("department", written)
        if exact in self._taxonomy.departments:
            return exact
        name = _GOVERNMENT.sub("", _MARKS.sub("", unicodedata.normalize("NFKC", written)))
        found = [(match.end() - match.start(), match.end(), match.group()) for match in self._matches(name)]
        if found:
            return self._codes[max(found)[2]]
        return "subdistrict" if _STREET.search(name) and "subdistrict" in self._taxonomy.departments else None

    def _matches(self, name: str) -> list[re.Match[str]]:
        """The longest known name that begins at each place."""
        return [match for start in range(len(name)) if (match := self._pattern.match(name, start))]

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        named = {
            _MARKS.sub("", name): department.code
            for department in self._taxonomy.departments.values()
            for name in (*department.aliases, *department.former_names, department.name)
        }
        for retired in self._taxonomy.retired["department"].values():
            if retired.successor is not None:
                named.setdefault(_MARKS.sub("", retired.name), retired.successor)
        return {name: code for name, code in named.items() if len(name) >= _SHORTEST}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self._codes, key=lambda name: (-len(name), name)))))
