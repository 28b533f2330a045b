"""Words of the page that answers an address that there is not."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, str]] = {
    "title": "没有这个页面",
    "detail": "地址可能不完整，或者页面已经不在了。请检查地址，或从首页进入。",
}

SCRIPT: Final[dict[str, Any]] = {}
