"""Two small models to evaluate, learnt from invented messages."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from petition_nlp.training.train import TrainOptions, train

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples" / "orders.csv"

Rows = list[dict[str, str]]

_POWER = "停电 电表 跳闸 线路 变压器 电费 电压 抢修 供电 电缆 配电箱 断电 用电 电工 电网 漏电"
_SCHOOL = "学校 老师 入学 补课 教材 学位 幼儿园 作业 班级 招生 校园 学生 家长 校服 食堂 学区"
_TAX = "发票 税率 纳税 退税 申报 个税 开票 税务 完税 税款 税票 减免 抵扣 税种 征税 报税"
_WORDS = {"供电企业": _POWER, "教育部门": _SCHOOL, "税务部门": _TAX}


@dataclass(frozen=True)
class Trained:
    """A model folder, its training report and a file that it was not trained on."""

    folder: Path
    report: dict[str, Any]
    unseen: Path
    rows: Rows


def write_csv(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def train_on_samples(folder: Path) -> Trained:
    """Learnt from 220 sample orders; weak on departments, as each has a handful of rows."""
    with SAMPLES.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    options = TrainOptions(
        data=[write_csv(folder / "train.csv", rows[:220])],
        out=folder / "model",
        targets={"matter": "事项类别", "department": "责任部门", "request_type": "诉求类型"},
        by="受理渠道",
        leave={"department": ["无责任单位（自行解决、市场服务）"]},
        folds=3,
        card_notes="Invented orders of no city.",
        quiet=True,
    )
    return Trained(options.out, train(options), write_csv(folder / "unseen.csv", rows[220:]), rows[220:])


def word_rows(seed: int = 1) -> Rows:
    """Heaps of words that tell three departments apart, and the matter mostly."""
    draw = random.Random(seed)
    rows = [
        {
            "诉求内容": "，".join(draw.sample(words.split(), 7)),
            "责任部门": name,
            "事项类别": "小事" if (name == "教育部门") != (draw.random() < 0.15) else "大事",
        }
        for name, words in _WORDS.items()
        for _ in range(200)
    ]
    draw.shuffle(rows)
    return rows


def train_on_words(folder: Path) -> Trained:
    """Learnt from heaps of words, so that it has a threshold."""
    rows = word_rows()
    options = TrainOptions(
        data=[write_csv(folder / "train.csv", rows[:520])],
        out=folder / "model",
        targets={"department": "责任部门", "matter": "事项类别"},
        folds=3,
        quiet=True,
    )
    return Trained(options.out, train(options), write_csv(folder / "unseen.csv", rows[520:]), rows[520:])
