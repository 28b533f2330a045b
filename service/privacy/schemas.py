"""What the privacy endpoints take and give."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.moments import OutMoment
from service.petitions.schemas import PetitionNumber, Reason
from service.privacy.erasure import Action
from service.schemas import In, Out, Text

_Term = Annotated[Text, Field(min_length=1, max_length=200)]
_Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class RestrictionIn(In):
    """Whether only callers with the scope ``restricted`` see a petition."""

    restricted: bool = Field(description="true 为只有有 restricted 权限的人能看，false 为解除")
    why: Reason = Field(description="理由")


class SearchIn(In):
    """What to look for; at least one."""

    phone: _Term | None = Field(default=None, description="电话号码，写法不限")
    name: _Term | None = Field(default=None, description="姓名，至少两个字")
    id_number: _Term | None = Field(default=None, description="证件号码，至少六位")
    external_id: _Term | None = Field(default=None, description="调用方自己的编号")
    text: _Term | None = Field(default=None, description="任意文字，至少两个字")
    cursor: _Id | None = Field(default=None, description="上一次答复中的 next")


class FindingOut(Out):
    """A petition that holds what was looked for; ``places`` maps each term to the fields that hold it."""

    petition: str
    external_id: str | None
    channel: str
    received: OutMoment
    status: str
    restricted: bool
    masked: OutMoment | None
    places: dict[str, list[str]]
    replies: int


class SearchOut(Out):
    """What was found, newest first. ``complete`` is false where restricted petitions were left out."""

    items: list[FindingOut]
    scanned: int
    next: str | None
    complete: bool


class FileFindingOut(Out):
    """A file of a bulk job that holds what was looked for: ``in`` is the upload, ``out`` the result."""

    job: str
    part: str
    rows: dict[str, int]


class FileSearchOut(Out):
    """What was found in files, the newest job first; ``unreadable`` jobs have to be looked at by hand."""

    items: list[FileFindingOut]
    scanned: int
    unreadable: list[str]
    next: str | None


class ErasureIn(In):
    """Which petitions to mask or delete for good."""

    petitions: list[PetitionNumber] = Field(min_length=1, max_length=200, description="诉求编号，最多 200 个")
    action: Action = Field(description="mask 遮盖个人信息，delete 连同经过一并删除；都不可恢复")
    reason: Reason = Field(description="依据，如来函编号；不要写个人信息")


class ErasureOut(Out):
    """What was done."""

    action: Action
    petitions: int
