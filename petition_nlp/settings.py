"""The one settings object, and the one module that reads the environment.

Order of growing strength: a TOML file, ``PETITION_*`` environment variables, flags as keyword arguments.
The file is ``petition-nlp.toml`` in the working directory, or the one that ``PETITION_CONFIG`` names.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from petition_nlp.errors import ConfigError
from petition_nlp.profiles import ProfileName

if TYPE_CHECKING:
    from petition_nlp.router import Router

CONFIG_FILE: Final = "petition-nlp.toml"
DATABASE_FILE: Final = "petition-nlp.db"
CONFIG_VARIABLE: Final = "PETITION_CONFIG"
_PREFIX: Final = "PETITION_"
_HOST: Final = re.compile(r"[\w.:/-]+")

LogLevel = Literal["debug", "info", "warning", "error"]
AccessMode = Literal["auto", "open", "required"]
SecureCookies = Literal["auto", "always"]


class Settings(BaseSettings):
    """Everything that an operator can set. ``Settings.load`` is the way to make one with readable errors."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=False
    )

    model: Path | None = Field(
        default=None, description="模型文件夹，设了就只用它；不设则用登记并启用的模型，没有启用过的用自带的模型"
    )
    target_precision: float | None = Field(
        default=None, ge=0.5, le=0.999, description="责任部门的目标准确率，决定复核阈值；不设则用规则文件里的值"
    )
    profile: ProfileName | None = Field(
        default=None, description="模型档位：fast、balanced 或 best；不设则用模型里最准的一档，classify 用 balanced"
    )
    policy: Path | None = Field(default=None, description="复核与紧急规则文件；不设则用自带的 policy.yaml")
    taxonomy: Path | None = Field(default=None, description="分类文件夹；不设则用自带的分类")
    districts: Path | None = Field(default=None, description="各区边界情形规则文件；不设则全市一样")
    host: str = Field(default="127.0.0.1", min_length=1, description="监听地址")
    port: int = Field(default=8000, ge=0, le=65535, description="监听端口；0 表示任选一个空闲端口")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="分拨线程数；默认等于处理器核数",
    )
    max_body_bytes: int = Field(default=2 * 1024 * 1024, ge=1024, description="一次请求的最大字节数")
    max_items: int = Field(default=1000, ge=1, description="一次请求的最多条数")
    max_text_chars: int = Field(default=200_000, ge=1, description="一条诉求的最多字数")
    max_pending: int = Field(default=4000, ge=1, description="排队上限：每条诉求计 1，每满一千字再计 1；超出时答复 503")
    data_folder: Path = Field(
        default=Path("petition-nlp-data"), description="数据文件夹：自带数据库、任务队列、上传的文件和结果"
    )
    database: str | None = Field(
        default=None,
        min_length=1,
        description="数据库地址，如 postgresql://用户:密码@主机/库名；不设则用数据文件夹里的 SQLite",
    )
    sensitive: Path | None = Field(default=None, description="敏感诉求规则文件；不设则用自带的 sensitive.yaml")
    acceptance: Path | None = Field(default=None, description="受理提示规则文件；不设则用自带的 acceptance.yaml")
    operator: Path | None = Field(
        default=None, description="运营单位填写的算法公示内容（YAML）；不设则公示页上标明未填写"
    )
    similar_cases: int = Field(
        default=50_000, ge=0, le=200_000, description="相似案例从最近多少件经人工确认的诉求里找；0 表示不找"
    )
    mask_after_days: int | None = Field(
        default=None, ge=1, le=36_500, description="办结多少天后遮盖诉求里的个人信息；不设则不遮盖"
    )
    delete_after_days: int | None = Field(
        default=None, ge=1, le=36_500, description="办结多少天后删除诉求及其经过；不设则不删除"
    )
    deadlines: Path | None = Field(default=None, description="办理时限规则文件；不设则用自带的 deadlines.yaml")
    holidays: Path | None = Field(default=None, description="本地节假日和调休表（YAML 或 CSV），优先于自带的日历")
    review_minutes: int = Field(default=15, ge=1, le=480, description="领取一件复核后保留的分钟数")
    blind_share: float = Field(
        default=0.02, ge=0, le=1, description="自动分拨的诉求中抽取多少比例盲审，用来估计现场准确率；0 表示不抽取"
    )
    blind_min_verdicts: int = Field(default=30, ge=1, description="至少有多少件盲审结论，才可能自动停止自动分拨")
    access: AccessMode = Field(
        default="auto",
        description="谁可以使用：auto 只限本机且尚无账号和密钥时免登录；open 一律免登录；required 一律须登录或用密钥",
    )
    session_idle_minutes: int = Field(default=60, ge=1, le=1440, description="登录后多少分钟不使用即失效")
    session_hours: int = Field(default=12, ge=1, le=168, description="登录后最多多少小时失效")
    secure_cookies: SecureCookies = Field(
        default="auto", description="登录凭证是否只经 HTTPS 传送：auto 按请求而定；always 一律如此"
    )
    max_upload_bytes: int = Field(default=200_000_000, ge=1024, description="批量任务或模型上传一个文件的最大字节数")
    max_jobs: int = Field(default=100, ge=1, description="每个账号或密钥最多保留的批量任务数")
    job_workers: int = Field(
        default=1, ge=0, le=64, description="共用一个数据文件夹的程序同时处理的批量任务数；0 表示本程序只接受、不处理"
    )
    job_processes: int = Field(default=1, ge=1, le=256, description="处理一个批量任务所用的进程数")
    job_days: int = Field(default=30, ge=1, description="批量任务的文件和结果保留的天数")
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="事件还可以推送到哪些内网主机：名称、地址或网段，逗号隔开；它们也可以用 http"
    )
    webhook_seconds: int = Field(default=10, ge=1, le=60, description="推送一个事件最多等接收方多少秒")
    webhook_hours: int = Field(default=72, ge=1, le=168, description="接收方不可用时重试多少小时，之后列为未送达")
    event_days: int = Field(default=30, ge=7, le=365, description="事件保留多少天，其间可以再送")
    event_source: str = Field(
        default="urn:petition-nlp", min_length=1, max_length=200, description="事件里的来源 source，各套系统应不同"
    )
    log_level: LogLevel = Field(default="info", description="日志级别")
    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="进程数；多个进程共用一个端口和同一份模型内存，死掉的自动补上（限 Linux、macOS）",
    )
    grace_seconds: int = Field(default=10, ge=0, le=600, description="收到停止信号后，最多等多少秒让已收到的请求做完")
    drain_seconds: int = Field(
        default=0,
        ge=0,
        le=600,
        description="收到 SIGTERM 后，/readyz 先答复 503 多少秒，再停止接受连接，供负载均衡摘除",
    )

    @field_validator("webhook_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("webhook_hosts")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not _HOST.fullmatch(entry):
                raise ValueError(entry)
            if "/" in entry:
                ip_network(entry, strict=False)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator(
        "model",
        "policy",
        "sensitive",
        "acceptance",
        "operator",
        "taxonomy",
        "districts",
        "data_folder",
        "deadlines",
        "holidays",
        mode="after",
    )
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read_file())

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Settings from file, environment and ``flags``; a flag that is None counts as not given.

        :raises ConfigError: names every wrong setting, where it came from, and what is allowed.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            raise _settings_error(error.errors(include_url=False), given) from None

    @property
    def database_url(self) -> str:
        """Where the store is."""
        return self.database or f"sqlite:///{self.data_folder / DATABASE_FILE}"

    def load_router(
        self, *, model: Path | None = None, threads: int | None = None, directory: Path | None = None
    ) -> Router:
        """The router that these settings ask for.

        :param model: the model folder where they name none; default: the shipped one.
        :param threads: that its encoder uses; default: one for each processor.
        :param directory: a file whose places rules of districts look for in texts too.
        :raises PetitionError: the model, taxonomy, policy, rules or places cannot be used.
        """
        from petition_nlp.router import Router

        return Router.load(
            self.model or model,
            target_precision=self.target_precision,
            policy=self.policy,
            taxonomy=self.taxonomy,
            districts=self.districts,
            directory=directory,
            profile=self.profile,
            threads=threads,
        )


