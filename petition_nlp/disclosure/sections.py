"""A model, its rules and its operator's answers → the sections of a record, in the order in which readers ask.

Keys are those of the Algorithmic Transparency Recording Standard where it has them; what 算法推荐管理规定 第十六条
wants published (目的意图、基本原理、主要运行机制) are sections of their own.
"""

from __future__ import annotations

from datetime import date

from petition_nlp.archive.summary import REASON_NAMES
from petition_nlp.disclosure.facts import Deployment, Facts, facts_of
from petition_nlp.disclosure.measured import data_section, figures_section, limits_section
from petition_nlp.disclosure.operator import KEYS, Operator
from petition_nlp.disclosure.record import Column, Field, Kind, Record, Section, Source, Table
from petition_nlp.head_names import head_title
from petition_nlp.policy import CONFIDENCE_REASONS, REASONS
from petition_nlp.router import Router


def describe(
    router: Router, deployment: Deployment, operator: Operator, *, day: date, digest: str | None = None
) -> Record:
    """The record of a model under its policy.

    :param day: that the record is of; :param digest: SHA-256 of the folder's ``model.json``.
    :raises ModelError: the model holds no training report.
    """
    facts = facts_of(router)
    return Record(
        model=router.model,
        taxonomy=router.taxonomy.version,
        digest=digest,
        date=day,
        sections=[
            _overview(router, operator),
            _owner(operator),
            _purpose(operator),
            _principle(router, facts),
            _mechanism(router, facts, operator),
            _oversight(deployment, operator),
            data_section(facts, _asked(operator, "data_source"), _asked(operator, "data_period")),
            figures_section(router, facts),
            limits_section(router, facts),
            _personal_data(deployment, operator),
            Section("risks_and_impact_assessment", "影响评估与异议", [
                _asked(operator, "impact_assessment"), _asked(operator, "appeals"), _asked(operator, "contact"),
            ]),
        ],
    )  # fmt: skip


def _asked(operator: Operator, key: str) -> Field:
    """What only the operator can answer."""
    return Field(key, KEYS[key], operator.answers.get(key), Source.OPERATOR)


def _told(key: str, title: str, *paragraphs: str, source: Source = Source.PROGRAM) -> Field:
    return Field(key, title, paragraphs[0] if len(paragraphs) == 1 else paragraphs, source)


def _overview(router: Router, operator: Operator) -> Section:
    text = (
        "读一条居民诉求，给出可能的事项类别、责任部门和把握程度，供工作人员分拨；把握不足或有其他复核原因的，一律交人工。"
        "它不判断诉求有没有道理，不决定受理与否，不对居民评价或排序。"
    )
    return Section(
        "overview",
        "概要",
        [
            _told("name", "名称", f"民情诉求分拨模型 {router.model}", source=Source.MODEL),
            _told("description", "简述", text),
            _asked(operator, "website"),
        ],
    )


def _owner(operator: Operator) -> Section:
    keys = ("organisation", "team", "senior_responsible_owner", "supplier", "status", "since", "legal_basis")
    return Section("owner_and_responsibility", "运营与责任", [_asked(operator, key) for key in keys])


def _purpose(operator: Operator) -> Section:
    return Section(
        "description_and_rationale",
        "目的意图",
        [
            _told(
                "detailed_description",
                "目的",
                "让诉求更快到达该办理的单位，少走弯路；让工作人员把时间用在难分的诉求上。",
            ),
            _told(
                "scope",
                "不用于",
                "判断诉求是否合理，或未经人工就拒绝、办结诉求",
                "对反映诉求的人评分、排序、画像",
                "代替 110、119、120、122 的接警调度",
                "中文居民诉求以外的文字",
            ),
            _asked(operator, "benefits"),
            _asked(operator, "previous_process"),
        ],
    )


def _principle(router: Router, facts: Facts) -> Section:
    encoder = facts.report.get("encoder")
    architecture = [
        "统一写法并遮盖号码、姓名、地名之后，把文字变成词语和单字的组合（n-gram）并加权。",
        "每个判断目标有一个线性分类器，给每个选项打分；分数按没有参与训练的诉求校准成概率。",
    ]
    if encoder:
        architecture.append(
            f"另有一个小型语言模型（由 {encoder['source']} 微调）通读文字，两者的分数相加。"
            f"档位：{router.profile.name}。"
        )
    if facts.report.get("start"):
        architecture.append(f"由模型 {facts.report['start']} 适应而来。")
    if router.mapped_from is not None:
        architecture.append(
            f"按分类目录 {router.mapped_from} 训练，依迁移文件换算为 {router.taxonomy.version}；逐个的数字按原分类。"
        )
    heads = [
        [name, head_title(name), len(head.labels), facts.heads[name]["n"] if name in facts.heads else None]
        for name, head in router.loaded.heads.items()
    ]
    columns = [
        Column("head", "代码"), Column("title", "判断什么"), Column("labels", "选项数", Kind.COUNT),
        Column("rows", "检验过的条数", Kind.COUNT),
    ]  # fmt: skip
    return Section(
        "tool_specification",
        "基本原理",
        [
            _told("model", "模型", f"{router.model}，分类目录版本 {router.taxonomy.version}", source=Source.MODEL),
            _told("system_architecture", "结构", *architecture, source=Source.MODEL),
            Field("models", "判断目标", Table(columns, heads), Source.MODEL),
            _told(
                "input", "输入", "诉求的标题和正文，先遮盖其中的号码、姓名和地名。不读诉求人的身份、账号和以往的诉求。"
            ),
            _told("output", "输出", "事项类别、责任部门及备选、把握程度、复核原因、正文中起作用的词语。"),
        ],
    )


