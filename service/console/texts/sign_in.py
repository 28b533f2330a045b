"""The page for signing in."""

from __future__ import annotations

from typing import Final

from service.console.texts.common import SHELL

PAGE: Final[dict[str, str]] = {
    "title": "登录",
    "tagline": "居民诉求的责任主体、把握程度与复核提示",
    "name": SHELL["name"],
    "password": SHELL["password"],
    "submit": "登录",
    "help": "账号由系统管理员开通；忘记密码请联系管理员重设。",
    "noscript": "登录需要启用 JavaScript。",
}

SCRIPT: Final[dict[str, str]] = {"submit": PAGE["submit"], "busy": "正在登录…"}