def _config_file() -> Path | None:
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser()
    found = Path(CONFIG_FILE)
    return found if found.is_file() else None


def _read_file() -> dict[str, Any]:
    path = _config_file()
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"设置文件无法读取（{error.strerror}）",
            where=str(path),
            todo=f"请检查文件是否存在、是否可读，或取消环境变量 {CONFIG_VARIABLE}",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = "" if isinstance(error, UnicodeDecodeError) else f"（{error}）"
        raise ConfigError(
            f"设置文件不是有效的 UTF-8 TOML{place}",
            where=str(path),
            todo='请按「名称 = 值」逐行书写，文字加英文引号，如 host = "127.0.0.1"',
        ) from None


def _settings_error(errors: list[ErrorDetails], flags: dict[str, Any]) -> ConfigError:
    complaints = "；".join(_complaint(error, flags) for error in errors)
    return ConfigError(f"设置有误：{complaints}", todo=f"可用的设置：{'、'.join(Settings.model_fields)}")


def _complaint(error: ErrorDetails, flags: dict[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    return f"{name}（来自{_origin(name, flags)}）{_expectation(error)}"


def _origin(name: str, flags: dict[str, Any]) -> str:
    if name in flags:
        return f"启动参数 {name}"
    variable = _PREFIX + name.upper()
    if any(known.upper() == variable for known in os.environ):
        return f"环境变量 {variable}"
    return f"设置文件 {_config_file()}"


def _expectation(error: ErrorDetails) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return "不是已知的设置"
        case "int_parsing" | "int_type" | "int_from_float":
            return "应为整数"
        case "float_parsing" | "float_type":
            return "应为数字"
        case "string_type" | "path_type" | "string_too_short":
            return "应为非空文字"
        case "literal_error":
            return "只能是 " + "、".join(re.findall("'(.+?)'", limits["expected"]))
        case "greater_than_equal":
            return f"不能小于 {limits['ge']}"
        case "less_than_equal":
            return f"不能大于 {limits['le']}"
        case "greater_than":
            return f"必须大于 {limits['gt']}"
        case "less_than":
            return f"必须小于 {limits['lt']}"
        case _:
            return "的值无效"
