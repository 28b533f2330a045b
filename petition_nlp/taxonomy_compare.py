"""Two versions of a taxonomy, or of the districts' rules: what was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from petition_nlp.districts import Districts
from petition_nlp.errors import TaxonomyError
from petition_nlp.local.compare import KindDiff, kind_diff
from petition_nlp.mapping import Chain, chain_from
from petition_nlp.migration import DEPARTMENT, KIND_NAMES, MATTER
from petition_nlp.taxonomy import Taxonomy

HEADS: Final = {MATTER: "事项类别", DEPARTMENT: "责任部门"}
FIELDS: Final = {
    "name": "名称",
    "definition": "定义",
    "handling": "办理方式",
    "responsible_party": "责任主体",
    "default_party": "默认责任主体",
    "party_by_department": "各部门的责任主体",
    "levels": "协商层级",
    "duty": "职责",
    "typical": "典型事项",
    "aliases": "别名",
    "former_names": "曾用名",
    "matters": "搭配的事项类别",
    "dispatch": "可以交办",
    "order": "顺序",
    "department": "责任部门",
    "matter": "事项类别",
    "topic": "分类",
    "area": "地点",
    "words": "含有",
    "words_not": "不含",
    "outcome": "结果",
    "border": "边界规则",
    "why": "理由",
    "source": "依据",
    "code": "编号",
    "parts": "辖区",
    "kind": "性质",
    "channel": "渠道",
    "level": "层级",
}
"""What the fields of records are called."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of a migration in words.

    :param kind: what is done; :param old: names before; :param new: after.
    """

    kind: str
    head: str
    old: str
    new: str
    why: str

    def to_dict(self) -> dict[str, str]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class TaxonomyDiff:
    """What is different in the later version.

    :param kinds: by ``matter``, ``department``, and ``district_rule`` and ``district`` where rules were compared.
    :param border: sentences of border rules that came and that went.
    :param chain: the migrations between the two; None if there are none.
    :param districts: the rules that were compared too.
    """

    old: Taxonomy
    new: Taxonomy
    kinds: Mapping[str, KindDiff]
    border: tuple[tuple[str, ...], tuple[str, ...]]
    topics_differ: bool
    chain: Chain | None
    districts: tuple[Districts | None, Districts | None] = (None, None)

    def __bool__(self) -> bool:
        return any(self.kinds.values()) or any(self.border) or self.topics_differ or bool(self.steps())

    def steps(self) -> list[StepShown]:
        """What became of codes, and what is answered for by others, in the order of the files."""
        return list(self._steps())

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "from": self.old.version,
            "to": self.new.version,
            **{kind: own.to_dict() for kind, own in self.kinds.items()},
            "border_rules": {"added": list(self.border[0]), "removed": list(self.border[1])},
            "topics_differ": self.topics_differ,
            "steps": [step.to_dict() for step in self.steps()],
            "migration": self.chain is not None,
        }

    def _steps(self) -> Iterator[StepShown]:
        for place, migration in enumerate(self.chain.migrations if self.chain else ()):
            later = self.chain.migrations[place + 1 :] if self.chain else ()
            names = later[0].before if later else self.new.terms
            for step in migration.steps:
                old = "、".join(migration.before[step.head][code] for code in step.old)
                new = "、".join(names[step.head][code] for code in step.new)
                yield StepShown(KIND_NAMES[step.kind], HEADS[step.head], old, new, step.why)
            for own in migration.reassignments:
                outcome = [names[DEPARTMENT][own.department]] if own.department else []
                outcome += [names[MATTER][own.matter]] if own.matter else []
                yield StepShown("改派", HEADS[DEPARTMENT], own.name, "、".join(outcome), own.why)


def compare(old: Taxonomy, new: Taxonomy) -> TaxonomyDiff:
    """What is different in ``new``.

    :raises TaxonomyError: the migration between the two is made for other codes than those of ``old``.
    """
    chain = chain_from(new.migrations, old.version)
    if chain is not None:
        _check_begins_with(chain, old)
    before, after = old.to_dict(), new.to_dict()
    border = [[str(rule["when"]) for rule in own.border_rules] for own in (old, new)]
    return TaxonomyDiff(
        old=old,
        new=new,
        kinds={
            head: kind_diff(before[key], after[key], key="code", name="name", ordered=False)
            for head, key in ((MATTER, "matters"), (DEPARTMENT, "departments"))
        },
        border=(_without(border[1], border[0]), _without(border[0], border[1])),
        topics_differ=old.topics != new.topics,
        chain=chain,
    )


def compare_districts(old: Districts | None, new: Districts | None) -> dict[str, KindDiff]:
    """What is different in the rules of districts, and in what is known of the districts."""
    empty: dict[str, Any] = {"districts": [], "rules": []}
    before, after = (own.to_dict() if own else empty for own in (old, new))
    return {
        "district_rule": kind_diff(before["rules"], after["rules"], key="id", name="id", ordered=True),
        "district": kind_diff(before["districts"], after["districts"], key="name", name="name", ordered=False),
    }


def _check_begins_with(chain: Chain, old: Taxonomy) -> None:
    for head, kind in HEADS.items():
        given, known = set(chain.migrations[0].before[head]), set(old.terms[head])
        if given != known:
            differing = "、".join(sorted(given ^ known))
            what = f"迁移文件 before 里的{kind}代码与 {old.version} 的不同：{differing}"
            raise TaxonomyError(what, todo="请照旧版分类改正 before（petition-nlp taxonomy draft 会写出它）")


def _without(these: Sequence[str], those: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in these if one not in set(those))
