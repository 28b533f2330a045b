"""Looks at a model folder before it is registered: whether it is whole and fits, and what training says of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.artifact import Model, load_model, model_digest
from petition_nlp.errors import ModelError
from petition_nlp.taxonomy import Taxonomy
from service.models.folders import GATE_FILE

_NAME: Final = re.compile(r"[\w.+-]{1,80}")
_MOST_BYTES: Final = 1 << 20
"""Of a card and of a verdict."""
_VERDICTS: Final = {"yes": True, "no": False}
_FIGURES: Final = ("n", "accuracy", "macro_f1", "top3", "ece")


@dataclass(frozen=True)
class Examined:
    """A model that can be registered.

    :param figures: head → figure → number, of the training's report.
    :param gate: the verdict of the retraining that made it.
    """

    digest: str
    name: str
    version: str
    taxonomy: str
    figures: dict[str, dict[str, float]]
    gate: dict[str, Any] | None
    card: str

    @property
    def model(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"


def examine(folder: Path, taxonomy: Path | None, profile: str | None) -> Examined:
    """Load a model as the service would.

    :param taxonomy: folder of the taxonomy in use; :param profile: the one that is asked for.
    :raises ModelError: says what is missing or damaged, or does not fit.
    """
    terms = Taxonomy.load(taxonomy)
    model = load_model(folder, taxonomy=terms.version, migrations=terms.migrations, profile=profile, threads=1)
    model.profile(profile)  # there is one
    _check_names(model, folder)
    digest = model_digest(folder)
    return Examined(
        digest=digest,
        name=model.name,
        version=model.version,
        taxonomy=model.taxonomy,
        figures=_figures(model.report),
        gate=_gate(folder, digest),
        card=model.card.replace("\0", ""),  # PostgreSQL has no texts with U+0000
    )


def examine_apart(folder: Path, taxonomy: str | None, profile: str | None) -> dict[str, Any]:
    """As `examine`, for `service.apart`: as JSON, with what is wrong under ``error``."""
    try:
        return asdict(examine(folder, Path(taxonomy) if taxonomy else None, profile))
    except ModelError as error:
        return {"error": {"what": error.what, "todo": error.todo}}


def _check_names(model: Model, folder: Path) -> None:
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in (model.name, model.version)):
        raise ModelError(
            "模型的名称或版本不能用来登记",
            where=str(folder),
            todo="只用文字、数字和 . + - _，最多 80 个；重新训练时用 --name 和 --model-version 指定",
        )
    if len(model.card.encode()) > _MOST_BYTES:
        raise ModelError("模型说明 README.md 过大", where=str(folder), todo="最大 1 MiB")


def _figures(report: Any) -> dict[str, dict[str, float]]:
    """Head → figure → number; a report of another make has none."""
    heads = report.get("heads") if isinstance(report, Mapping) else None
    if not isinstance(heads, Mapping):
        return {}
    found = {str(head): _numbers(own) for head, own in heads.items() if isinstance(own, Mapping)}
    return {head: own for head, own in found.items() if own}


def _numbers(head: Mapping[str, Any]) -> dict[str, float]:
    own = {name: head.get(name) for name in _FIGURES}
    covered = head.get("coverage_at")
    own["coverage"] = covered.get("0.90") if isinstance(covered, Mapping) else None
    return {
        name: value
        for name, value in own.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _gate(folder: Path, digest: str) -> dict[str, Any] | None:
    """The verdict of the retraining that made the model with this digest, under ``promote`` as a yes or no."""
    path = folder / GATE_FILE
    if not path.is_file():
        return None
    damaged = ModelError(f"{GATE_FILE} 已损坏", where=str(folder), todo="请重新运行 petition-nlp retrain")
    if path.stat().st_size > _MOST_BYTES:
        raise damaged
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(found, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise damaged from None
    if not isinstance(found, dict) or found.get("verdict") not in _VERDICTS:
        raise damaged
    reasons = found.setdefault("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(reason, str) for reason in reasons):
        raise damaged
    digests = found.get("digest")
    if not isinstance(digests, dict) or not isinstance(digests.get("current"), str):
        raise damaged
    if digests.get("candidate") != digest:
        raise ModelError(f"{GATE_FILE} 是另一个模型的", where=str(folder), todo="请用重新训练写出的整个文件夹")
    return {"promote": _VERDICTS[found.pop("verdict")], **found}
