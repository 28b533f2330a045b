"""Callers, and the scopes (权限) that say what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class Scope(StrEnum):
    """One kind of thing that a caller may do."""

    ROUTE = "route"
    PETITIONS_READ = "petitions:read"
    PETITIONS_WRITE = "petitions:write"
    REVIEW = "review"
    SUPERVISE = "supervise"
    RESTRICTED = "restricted"
    PERSONAL = "personal"
    JOBS = "jobs"
    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    STATS = "stats"
    AUTOMATIC = "automatic"
    ALARMS = "alarms"
    METRICS = "metrics"
    PRIVACY = "privacy"
    WEBHOOKS = "webhooks"
    MODELS = "models"
    ADMIN = "admin"


SCOPE_MEANINGS: Final = {
    Scope.ROUTE: "分拨诉求，不保存",
    Scope.PETITIONS_READ: "查询诉求",
    Scope.PETITIONS_WRITE: "登记诉求，改派、退单、办结、回访",
    Scope.REVIEW: "领取和完成人工复核",
    Scope.SUPERVISE: "定责：确定承办单位，此后由主管更正和退单",
    Scope.RESTRICTED: "查看和处理敏感诉求",
    Scope.PERSONAL: "导出和事件中不遮盖个人信息",
    Scope.JOBS: "批量任务",
    Scope.DIRECTORY_READ: "查看单位目录和服务",
    Scope.DIRECTORY_WRITE: "修改单位目录和服务",
    Scope.STATS: "查看统计",
    Scope.AUTOMATIC: "停止和恢复自动分拨",
    Scope.ALARMS: "确认预警",
    Scope.METRICS: "读取监控指标",
    Scope.PRIVACY: "查找、导出和删除某位居民的资料，按期遮盖或删除",
    Scope.WEBHOOKS: "管理事件推送",
    Scope.MODELS: "登记、启用、回退和删除模型",
    Scope.ADMIN: "管理账号、密钥，查看审计日志",
}

_CLERK: Final = frozenset({Scope.ROUTE, Scope.PETITIONS_READ, Scope.PETITIONS_WRITE, Scope.JOBS, Scope.DIRECTORY_READ})
_REVIEWER: Final = _CLERK | {Scope.REVIEW, Scope.STATS}
_MANAGER: Final = _REVIEWER | {
    Scope.SUPERVISE,
    Scope.RESTRICTED,
    Scope.PERSONAL,
    Scope.AUTOMATIC,
    Scope.ALARMS,
    Scope.DIRECTORY_WRITE,
    Scope.PRIVACY,
}

RoleName = Literal["clerk", "reviewer", "manager", "admin"]

ROLES: Final[dict[str, frozenset[Scope]]] = {
    "clerk": _CLERK,
    "reviewer": _REVIEWER,
    "manager": _MANAGER,
    "admin": frozenset(
        {
            Scope.ADMIN,
            Scope.WEBHOOKS,
            Scope.MODELS,
            Scope.STATS,
            Scope.ALARMS,
            Scope.METRICS,
            Scope.DIRECTORY_READ,
            Scope.DIRECTORY_WRITE,
        }
    ),
}
"""Role of an account → its scopes. An admin runs the system and does not read petitions."""

ROLE_NAMES: Final = {"clerk": "话务员", "reviewer": "复核员", "manager": "主管", "admin": "系统管理员"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls.

    :param id: ``key:ID``, ``account:ID``, ``local`` or ``system``; stays the same when the name changes.
    :param name: what history shows.
    """

    id: str
    name: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether the caller has a scope."""
        return scope in self.scopes


LOCAL: Final = Principal("local", "本机", frozenset(Scope))
"""Whoever uses a service that listens to its own machine alone and has neither account nor key yet."""
SYSTEM: Final = Principal("system", "系统", frozenset(Scope))
"""The program itself."""
NOBODY: Final = Principal("nobody", "未登录", frozenset())
"""Whoever tries to sign in and fails."""
