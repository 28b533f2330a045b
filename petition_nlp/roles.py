"""What a column of an archive can stand for; a module that costs nothing to import."""

from __future__ import annotations

from typing import Final

ROLES: Final = {
    "text": "正文",
    "title": "标题",
    "id": "编号",
    "area": "区域",
    "received": "时间",
    "department": "部门",
    "topic": "分类",
}
"""Each role with its name for the user."""
