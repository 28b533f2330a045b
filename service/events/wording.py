"""Why a delivery failed, in Chinese."""

from __future__ import annotations

from typing import Final

ERRORS: Final = {
    "no_url": "不是可用的地址，应为 https:// 开头，不含用户名、密码和 #",
    "needs_https": "须用 https；本单位内网的 http 地址先由运维写入设置 webhook_hosts",
    "private_address": "是内网地址，须先由运维写入设置 webhook_hosts",
    "no_such_host": "域名解析不到",
    "no_connection": "连接不上或中断",
    "tls": "HTTPS 证书无效或不受信任",
    "timeout": "在时限内没有答复",
    "redirect": "答复要求转到别的地址，不跟随",
    "refused": "对方答复不接受",
    "gone": "对方答复不再接收（410），已暂停",
    "out_of_reach": "对方长时间不可用",
}
