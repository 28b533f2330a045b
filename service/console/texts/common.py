"""What the shell around every page says."""

from __future__ import annotations

from typing import Any, Final

SHELL: Final[dict[str, str]] = {
    "product": "诉求分拨",
    "skip": "跳到主要内容",
    "navigation": "主导航",
    "user_menu": "账号与设置",
    "own_account": "我的账号",
    "sign_out": "退出登录",
    "caps_lock": "大写锁定已打开",
    "theme": "外观",
    "theme_auto": "自动",
    "theme_light": "浅色",
    "theme_dark": "深色",
    "keys": "键盘操作",
    "keys_help": "打开本页的键盘操作",
    "keys_single": "启用单键操作（输入文字时不起作用）",
    "close": "关闭",
    "notices": "消息",
    "automatic_stopped": "自动分拨已停止",
    "automatic_stopped_text": "新诉求一律须人工复核。",
    "automatic_stopped_link": "原因和恢复",
    "offline": "连接已断开，恢复后自动重试",
    "noscript": "本页需要启用 JavaScript。",
    "administration": "管理",
    "sign_in_again": "重新登录",
    "sign_in_again_text": "登录已失效。重新登录后，页面上填写的内容仍在。",
    "name": "账号",
    "password": "密码",
    "sign_in": "登录",
    "cancel": "取消",
    "reload": "重新载入",
    "home": "回到首页",
    "request_id": "请求编号",
    "next_page": "下一页",
    "first_page": "回到第一页",
    "pages": "翻页",
    "optional": "选填",
    "confidence": "把握程度",
}

SHELL_SCRIPT: Final[dict[str, Any]] = {
    "offline_title": "无法连接服务",
    "offline_detail": "请检查网络，或确认分拨服务正在运行，然后重试。",
    "unsure": "连接中断时提交的操作可能没有完成，请核对后再提交。",
    "online": "连接已恢复。",
    "problem_title": "操作没有完成",
    "problem_detail": "服务答复 {status}，请稍后重试。",
    "signed_in": "已重新登录，请再操作一次。",
    "close": SHELL["close"],
}
