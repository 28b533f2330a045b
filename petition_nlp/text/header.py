"""An order's fields pasted in front of its text (【工单编号】…【诉求内容】): they say nothing of the matter."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from petition_nlp.resources import data_path, read_yaml
from petition_nlp.text.aligned import AlignedText

_FURTHER_FIELDS: Final = (
    *("来电号码", "联系电话", "联系方式", "手机号码", "来电人", "诉求人", "姓名", "受理渠道", "来电渠道"),
)
_OTHER_ROLES: Final = ("id", "area", "received")
_LONGEST: Final = 500
"""Characters within which a header must end."""
_FIELD_END: Final = re.compile(r"[】\]:]")


def without_header(aligned: AlignedText) -> AlignedText:
    """The text from behind the name of its title or text field on, if other fields of an order stand before that.

    :param aligned: normalised text. A field is 【name】 or [name], or a name with a colon at the start or after a
        blank.
    """
    if not _FIELD_END.search(aligned.text, 0, _LONGEST):
        return aligned
    text_field, other_field = _fields()
    found = text_field.search(aligned.text, 0, _LONGEST)
    if found is None or not other_field.search(aligned.text, 0, found.start()):
        return aligned
    rest = aligned.text[found.end() :]
    return aligned.replace([(0, found.end(), "")]) if any(char.isalnum() for char in rest) else aligned


@cache
def _fields() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a title or text field and what any other field of an order looks like."""
    roles = read_yaml(data_path("text/columns.yaml"))["roles"]
    read = [*roles["title"], *roles["text"]]
    others = [name for role in _OTHER_ROLES for name in roles[role]]
    return _pattern(read), _pattern([*others, *_FURTHER_FIELDS])


def _pattern(names: list[str]) -> re.Pattern[str]:
    chinese = sorted((name for name in names if len(name) > 1 and not name.isascii()), key=len, reverse=True)
    any_name = "|".join(map(re.escape, chinese))
    return re.compile(rf"[【\[](?:{any_name})[】\]]:? ?|(?:^|(?<=[ ,;]))(?:{any_name}): ?")
