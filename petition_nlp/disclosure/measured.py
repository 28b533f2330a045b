"""The sections that consist of the model's own figures: data, results, weak spots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from petition_nlp.classify.gate import MIN_LABEL_ROWS
from petition_nlp.disclosure.facts import Facts, LabelFacts, Share, accuracy
from petition_nlp.disclosure.record import Cell, Column, Field, Kind, Section, Source, Table
from petition_nlp.head_names import head_title
from petition_nlp.profiles import BEST
from petition_nlp.router import Router

WEAK_RECALL: Final = 0.6
"""A label of which fewer messages are found is named among the weak spots."""
FEW_ROWS: Final = 50
"""So is one that was measured on fewer messages: the interval of its figures is wide."""
_NOTES: Final = "## Origin and habits"

_SHARE_COLUMNS: Final = (("", ""), ("_low", "，下限"), ("_high", "，上限"))


def data_section(facts: Facts, source: Field, period: Field) -> Section:
    """What it learnt from.

    :param source: :param period: the operator's answers.
    """
    report, leaks = facts.report, facts.report["leaks"]
    size = [
        f"{report['rows']:,} 条诉求，按近似重复归为 {report['groups']:,} 组；同一组不会既用来学习又用来检验。",
        f"{leaks['rows']:,} 条的正文里有透露答案的转办用语，"
        + ("按训练者的要求保留。" if leaks["kept"] else "已在训练前去掉。"),
        _calibration(report["calibration_rows"]),
    ]
    if dated := report.get("period"):
        size.insert(1, _period(dated))
    masking = "学习之前，号码、证件、门牌、姓名、地名按规则换成占位符；少于 5 条诉求用过的词语组合不进入模型。"
    return Section(
        "data",
        "训练数据",
        [
            source,
            period,
            Field("quantity", "数量", size, Source.MODEL),
            Field("labels", "标签", _label_counts(facts), Source.MODEL),
            Field("cleaning", "遮盖", masking, Source.PROGRAM),
        ],
    )


def _period(dated: Mapping[str, Any]) -> str:
    undated = f"，其中 {dated['undated']:,} 条没有日期" if dated["undated"] else ""
    return f"数据自 {dated['first']} 至 {dated['last']}{undated}。"


def _calibration(rows: int | None) -> str:
    if rows is None:
        return "没有另外的校准数据：概率用交叉验证中留出的诉求校准。"
    return f"另有 {rows:,} 条没有用来学习的诉求，用来校准概率、求出复核阈值。"


def _label_counts(facts: Facts) -> Table:
    columns = [
        Column("head", "判断目标"),
        Column("labelled", "有标签的诉求", Kind.COUNT),
        Column("labels", "选项数", Kind.COUNT),
        Column("left_out", "因太少而没有学的选项", Kind.COUNT),
        Column("left_to_people", "学过但从不建议的选项", Kind.COUNT),
    ]
    rows = [
        [
            head_title(name),
            sum(head["labels"].values()),
            len(head["labels"]),
            len(head["left_out"]),
            len(head["left_to_people"]),
        ]
        for name, head in facts.heads.items()
    ]
    return Table(columns, rows)


def figures_section(router: Router, facts: Facts) -> Section:
    """How good it is."""
    title = head_title(facts.deciding)
    fields = [
        Field(
            "performance",
            "交叉验证的结果",
            Table(
                [Column("head", "判断目标"), *_figure_columns()],
                [[head_title(name), *_figures(facts.figures(name))] for name in facts.heads],
            ),
            Source.MODEL,
            note=_method(facts),
        )
    ]
    if facts.passing is not None:
        fields.append(_automatic(facts))
    known = facts.deciding in facts.heads
    slices: Mapping[str, Any] = facts.figures(facts.deciding).get("by") or {} if known else {}
    if slices:
        table = Table(
            [Column("slice", "分组"), *_figure_columns()], [[name, *_figures(head)] for name, head in slices.items()]
        )
        fields.append(Field("performance_by_slice", f"{title}，按数据分组", table, Source.MODEL))
    fields.append(
        Field("performance_by_label", f"{title}，逐个", _label_table(facts), Source.MODEL, note=_terms(facts))
    )
    return Section("performance", "准确程度", fields)


def _method(facts: Facts) -> str:
    report = facts.report
    part = "" if report["measured_folds"] == report["folds"] else f"，检验了其中 {report['measured_folds']} 份"
    return (
        f"{_profiles(facts, facts.measured)}训练时把数据分成 {report['folds']} 份，轮流留出一份检验{part}；"
        "近似重复的诉求总在同一份里。"
        "区间为威尔逊 95% 区间，把每条诉求当作互不相关。今后的诉求若与这些数据不同，结果会不同。"
    )


def _profiles(facts: Facts, measured: str) -> str:
    """Says so where figures are of another profile than the one in use."""
    return "" if measured == facts.profile else f"这些是档位 {measured} 的数字，现用档位 {facts.profile}。"


def _terms(facts: Facts) -> str:
    best = facts.measured if facts.report.get("encoder") is None else BEST
    return (
        _profiles(facts, best)
        + "找到率：该由它办的诉求中模型也这样判断的比例；判对率：模型这样判断的诉求中正确的比例。"
    )


def _automatic(facts: Facts) -> Field:
    """What the gate lets through of the calibration rows."""
    assert facts.passing is not None
    passing = facts.passing
    rows: list[list[Cell]] = [["占校准数据的比例", *_share(passing.share)]]
    if passing.precision is not None:
        rows.append(["其中正确的比例", *_share(passing.precision)])
    columns = [Column("figure", "不经人工的诉求"), Column("n", "条数", Kind.COUNT), *_share_columns("share", "比例")]
    note = "阈值就是由这些数据求出的，正确的比例因此略偏乐观；现场的情况以盲审为准。"
    return Field("automatic", "不经人工的部分", Table(columns, rows), Source.MODEL, note=note)


def _figure_columns() -> list[Column]:
    return [
        Column("n", "检验条数", Kind.COUNT),
        *_share_columns("accuracy", "准确率"),
        Column("macro_f1", "宏平均 F1", Kind.FIGURE),
        Column("top3", "前三命中", Kind.SHARE),
        Column("ece", "校准误差", Kind.FIGURE),
    ]


def _figures(head: Mapping[str, Any]) -> list[Cell]:
    return [*_share(accuracy(head)), head["macro_f1"], head["top3"], head["ece"]]


def _share_columns(key: str, title: str) -> list[Column]:
    return [Column(f"{key}{suffix}", f"{title}{words}", Kind.SHARE) for suffix, words in _SHARE_COLUMNS]


def _share(share: Share) -> list[Cell]:
    """The number of rows, the share and its interval."""
    if not share.n:
        return [0, None, None, None]
    return [share.n, share.value, round(share.low, 4), round(share.high, 4)]


def _label_table(facts: Facts) -> Table:
    columns = [
        Column("code", "代码"),
        Column("name", "名称"),
        Column("n", "检验条数", Kind.COUNT),
        *_share_columns("recall", "找到率"),
        *_share_columns("precision", "判对率"),
        Column("calibration_rows", "校准条数", Kind.COUNT),
        Column("automatic", "不经人工"),
    ]
    return Table(columns, [_label_row(own) for own in facts.labels])


def _label_row(own: LabelFacts) -> list[Cell]:
    passes = "是" if own.passes else "否"
    return [own.code, own.name, *_share(own.recall), *_share(own.precision)[1:], own.calibrated, passes]


def limits_section(router: Router, facts: Facts) -> Section:
    """What it cannot do, as far as its own figures and its kind tell."""
    title = head_title(facts.deciding)
    few = _weak(own for own in facts.labels if own.rows < FEW_ROWS)
    low = _weak(own for own in facts.labels if own.rows >= FEW_ROWS and own.recall.value < WEAK_RECALL)
    closed = [own.name for own in facts.labels if not own.passes]
    fields = [
        Field(
            "limits",
            "一般的局限",
            [
                "它重复训练数据里的分拨习惯，包括其中的错误和旧的职责划分；它不懂法律，也不知道数据之后的机构调整。",
                "不认识训练数据里没有的新事物；换一个城市、换一个渠道，准确程度会不同。",
                "只读文字：反话、转述、一条多事会误导它；语音转写的错字和方言也会。",
            ],
            Source.PROGRAM,
        ),
        Field("weak_few_rows", f"检验不足 {FEW_ROWS} 条、数字不可靠的{title}", few or "没有。", Source.MODEL),
        Field("weak_low_recall", f"找到率低于 {WEAK_RECALL:.0%} 的{title}", low or "没有。", Source.MODEL),
        Field(
            "always_reviewed",
            f"一律交人工的{title}",
            closed or "没有。",
            Source.MODEL,
            note=f"校准数据里不足 {MIN_LABEL_ROWS} 条，或准确率未得到验证。",
        ),
    ]
    if notes := _notes(router.loaded.card):
        fields.append(Field("notes", "训练者的说明", notes, Source.MODEL))
    return Section("limits", "局限与薄弱之处", fields)


def _weak(labels: Any) -> list[str]:
    return [
        f"{own.name}：{own.rows} 条，找到率 {own.recall.value:.0%}（{own.recall.low:.0%}–{own.recall.high:.0%}）"
        if own.rows
        else f"{own.name}：没有检验过"
        for own in labels
    ]


def _notes(card: str) -> Sequence[str]:
    """The trainer's notes at the end of the card, by paragraph."""
    _, found, notes = card.partition(_NOTES)
    return [" ".join(part.split()) for part in notes.split("\n\n") if part.strip()] if found else []
