"""The page for signing in."""

from __future__ import annotations

from typing import Any, Final

from service.console.texts.common import SHELL

PAGE: Final[dict[str, str]] = {
    "title": "登录",
    "tagline": "居民诉求的责任主体、把握程度与复核提示",
    "name": SHELL["name"],
    "password": SHELL["password"],
    "submit": "登录",
    "help": "账号由系统管理员开通；忘记密码请联系管理员重设。",
    "changed": "密码已修改，请用新密码登录。",
    "open_title": "本服务现在不用登录",
    "open_text": "还没有账号，只有这台机器能打开本服务。供多人使用的，请先新建系统管理员账号。",
    "open_go": "直接使用",
    "open_accounts": "新建账号",
    "command_title": "还没有可以登录的账号",
    "command_text": "请在运行本服务的机器上执行下面的命令，按提示输入两次密码，再回到本页登录：",
    "command": "petition-nlp accounts create admin --role admin",
    "command_container": "用容器运行的，在容器里执行：",
    "command_in_container": "docker compose -f deploy/compose.yaml exec service "
    "petition-nlp accounts create admin --role admin",
    "noscript": "登录需要启用 JavaScript。",
}

SCRIPT: Final[dict[str, Any]] = {
    "submit": PAGE["submit"],
    "busy": "正在登录…",
    "caps": SHELL["caps_lock"],
    "wait": "这个账号已连续 {n} 次登录失败，请等 {time}再试；等候期间，密码正确也不能登录。",
    "minutes": "{m} 分 {s} 秒",
    "seconds": "{s} 秒",
    "waiting": "请等 {time}",
    "crowd": "登录的人过多，请等 {time}再试。",
}
