"""Sessions, accounts, keys and audit entries as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from service.access.accounts import NAME
from service.access.keys import DEFAULT_RATE, MOST_DAYS, MOST_RATE
from service.access.passwords import LONGEST, PATTERN
from service.access.principal import ROLE_NAMES, RoleName, Scope
from service.moments import OutMoment
from service.petitions.schemas import Reason
from service.schemas import WHOLE, In, Out, Text, by_name

Name = Annotated[Text, Field(min_length=1, max_length=200)]
Password = Annotated[Text, Field(min_length=1, max_length=LONGEST)]
# Who breaks these rules is told why by `service.access.accounts`: the patterns are for the description alone.
_NewName = Annotated[Text, Field(json_schema_extra={"pattern": NAME})]
_NewPassword = Annotated[Text, Field(json_schema_extra={"pattern": PATTERN})]
_Scopes = Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=len(Scope))]
_Rate = Annotated[int, Field(ge=0, le=MOST_RATE), WHOLE]
_GivenRole = Annotated[RoleName, by_name(ROLE_NAMES)]


class SignInIn(In):
    """A name and its password."""

    name: Name = Field(description="账号名")
    password: Password = Field(description="密码")


class PasswordIn(In):
    """One's own new password."""

    password: Password = Field(description="现在的密码")
    new_password: _NewPassword = Field(description="新密码，至少 10 个字符")


class SessionOut(Out):
    """Who calls; ``csrf`` goes into the header X-CSRF-Token of changes, with a cookie alone."""

    id: str = Field(description="account:编号、key:编号，或免登录时的 local")
    name: str
    role: RoleName | None
    role_name: str | None
    scopes: list[Scope]
    expires: OutMoment | None
    csrf: str | None


class AccountIn(In):
    """A new account."""

    name: _NewName = Field(description="账号名，登录用；不分大小写")
    shown_name: Name | None = Field(default=None, description="姓名，显示在经过里；不给则为账号名")
    role: _GivenRole = Field(description="角色，代码或名称：话务员、复核员、主管、系统管理员")
    password: _NewPassword = Field(description="密码，至少 10 个字符")


class AccountChangeIn(In):
    """What to change in an account; fields that are not given stay as they are."""

    shown_name: Name | None = Field(default=None, description="姓名")
    role: _GivenRole | None = Field(default=None, description="角色，代码或名称")
    active: bool | None = Field(default=None, description="false 停用并立即退出登录，true 启用")
    password: _NewPassword | None = Field(default=None, description="新密码；该账号在各处退出登录")
    why: Reason | None = Field(default=None, description="理由，记入审计日志")


class AccountOut(Out):
    """An account; of its password nothing is told."""

    id: str
    name: str
    shown_name: str
    role: RoleName
    role_name: str
    active: bool
    locked_until: OutMoment | None
    created: OutMoment
    signed_in: OutMoment | None


class AccountsOut(Out):
    """All accounts, by name."""

    items: list[AccountOut]


class KeyIn(In):
    """A new key."""

    name: Name = Field(description="用途或系统的名称，显示在经过里")
    scopes: _Scopes = Field(description="权限")
    rate: _Rate = Field(default=DEFAULT_RATE, description="每分钟最多的请求数；0 为不限")
    days: Annotated[int, Field(ge=1, le=MOST_DAYS), WHOLE] | None = Field(
        default=None, description="多少天后到期；不给则不到期"
    )


class KeyChangeIn(In):
    """What to change in a key; fields that are not given stay as they are."""

    name: Name | None = Field(default=None, description="名称")
    scopes: _Scopes | None = Field(default=None, description="权限")
    rate: _Rate | None = Field(default=None, description="每分钟最多的请求数；0 为不限")
    why: Reason | None = Field(default=None, description="理由，记入审计日志")


class KeyOut(Out):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    rate: int
    created: OutMoment
    expires: OutMoment | None
    revoked: OutMoment | None
    used: OutMoment | None = Field(description="最近一次使用，精确到分")
    in_use: bool


class NewKeyOut(KeyOut):
    """A key that was just made."""

    token: str = Field(description="密钥全文，只在这里给出一次")


class KeysOut(Out):
    """All keys, the newest last."""

    items: list[KeyOut]


class AuditEntryOut(Out):
    """Who did what, when and why."""

    id: int
    at: OutMoment
    actor: str
    actor_name: str
    action: str
    target: str | None
    why: str | None
    details: dict[str, Any]


class AuditPageOut(Out):
    """Entries, newest first; ``next`` is the cursor of the following page."""

    items: list[AuditEntryOut]
    next: int | None
