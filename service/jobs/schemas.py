"""Jobs as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from petition_nlp.archive.encoding import text_encoding
from petition_nlp.profiles import ProfileName
from service.jobs.states import JobStatus
from service.moments import OutMoment
from service.schemas import In, Out, Text

OutputFormat = Literal["csv", "xlsx", "jsonl", "parquet"]
OutputEncoding = Literal["utf-8-sig", "utf-8", "gb18030"]


def _encoding(name: str) -> str:
    try:
        return text_encoding(name)
    except ValueError:
        raise PydanticCustomError("encoding", "no such encoding") from None


Encoding = Annotated[Text, AfterValidator(_encoding), Field(max_length=40)]
Column = Annotated[Text, Field(max_length=1000)]


class ColumnsIn(In):
    """Which column holds what; one that is not given is found by its usual names, an empty one is not there."""

    text: Annotated[Column, Field(min_length=1)] | None = Field(default=None, description="正文列")
    title: Column | None = Field(default=None, description="标题列")
    id: Column | None = Field(default=None, description="编号列")
    area: Column | None = Field(default=None, description="区域列")
    received: Column | None = Field(default=None, description="时间列")
    department: Column | None = Field(default=None, description="承办部门列：与模型的判断比较")
    topic: Column | None = Field(default=None, description="分类列")


class ReadingIn(In):
    """How the file is to be read; what is not given is found out."""

    encoding: Encoding | None = Field(default=None, description="编码，如 utf-8、gb18030、big5；不给则自动判断")
    sheet: Annotated[Text, Field(max_length=200)] | None = Field(default=None, description="工作表的名称或序号")
    columns: ColumnsIn | None = Field(
        default=None, description="各列的用途；不给则按常见列名查找，空字符串表示没有这一列"
    )


class StartIn(In):
    """What is to be made of the file."""

    output_format: OutputFormat | None = Field(default=None, description="结果的格式；不给则与上传的文件相同")
    output_encoding: OutputEncoding = Field(
        default="utf-8-sig", description="CSV 结果的编码；utf-8-sig 可用 Excel 直接打开"
    )
    profile: ProfileName | None = Field(default=None, description="模型档位；不给则用设置 profile 或 balanced")
    mask: bool = Field(default=False, description="结果中隐去姓名、电话、证件号、门牌号等个人信息")
    report: bool = Field(default=False, description="另做一份分析报告")


class FoundOut(Out):
    """How the file is read, and what its columns are taken for."""

    description: str = Field(description="编码、分隔符、工作表、表头所在的行")
    columns: list[str]
    mapping: dict[str, str] | None = Field(description="用途 → 列名；null 表示找不到正文列")
    sheets: list[str] = Field(default=[], description="可选的工作表")


class ReadingOut(Out):
    """What the user said about reading the file."""

    encoding: str | None = None
    sheet: str | None = None
    columns: dict[str, str | None] | None = None


class OptionsOut(Out):
    """What is made of the file."""

    output_format: OutputFormat
    output_encoding: OutputEncoding
    profile: ProfileName | None
    mask: bool
    report: bool


class ProgressOut(Out):
    """How far it is; ``rows_expected`` and ``seconds_left`` are estimates."""

    share: float = Field(ge=0, le=1)
    rows: int
    rows_expected: int | None
    rows_per_second: float | None
    seconds_left: float | None


class JobErrorOut(Out):
    """Why the file cannot be read, or the job did not end: what, where, and what to do."""

    code: str
    what: str
    where: str
    todo: str


class SummaryOut(Out):
    """Counts over all rows."""

    rows: int
    reviewed: int
    emergencies: int
    rejected: int = Field(description="未能完整保留的行，原文和原因在 rejected")
    seconds: float
    compared: int
    agreeing: int
    suspect: int
    skipped_files: int
    model: str | None = Field(default=None, description="分类所用的模型")
    matters: dict[str, int]
    departments: dict[str, int]
    reasons: dict[str, int]
    reject_reasons: dict[str, int]
    unmapped: dict[str, int] = Field(description="对不上目录的历史部门")


class DownloadOut(Out):
    """Something that can be fetched."""

    kind: Literal["result", "rejected", "report", "tables"]
    name: str
    bytes: int
    href: str


class JobOut(Out):
    """A job."""

    id: str
    version: int
    status: JobStatus
    status_name: str
    file_name: str
    size: int
    owner: str
    owner_name: str
    created: OutMoment
    started: OutMoment | None
    ended: OutMoment | None
    cancelling: bool
    reading: ReadingOut
    found: FoundOut | None
    options: OptionsOut | None
    progress: ProgressOut | None
    error: JobErrorOut | None
    warnings: list[str]
    summary: SummaryOut | None
    downloads: list[DownloadOut]


class JobPageOut(Out):
    """Jobs, newest first; ``next`` is the cursor of the following page."""

    items: list[JobOut]
    next: str | None


class SampleOut(Out):
    """The first rows as they are read."""

    columns: list[str]
    rows: list[list[str]]
