"""The page 审计: what each entry of the log says."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {
    "title": "审计",
    "heading": "审计日志",
    "intro": "登录、账号、密钥、目录、批量任务、导出、查看敏感诉求等的记录，只增不改。诉求本身的更改见诉求的经过。",
    "filters": "筛选",
    "actor": "谁",
    "action": "做了什么",
    "target": "对象",
    "target_help": "编号，如诉求编号",
    "day_from": "从",
    "day_to": "到",
    "all": "全部",
    "find": "查询",
    "reset": "清除条件",
    "export": "导出 CSV",
    "list": "审计记录",
    "columns": ["时间", "谁", "做了什么", "对象", "说明"],
    "labels": {"at": "时间", "actor": "谁", "action": "做了什么", "target": "对象", "told": "说明"},
    "why": "理由：{why}",
    "none_title": "没有符合条件的记录",
    "none_text": "请放宽时间或其他条件。",
    "people": "账号",
    "programs": "密钥",
    "others": "其他",
    "local": "本机或命令行",
    "nobody": "未登录的人",
    "system": "系统",
    "gone": "（停用）",
}

SCRIPT: Final[dict[str, str]] = {}

GROUPS: Final[dict[str, dict[str, str]]] = {
    "登录": {
        "signed_in": "登录",
        "signed_out": "退出登录",
        "sign_in_failed": "登录失败",
        "sessions_ended": "结束登录",
    },
    "账号与密钥": {
        "account_created": "新建账号",
        "account_changed": "修改账号",
        "password_changed": "改密码",
        "key_created": "生成密钥",
        "key_changed": "修改密钥",
        "key_revoked": "撤销密钥",
    },
    "诉求与居民资料": {
        "restricted_read": "查看敏感诉求",
        "export": "导出诉求",
        "labels_exported": "导出人工结论",
        "privacy_search": "查找居民资料",
        "privacy_search_files": "在任务文件里查找居民资料",
        "privacy_mask": "遮盖居民资料",
        "privacy_delete": "删除居民资料",
        "retention_masked": "期满遮盖",
        "retention_deleted": "期满删除",
    },
    "批量任务": {
        "job.uploaded": "上传文件",
        "job.reading_changed": "改读取方式",
        "job.started": "开始任务",
        "job.cancelled": "取消任务",
        "job.fetched": "下载结果",
        "job.deleted": "删除任务",
        "job.expired": "任务期满清除",
    },
    "系统": {
        "directory_changed": "修改目录",
        "webhook_created": "设立推送",
        "webhook_changed": "修改推送",
        "webhook_removed": "删除推送",
        "webhook_secret_changed": "更换推送的签名密钥",
        "webhook_replayed": "再送事件",
        "auto_routing_stopped": "停止自动分拨",
        "auto_routing_running": "恢复自动分拨",
        "model_added": "登记模型",
        "model_promoted": "启用模型",
        "model_rolled_back": "回退模型",
        "model_refused": "模型未能启用",
        "model_removed": "删除模型",
        "alarm_raised": "发出预警",
        "alarm_acknowledged": "确认预警",
        "database.saved": "备份数据库",
        "database.restored": "恢复数据库",
        "audit_exported": "导出审计日志",
    },
}
"""Actions by group, each with its name."""

ALARMING: Final = frozenset(
    {"sign_in_failed", "privacy_delete", "key_revoked", "auto_routing_stopped", "model_refused"}
)
NOTABLE: Final = frozenset(
    {
        "restricted_read",
        "privacy_mask",
        "export",
        "labels_exported",
        "audit_exported",
        "database.restored",
        "model_rolled_back",
    }
)

TARGETS: Final[dict[str, str]] = {
    "account": "账号 {name}",
    "key": "密钥 {name}",
    "petition": "诉求 {name}",
    "job": "批量任务 {name}",
    "directory": "目录第 {name} 版",
    "webhook": "推送 {name}",
    "auto_routing": "自动分拨",
    "model": "模型 {name}",
}

REASONS: Final[dict[str, str]] = {
    "password": "密码不对",
    "locked": "账号正在等候",
    "disabled": "账号已停用",
    "unknown": "没有这个账号",
}

FIELDS: Final[dict[str, str]] = {
    "role": "角色",
    "active": "启用",
    "shown_name": "姓名",
    "name": "名称",
    "scopes": "权限",
    "rate": "每分钟",
    "url": "地址",
    "host": "主机",
    "kinds": "事件",
    "channels": "来源",
    "personal": "不遮盖",
    "restricted": "含敏感诉求",
    "events": "事件",
    "hours": "小时",
    "expires": "到期",
    "petitions": "诉求",
    "found": "找到",
    "scanned": "查看",
    "sessions": "登录",
    "masked": "遮盖",
    "mask": "遮盖",
    "report": "报告",
    "format": "格式",
    "kind": "内容",
    "how": "方式",
    "reason": "原因",
    "bytes": "字节",
    "terms": "查找内容",
    "filter": "条件",
    "units": "单位",
    "rules": "规则",
    "places": "地名",
    "services": "服务",
    "precision": "准确率",
    "verdicts": "盲审",
    "right": "正确",
    "low": "区间下限",
    "high": "区间上限",
    "target": "目标",
    "model": "模型",
    "before": "此前的模型",
    "despite": "不顾门槛的理由",
    "gate": "门槛",
}

HOWS: Final[dict[str, str]] = {
    "read": "打开",
    "list": "列表",
    "search": "查找居民资料",
    "export": "导出",
    "labels": "导出人工结论",
    "history": "经过",
    "review": "复核",
    "webhook": "推送给其他系统",
}

KINDS: Final[dict[str, str]] = {"result": "结果", "rejected": "未能读取的行", "report": "报告", "tables": "报表"}

TERMS: Final[dict[str, str]] = {
    "phone": "电话",
    "name": "姓名",
    "id_number": "证件号码",
    "external_id": "来源编号",
    "text": "文字",
}

YES_NO: Final = ("否", "是")
CHANGE: Final = "{field}：{before} → {after}"
DETAIL: Final = "{field}：{value}"
SEPARATOR: Final = "、"
EMPTY: Final = "无"

CSV_COLUMNS: Final = ("编号", "时间", "谁", "谁的编号", "动作", "动作代码", "对象", "对象编号", "理由", "说明")
CSV_NAME: Final = "审计日志"