def _mechanism(router: Router, facts: Facts, operator: Operator) -> Section:
    policy = router.policy
    reasons = [
        [code, REASON_NAMES[code]]
        for code in REASONS
        if code in REASON_NAMES and code not in CONFIDENCE_REASONS | _unused_reasons(router)
    ]
    lines = sorted(policy.emergencies.lines)
    rules = [f"本地必审规则：{rule.name}" for rule in policy.always_review]
    return Section(
        "decision_making_process",
        "主要运行机制",
        [
            _asked(operator, "use"),
            _asked(operator, "scale"),
            _told("threshold", "何时不经人工", *_threshold(router, facts), source=Source.POLICY),
            Field(
                "review_reasons",
                "把握足够也交人工的情形",
                Table([Column("code", "代码"), Column("name", "原因")], reasons),
                Source.POLICY,
                note="；".join(rules),
            ),
            _told(
                "emergencies",
                "紧急情形",
                f"按规则和模型发现正在发生的危险，提示先转 {'、'.join(lines)}，并一律交人工。会有遗漏，也会误报。"
                if lines
                else "没有启用紧急规则。",
                source=Source.POLICY,
            ),
            _told("district_rules", "各区的规则", _district_rules(router), source=Source.SETTINGS),
            _told(
                "sensitive",
                "敏感诉求",
                "疑似自伤自杀、未成年人受侵害、反映公职人员的诉求先由人工处理，征象明显的只有获授权的人能看到。"
                "按规则查找，说得隐晦的会遗漏。",
            ),
        ],
    )


def _unused_reasons(router: Router) -> set[str]:
    """Reasons of rules that are not in use."""
    unused = {"taxonomy_changed": router.mapped_from, "district_unknown": router.districts}
    return {code for code, used in unused.items() if used is None}


def _district_rules(router: Router) -> str:
    if router.districts is None:
        return "没有；全市一样。"
    rules, districts = len(router.districts.rules), len(router.districts.districts)
    return f"{districts} 个区有 {rules} 条自己的规则（版本 {router.districts.version}），在模型判断之后适用。"


def _threshold(router: Router, facts: Facts) -> list[str]:
    target = f"目标：不经人工的诉求中，{head_title(facts.deciding)}正确的至少占 {router.policy.target_precision:.1%}。"
    if facts.passing is None:
        return [target, "校准数据不足以保证这个目标，因此全部诉求都交人工。"]
    named = sum(own.passes for own in facts.labels)
    return [
        target,
        f"{head_title(facts.deciding)}的把握达到 {facts.passing.threshold:.1%} 才可能不经人工；这个阈值由校准数据求出，"
        "在诉求与校准数据相似时，以 95% 的把握保证目标。",
        f"{len(facts.labels)} 个{head_title(facts.deciding)}中，{named} 个在校准数据中得到验证，可以不经人工；"
        "其余一律交人工。",
        f"事项类别的把握低于 {router.policy.matter_confidence:.0%} 的也交人工。",
    ]


def _oversight(deployment: Deployment, operator: Operator) -> Section:
    blind = (
        f"不经人工的诉求中随机抽取 {deployment.blind_share:.1%}，由看不到建议的工作人员独立判断，据此估计现场准确率。"
        if deployment.blind_share
        else "目前没有抽取盲审样本，现场准确率无从得知。"
    )
    stop = (
        f"盲审结论（至少 {deployment.blind_min_verdicts} 件）显示达不到目标时，自动分拨自行停止，全部诉求转人工；"
        "只有获授权的人（主管）能恢复。"
        if deployment.blind_share
        else "没有盲审样本，因此不会自行停止；主管可以手工停止。"
    )
    return Section(
        "human_oversight",
        "人工监督",
        [
            _told(
                "human_review",
                "人工复核",
                "需要复核的诉求由工作人员决定，模型的建议只供参考；紧急的排在最前。",
            ),
            _told("blind_sample", "盲审抽样", blind, source=Source.SETTINGS),
            _told("automatic_stop", "自动停止", stop, source=Source.SETTINGS),
            _told(
                "corrections",
                "更正与退单",
                "任何分拨都可由工作人员更正；承办单位退回的，登记退单并重新分拨。谁、何时、为何都留有记录。",
            ),
            _asked(operator, "required_training"),
        ],
    )


def _personal_data(deployment: Deployment, operator: Operator) -> Section:
    days = [
        f"办结 {number} 天后{what}"
        for number, what in ((deployment.mask_after_days, "遮盖个人信息"), (deployment.delete_after_days, "删除诉求"))
        if number is not None
    ]
    return Section(
        "personal_data",
        "个人信息",
        [
            _told(
                "in_model",
                "模型里有什么",
                "模型文件夹里只有词语、单字的组合和数字，没有诉求原文，也没有可以查到个人的记录；"
                "训练前按规则遮盖电话、证件号、门牌和姓名等，会有遗漏。",
            ),
            _told(
                "automated_decision_making",
                "自动化决策",
                "分拨只决定诉求先交给哪个单位，诉求由单位的工作人员办理。",
                "《个人信息保护法》第二十四条要求自动化决策透明，结果公平、公正；对个人权益有重大影响的决定，个人有权要求说明，"
                "并有权拒绝仅通过自动化决策作出。是否适用于这里、怎样答复，由运营单位确定。",
            ),
            _told(
                "kept_for",
                "系统的保存设置",
                "，".join(days) if days else "没有设置自动遮盖或删除。",
                source=Source.SETTINGS,
            ),
            _asked(operator, "retention"),
        ],
    )
