"""The READMEs' table of figures, from the default model's report and the benchmarks' results.

python docs/figures.py        (docs/refresh.py does it too)
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)
_MATTERS = ("government", "community", "private")

_PEERS = (
    "keyword rules (baisitong2)",
    "fastText on jieba words",
    "frozen encoder + logistic regression",
    "word + character TF-IDF, linear SVM",
)
_ARCHIVES = ("fast, Parquet, 100 characters", "balanced, Parquet, real lengths")
# English, Chinese, value, command; {…} is filled from the values below.
_ROWS = (
    (
        "department, real dispatch of 2018 hotline orders, one fold of a grouped 3-fold cross-validation, "
        "profile best: accuracy / macro-F1 / top-3",
        "责任部门，2018 年热线工单的真实派单，三折分组交叉验证中的一折，最准档：准确率 / 宏平均 F1 / 前三命中",
        "{cv_best}",
        "`models/train_default.sh`, then `models/default/README.md`, slice `hotline`",
    ),
    ("… profile fast, the same rows", "同样的工单，快速档", "{cv_fast}", "`models/train_default.sh`, as above"),
    (
        "matter, real hotline orders, most of them read because 小事 or 私事 was likely, likewise: "
        "F1 of 大事 / 小事 / 私事",
        "事项类别，真实热线工单（多数因疑似小事或私事而被选读），同上：大事 / 小事 / 私事的 F1",
        "{cv_matter}",
        "`models/train_default.sh`, then `models/default/report.json`, head `matter`, slice `hotline`",
    ),
    (
        "matter, contrast sets learnt from without their set, likewise: accuracy / sets with all members right",
        "事项类别，对比组（学习时不含该组），同上：准确率 / 组内全对的比例",
        "{contrast}",
        "`models/train_default.sh`, then `models/default/report.json`, head `matter`, `groups`",
    ),
    (
        "department on dev orders (harder than the stream), best / balanced / fast: accuracy",
        "责任部门，dev 工单（比日常来件难），最准 / 均衡 / 快速：准确率",
        "{dev_accuracy}",
        "`python benchmarks/profiles.py`",
    ),
    (
        "… the same rows: rules of baisitong2 / fastText / frozen encoder / word and character SVM, the last three "
        "learnt from the same orders, local names included: accuracy",
        "同样的工单：baisitong2 的规则 / fastText / 不微调的编码器 / 词和字的 SVM（后三者学自这些工单）：准确率",
        "{peers}",
        "`python benchmarks/quality.py`",
    ),
    (
        "department of letters against readers (dev), profile best: accuracy",
        "责任部门，留言，与判读者一致（dev），最准档：准确率",
        "{letters}",
        "`python benchmarks/profiles.py`",
    ),
    (
        "matter of real dev messages, profile best: F1 of 大事 / 小事 / 私事",
        "事项类别，dev 真实诉求，最准档：大事 / 小事 / 私事的 F1",
        "{dev_matter}",
        "`python benchmarks/profiles.py`",
    ),
    (
        "milliseconds a message on two cores, best / balanced / fast",
        "两核机器上每条用时（毫秒），最准 / 均衡 / 快速",
        "{milliseconds}",
        "`python benchmarks/profiles.py`",
    ),
    (
        "first-level topic of letters (7 topics), default training, measured on `wenzheng.dev`: macro-F1",
        "留言的一级主题（7 类），默认训练，用 `wenzheng.dev` 检验：宏平均 F1",
        "{topics}",
        "`python benchmarks/topics.py`",
    ),
    (
        "orders routed without a person at target precision 0.90 (dev orders)",
        "目标准确率取 0.90 时，不经人工直接分拨的比例（dev 工单）",
        "{through}",
        "`python benchmarks/review.py`",
    ),
    (
        "… and how many of those had the real department",
        "其中部门与真实派单一致的比例",
        "{precision}",
        "`python benchmarks/review.py`",
    ),
    (
        "right department among candidates that should hold it 95 % of the time (dev orders) / how many on average",
        "候选部门（应有 95% 含正确部门）中含正确部门的比例（dev 工单）/ 平均几个候选",
        "{candidates}",
        "`python benchmarks/review.py`",
    ),
    (
        "orders with a review reason other than low confidence (dev orders)",
        "除「把握不足」外还有其他复核原因的比例（dev 工单）",
        "{other}",
        "`python benchmarks/review.py`",
    ),
    (
        "orders in which deleting the marked words lowers the department's probability more than deleting others",
        "删去标出的词语后，部门概率的下降大于随机删去等长词语的工单比例",
        "{evidence}",
        "`python benchmarks/evidence.py`",
    ),
    (
        "new city with 200 / 1,000 labelled orders, `train --start` from a linear model of other places: accuracy",
        "新城市有 200 / 1000 条标注工单，从别处留言学成的词语模型出发（`train --start`）：准确率",
        "{adapted}",
        "`python benchmarks/few_shot.py`",
    ),
    (
        "… learnt from those orders alone",
        "只用这些工单从头学",
        "{alone}",
        "`python benchmarks/few_shot.py`",
    ),
    (
        "archive, Parquet to Parquet: fast on one core (100 characters) / balanced on two (real lengths): rows/s",
        "历史工单，Parquet 到 Parquet：快速档一核（每条 100 字）/ 均衡档两核（真实长度）：每秒行数",
        "{archive}",
        "`python benchmarks/archive.py`",
    ),
    (
        "size of a fresh virtual environment with the package",
        "只装本程序的全新虚拟环境的大小",
        "{megabytes}",
        "`python benchmarks/speed.py --install`",
    ),
)
_CHINESE = (
    ("`models/train_default.sh`, then `models/default/README.md`, slice `hotline`",
     "`models/train_default.sh`，再看 `models/default/README.md` 中的 `hotline` 一行"),
    ("`models/train_default.sh`, as above", "`models/train_default.sh`，同上"),
    ("`models/train_default.sh`, then `models/default/report.json`, head `matter`, slice `hotline`",
     "`models/train_default.sh`，再看 `models/default/report.json` 中 `matter` 的 `hotline` 部分"),
    ("`models/train_default.sh`, then `models/default/report.json`, head `matter`, `groups`",
     "`models/train_default.sh`，再看 `models/default/report.json` 中 `matter` 的 `groups`"),
)  # fmt: skip


def _json(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / path).read_text(encoding="utf-8"))
    return content


def _triple(part: dict[str, Any]) -> str:
    return f"{part['accuracy']:.3f} / {part['macro_f1']:.3f} / {part['top3']:.3f}"


def _percent(part: dict[str, Any]) -> str:
    low, high = part["interval"]
    return f"{part['share'] * 100:.1f} % [{low * 100:.1f}, {high * 100:.1f}]"


def values() -> dict[str, str]:
    """Every figure as it is shown."""
    heads = _json("models/default/report.json")["heads"]
    profiles = _json("benchmarks/results/profiles.json")["profiles"]
    review, evidence = _json("benchmarks/results/review.json"), _json("benchmarks/results/evidence.json")
    matter = {row["label"]: row["f1"] for row in heads["matter"]["by"]["hotline"]["per_label"]}
    order = [profiles[name] for name in ("best", "balanced", "fast")]
    peers = _json("benchmarks/results/quality.json")["tasks"]["department"]["peers"]
    archive = _json("benchmarks/results/archive.json")["product"]
    few = {own["orders"]: own for own in _json("benchmarks/results/few_shot.json")["sizes"]}
    sets, groups = review["candidates"], heads["matter"]["groups"]
    return {
        "letters": f"{profiles['best']['department_letters']['accuracy']:.3f}",
        "dev_matter": " / ".join(f"{profiles['best']['matter']['f1'][label]:.3f}" for label in _MATTERS),
        "contrast": f"{groups['accuracy']:.3f} / {groups['all_right'] * 100:.1f} %",
        "candidates": f"{_percent(sets['held'])} / {sets['mean_size']:.1f}",
        "adapted": " / ".join(f"{few[size]['adapted']['accuracy']:.3f}" for size in (200, 1000)),
        "alone": " / ".join(f"{few[size]['alone']['accuracy']:.3f}" for size in (200, 1000)),
        "cv_best": _triple(heads["department"]["by"]["hotline"]),
        "cv_fast": _triple(heads["department"]["fast"]["by"]["hotline"]),
        "cv_matter": " / ".join(f"{matter[label]:.3f}" for label in _MATTERS),
        "dev_accuracy": " / ".join(f"{own['department']['accuracy']:.3f}" for own in order),
        "peers": " / ".join(f"{peers[name]['accuracy']:.3f}" for name in _PEERS),
        "milliseconds": " / ".join(f"{own['milliseconds']:.1f}" for own in order),
        "topics": f"{_json('benchmarks/results/topics.json')['linear']['macro_f1']:.3f}",
        "through": _percent(review["targets"]["0.90"]["through"]),
        "precision": _percent(review["targets"]["0.90"]["precision"]),
        "other": f"{review['reasons']['other_than_low_confidence']['share'] * 100:.1f} %",
        "evidence": _percent(evidence["heads"]["department"]),
        "archive": " / ".join(f"{archive[name]['rows_per_second_after_start']:,}" for name in _ARCHIVES),
        "megabytes": f"{_json('benchmarks/results/speed.json')['install']['megabytes']:.0f} MB",
    }


def renew() -> None:
    """Write the tables into both READMEs."""
    filled = [(english, chinese, value.format(**values()), command) for english, chinese, value, command in _ROWS]
    english = [f"| {name} | {value} | {command} |" for name, _, value, command in filled]
    commands = dict(_CHINESE)
    chinese = [f"| {name} | {value} | {commands.get(command, command)} |" for _, name, value, command in filled]
    _write("README.md", ["| figure | value | command |", "|---|---|---|", *english])
    _write("README.zh-CN.md", ["| 指标 | 数值 | 命令 |", "|---|---|---|", *chinese])


def _write(name: str, lines: list[str]) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    body = "\n".join(lines) + "\n"
    path.write_text(_BLOCK.sub(lambda match: match[1] + body + match[2], text), encoding="utf-8")


if __name__ == "__main__":
    renew()
