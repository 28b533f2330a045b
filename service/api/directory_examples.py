"""Request bodies for the directory that the API's description shows; the city is invented."""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

DIRECTORY: Final[Example] = {
    "units": [{"code": "cg-1", "name": "临江市城市管理局", "department": "urban_management", "level": "city"}],
    "rules": [],
    "places": [],
    "services": [],
    "why": "首次录入",
}
CASE: Final[Example] = {"text": "滨江路与中山路交叉口有人占道摆摊", "area": "东城区", "department": "urban_management"}
