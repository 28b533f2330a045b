"""The page 我的账号."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {
    "title": "我的账号",
    "account": "账号",
    "role": "角色",
    "scopes": "可以做的事",
    "password": "修改密码",
    "current": "现在的密码",
    "new": "新密码",
    "new_help": "至少 10 个字符，不要求字符种类；几个不相干的词连起来最好记",
    "again": "再输一次新密码",
    "save": "修改密码",
    "save_help": "修改后在各处退出登录，请用新密码重新登录。",
    "differ": "两次输入不一样",
    "wrong": "密码不正确；连续输错 5 次后须等候",
    "sessions": "现在登录",
    "sessions_text": "在哪些浏览器里登录着。不认识的请结束，并修改密码。",
    "columns": ["登录时间", "最近使用", "最晚到期", "操作"],
    "labels": {"created": "登录时间", "seen": "最近使用", "expires": "最晚到期"},
    "this": "本次",
    "end": "结束",
    "end_of": "结束 {at} 的登录",
    "end_others": "结束其他登录",
    "ended": "已结束 {n} 处登录",
    "open_title": "现在不用登录",
    "open_text": "本服务允许不登录使用，没有您自己的账号。",
    "key_title": "现在用密钥访问",
    "key_text": "密钥由系统管理员管理，没有密码。",
}

SCRIPT: Final[dict[str, str]] = {}
