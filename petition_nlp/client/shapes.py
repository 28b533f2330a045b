"""What the service answers, as frozen dataclasses; routes are `petition_nlp.Route`.

Records of the directory are mappings as ``docs/local-units.md`` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from petition_nlp.route import Route

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SameMatter:
    """Another petition about the same matter: ``likely``, or ``linked``, ``merged``, ``refused`` by a person."""

    petition: str
    state: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Deliberation:
    """Where the deliberation (协商) of a 小事 stands."""

    level: str | None
    level_name: str | None
    state: str
    state_name: str
    date: date | None
    participants: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Referral:
    """Where a resident was referred to (转介)."""

    kind: str
    kind_name: str
    service: str | None
    to: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Needed:
    """What a wish or project needs: money in yuan, people, or what is written."""

    fund: int | None = None
    volunteers: int | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Pledged(Needed):
    """What has been pledged to it, and by whom."""

    donors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources of a wish or project."""

    needed: Needed | None
    pledged: Pledged | None


@dataclass(frozen=True, slots=True)
class AnyPetition:
    """What a stored petition and one in the review queue have in common."""

    id: str
    version: int
    created: datetime
    received: datetime
    external_id: str | None
    channel: str
    title: str | None
    text: str
    area: str | None
    extra: Mapping[str, Any] | None
    matter: Named | None
    department: Named | None
    co_departments: tuple[Named, ...]
    request_type: str | None
    unit: Named | None
    status: str | None
    status_name: str | None
    review: bool
    review_reasons: tuple[str, ...]
    emergency: str | None
    confidence: float | None
    route: Route | None
    due: date | None = None
    due_at: datetime | None = None
    due_provisional: bool = False
    extensions: int = 0
    returns: int = 0
    unit_rule: str | None = None
    place: Record | None = None
    directory: int | None = None
    sensitive: tuple[str, ...] = ()
    restricted: bool = False
    masked: datetime | None = None
    decided_by: str | None = None
    taken_by: str | None = None
    taken_until: datetime | None = None
    closed: datetime | None = None
    outcome: str | None = None
    satisfied: bool | None = None
    merged_into: str | None = None
    same_matter: tuple[SameMatter, ...] = ()
    kind: str = "petition"
    kind_name: str = "诉求"
    overdue: bool = False
    hard: bool = False
    final: bool = False
    urges: int = 0
    urged: datetime | None = None
    inquiries: int = 0
    inquired: datetime | None = None
    unanswered: bool = False
    replied: datetime | None = None
    progress: int | None = None
    deliberation: Deliberation | None = None
    referral: Referral | None = None
    resources: Resources | None = None


@dataclass(frozen=True, slots=True)
class Petition(AnyPetition):
    """A stored petition. ``route`` is the suggestion as it was made; the fields beside it are what is in force."""

    status: str
    status_name: str
    confidence: float
    route: Route


@dataclass(frozen=True, slots=True)
class Queued(AnyPetition):
    """A petition in the review queue; one for a ``blind`` review (盲审) comes without the suggestion."""

    blind: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a petition; ``changes`` maps a field to its values before and after."""

    at: datetime
    actor: str
    actor_name: str
    action: str
    why: str | None
    changes: Mapping[str, Any]
    model: str | None = None
    taxonomy: str | None = None
    policy: str | None = None
    directory: int | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Petitions that wait for a person, the most urgent first; ``waiting`` is how many there are in all.

    ``restricted_waiting`` counts the restricted ones besides that the key may not see.
    """

    waiting: int
    items: tuple[Queued, ...]
    restricted_waiting: int = 0


