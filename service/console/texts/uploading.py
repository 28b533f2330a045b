"""What the pages say while a file is uploaded."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {
    "choose": "选择文件",
    "drop": "或把文件拖到本页任意位置",
    "uploading": "正在上传",
    "upload_progress": "上传进度",
    "stop_upload": "停止上传",
    "retry": "重新上传",
}

SCRIPT: Final[dict[str, Any]] = {
    "uploading": PAGE["uploading"],
    "checking": "正在检查",
    "sending": "{sent} / {size}，每秒 {rate}，剩余{left}",
    "waiting": "连接已断开，恢复后自动重新上传；不会重复登记。",
    "one_file": "一次上传一个文件",
    "lost": "上传没有完成",
    "lost_text": "连接多次中断。请检查网络后重新上传，不会重复登记。",
    "seconds": " {n} 秒",
    "minutes": "约 {n} 分钟",
}
