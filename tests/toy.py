"""A model of a few words, built without training: quick, and known through and through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from petition_nlp.artifact import Model, as_stored
from petition_nlp.classify.head import Calibration, LinearHead
from petition_nlp.classify.profile import CalibrationRows, JointCalibration, Profile
from petition_nlp.embed.ngrams import NgramEmbedder
from petition_nlp.profiles import FAST
from petition_nlp.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()

HEADS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "department": {
        "traffic_police": ("红绿灯", "违停", "斑马线"),
        "electricity": ("停电", "电表", "跳闸"),
        "education": ("学校", "补课", "入学"),
        "gas": ("燃气", "管道", "开户"),
        "taxation": ("发票", "税"),
    },
    "matter": {
        "government": ("红绿灯", "停电", "学校", "发票"),
        "community": ("楼道", "门禁", "物业"),
        "private": ("借钱", "邻居", "租房"),
        "unclear": ("你好", "在吗", "测试"),
    },
    "request_type": {"咨询": ("请问", "怎么"), "投诉": ("投诉", "没人管"), "求助": ("救救", "帮忙"), "建议": ("建议",)},
    "co_department": {"-": (), "urban_management": ("烧烤",), "ecology_environment": ("油烟",)},
    "topic7": {"交通": ("红绿灯",), "教育": ("学校",), "其他": ()},
}


def toy_model(
    *names: str,
    joint: JointCalibration | None = None,
    rows: int = 800,
    own: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> Model:
    """A model with some of the `HEADS`, all by default, and heads of one's own."""
    heads = {name: HEADS[name] for name in names or HEADS} | dict(own or {})
    words = sorted({word for head in heads.values() for known in head.values() for word in known})
    chars = sorted({word[:2] for word in words if len(word) > 1})
    embedder = NgramEmbedder(tuple(words), tuple(chars), np.ones(len(words) + len(chars), dtype=np.float32))
    return Model(
        name="toy",
        version="1",
        taxonomy=TAXONOMY.version,
        embedder=embedder,
        heads={name: _head(name, labels, embedder) for name, labels in heads.items()},
        profiles={FAST: Profile(FAST, calibration_rows={name: _calibration_rows(rows) for name in heads}, joint=joint)},
        report={"rows": 0},
        card="# toy\n",
    )


def _head(name: str, labels: Mapping[str, Sequence[str]], embedder: NgramEmbedder) -> LinearHead:
    features = (*embedder.words, *embedder.chars)
    weights = np.array(
        [
            [2.0 if any(word.startswith(feature) for word in known) else -0.5 for known in labels.values()]
            for feature in features
        ],
        dtype=np.float32,
    ).reshape(len(features), len(labels))
    bias = np.linspace(-1.0, -1.25, len(labels)).astype(np.float32)
    return LinearHead(
        name, tuple(labels), as_stored(weights), bias, Calibration(2.0, 1.5), frozenset({"-"} & set(labels))
    )


def _calibration_rows(number: int) -> CalibrationRows:
    """Rows whose precision falls with the confidence, from all right down to all wrong."""
    confidence = np.linspace(1.0, 0.0, number).astype(np.float32)
    correct = (np.arange(number) % 10) < np.linspace(10.5, 0, number)
    choice = np.arange(number) % 2  # each label often enough to be proven
    truth = np.where(correct, confidence, (1 - confidence) / 2).astype(np.float32)
    return CalibrationRows(confidence, correct, choice, truth, np.arange(number) % 4 < 2, np.zeros(number, dtype=bool))