@dataclass(frozen=True, slots=True)
class DirectoryVersion:
    """Who made a version of the directory, when and why; version 0 is empty and nobody's."""

    version: int
    at: datetime | None
    actor: str | None
    actor_name: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Directory(DirectoryVersion):
    """A version of the directory with everything in it."""

    units: tuple[Record, ...]
    rules: tuple[Record, ...]
    places: tuple[Record, ...]
    services: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """What a new directory changes and what is odd in it; ``version`` is None if it was only looked at."""

    version: int | None
    changes: Record
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """Where a message would go, and every step that leads there."""

    version: int
    matter: Named | None
    department: Named | None
    place: Record
    assignment: Record
    services: tuple[Record, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many petitions have a label."""

    code: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How many petitions people or returns moved from one department to another."""

    before: Named
    after: Named
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Blind verdicts, those that say that the model was right, their share and its 95 % interval."""

    verdicts: int
    right: int
    precision: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MonthTally(Tally):
    """Those of one month, such as ``2026-11``."""

    month: str


@dataclass(frozen=True, slots=True)
class DepartmentTally(Tally):
    """Those on petitions for which the model suggested one department."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PrecisionFigures(Tally):
    """Live precision (现场准确率) of what routes are made with; at ``evidence_limit`` automatic routing stops."""

    model: str
    profile: str
    policy: str
    target_precision: float
    seen: int
    evidence: float
    evidence_limit: float
    least_verdicts: int


@dataclass(frozen=True, slots=True)
class LivePrecision(PrecisionFigures):
    """The same with its parts."""

    by_month: tuple[MonthTally, ...]
    by_department: tuple[DepartmentTally, ...]


@dataclass(frozen=True, slots=True)
class AutoRouting:
    """Whether the model dispatches by itself, who said so last and why, and how precise it is since then."""

    state: str
    since: datetime | None
    actor: str | None
    actor_name: str | None
    why: str | None
    figures: PrecisionFigures | None
    precision: LivePrecision


@dataclass(frozen=True, slots=True)
class Statistics:
    """Petitions received in a span of time, as they stand now. A share is None where there is nothing to divide by."""

    received_from: datetime
    received_to: datetime
    petitions: int
    open: int
    overdue: int
    emergencies: int
    review_share: float | None
    first_dispatch_precision: float | None
    return_share: float | None
    satisfied_share: float | None
    by_status: tuple[Count, ...]
    by_matter: tuple[Count, ...]
    by_department: tuple[Count, ...]
    corrections: tuple[Moved, ...]
    hard: int = 0
    blind: LivePrecision | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many petitions a filter finds, by what the list of three matters tells apart."""

    petitions: int
    open: int
    overdue: int
    hard: int
    urged: int
    unanswered: int
    by_status: tuple[Count, ...]
    by_matter: tuple[Count, ...]
    by_kind: tuple[Count, ...]
    by_deliberation: tuple[Count, ...]
    by_referral: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What routes are made with."""

    model: str
    taxonomy: str
    policy: str
    profile: str
    profiles: tuple[str, ...]
    target_precision: float
    heads: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelBrief:
    """A registered model in short: ``candidate``, ``current``, ``retired`` or ``refused``."""

    id: str
    model: str
    taxonomy: str
    state: str
    state_name: str
    added: datetime
    promoted: datetime | None
    processes: int


@dataclass(frozen=True, slots=True)
class ModelRegistry:
    """What answered with which model; ``versions`` are the registered ones, None while the store does not answer."""

    items: tuple[Model, ...]
    versions: tuple[ModelBrief, ...] | None
    pinned: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """What a retraining said of its candidate."""

    promote: bool
    reasons: tuple[str, ...]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A process that uses a model; ``problem``: why it does not use the promoted one."""

    host: str
    pid: int
    model: str
    problem: str | None
    seen: datetime


@dataclass(frozen=True, slots=True)
class ModelVersion(ModelBrief):
    """A registered model; ``figures`` are head → figure → number, of the training's report."""

    digest: str
    added_by_name: str
    promoted_by_name: str | None
    why: str | None
    before: str | None
    refusal: str | None
    figures: Mapping[str, Mapping[str, float]]
    gate: Gate | None
    used_by: tuple[ModelUse, ...]
    card: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What a service that is ready uses."""

    status: str
    model: str
    profile: str
    taxonomy: str
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """How a file is read, and what its columns are taken for."""

    description: str
    columns: tuple[str, ...]
    mapping: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is; ``rows_expected`` and ``seconds_left`` are estimates."""

    share: float
    rows: int
    rows_expected: int | None
    rows_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a file cannot be read, or a job did not end."""

    code: str
    what: str
    where: str
    todo: str


@dataclass(frozen=True, slots=True)
class Download:
    """Something that can be fetched: ``result``, ``rejected``, ``report`` or ``tables``."""

    kind: str
    name: str
    bytes: int
    href: str


@dataclass(frozen=True, slots=True)
class Job:
    """A file that the service works on."""

    id: str
    version: int
    status: str
    status_name: str
    file_name: str
    size: int
    owner: str
    owner_name: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    cancelling: bool
    reading: Record
    found: Found | None
    options: Record | None
    progress: Progress | None
    error: JobError | None
    warnings: tuple[str, ...]
    summary: Record | None
    downloads: tuple[Download, ...]
