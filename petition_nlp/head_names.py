"""What the heads that the program knows are called."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "matter": "事项类别",
    "department": "责任部门",
    "co_department": "协办部门",
    "request_type": "诉求类型",
    "domain": "是否诉求",
    "emergency": "紧急线路",
    "several": "是否一条多事",
}


def head_title(head: str) -> str:
    """A head's Chinese name; the head's own name where it has none."""
    return _NAMES.get(head, head)
