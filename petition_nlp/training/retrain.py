"""A new model from the past and from what people decided since, and whether it may take the place of the one in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from petition_nlp.artifact import Model, check_target
from petition_nlp.errors import InputError
from petition_nlp.profiles import BEST, FAST
from petition_nlp.router import Router
from petition_nlp.strengths import STRENGTH_NAMES, WEIGHTS, Strength
from petition_nlp.training.answers import COMPARED, Sample
from petition_nlp.training.corpus import Corpus, counts
from petition_nlp.training.gate import GateOptions, compare
from petition_nlp.training.labels import Material, Reading, aged, held_out, together, without_copies
from petition_nlp.training.train import TrainOptions, load_start, train_on
from petition_nlp.training.uses import Ledger, Use, digest_of, write_json
from petition_nlp.training.verdict import GATE_FILE, Verdict

_MIN_FROZEN: Final = 50


@dataclass(frozen=True)
class RetrainOptions:
    """What to learn from, and what to compare with.

    :param current: folder of the model in use. :param out: folder of the candidate.
    :param history: orders of the past; :param labels: what people decided since (``GET /v1/labels``).
    :param frozen: labelled file that no model learns from; its uses are counted beside it.
    :param blind: labelled file of the blind reviews of the last months.
    :param calib: files that calibrate the candidate and solve its thresholds; without them the latest orders of
        the past do, or the folds.
    :param targets: head → column; default: every head of the current model, by its name or a usual one.
    :param date_column: day of a row, by which recent ones weigh more; default: by its usual names.
    :param half_life: days in which the weight of a row falls by half; None: every age weighs the same.
    :param weights: of labels, by strength; those that are missing weigh as by default.
    :param start: folder of a model to adapt. A current model with an encoder is adapted where neither this nor an
        encoder is given.
    :param target_precision, policy, taxonomy, districts, profile: what both models route under, see `Router.load`; a
        city gives what its service routes under. The taxonomy is also the one that the candidate learns.
    :param name, version: of the candidate; default: the current model's name and today.
    """

    current: Path
    out: Path
    frozen: Path
    history: Sequence[Path] = ()
    labels: Sequence[Path] = ()
    blind: Path | None = None
    calib: Sequence[Path] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    text_column: str | None = None
    title_column: str | None = None
    date_column: str | None = None
    weight_column: str | None = None
    half_life: float | None = 180.0
    weights: Mapping[Strength, float] = field(default_factory=dict)
    balance: Mapping[str, float] = field(default_factory=dict)
    keep_leaks: bool = False
    min_rows: int = 5
    start: Path | None = None
    encoder: str | None = None
    encoder_epochs: int = 4
    encoder_folds: int | None = None
    work: Path | None = None
    noise: bool = True
    folds: int = 3
    seed: int = 0
    gate: GateOptions = field(default_factory=GateOptions)
    target_precision: float | None = None
    policy: Path | None = None
    taxonomy: Path | None = None
    districts: Path | None = None
    profile: str | None = None
    name: str = ""
    version: str = ""
    card_notes: str = ""
    overwrite: bool = False
    quiet: bool = False


def retrain(options: RetrainOptions) -> Verdict:
    """Train a candidate, compare it with the current model, and write both the candidate and its ``gate.json``.

    The frozen set's ledger gets an entry. The same options, data and models give the same verdict.

    :raises PetitionError: a file or model cannot be used, or something cannot be written.
    """
    check_target(options.out, overwrite=options.overwrite)
    return _Retraining(options).verdict()


class _Retraining:
    def __init__(self, options: RetrainOptions) -> None:
        if options.out.resolve() == options.current.resolve():
            raise InputError("候选模型不能写到现用模型的文件夹", where=str(options.out), todo="请换一个 --out")
        self.ledger = Ledger.beside(options.frozen)
        self.current = _router(options, options.current)
        model = self.current.loaded
        start = options.start
        if start is None and options.encoder is None and BEST in model.profiles:
            start = options.current
            _check_adaptable(model)
        name = options.name or model.name
        version = options.version or date.today().strftime("%Y.%m.%d")
        if f"{name}@{version}" == model.id:
            raise InputError(f"候选模型与现用模型同名（{model.id}）", todo="请用 --model-version 给一个新的版本")
        weights = {**WEIGHTS, **options.weights}
        self.options = replace(options, start=start, name=name, version=version, weights=weights)
        self.start = self._load_start()
        self._check_profile()
        self.reading = Reading(
            heads=list(options.targets) or list(model.heads),
            taxonomy=self.current.taxonomy,
            targets=options.targets,
            text=options.text_column,
            title=options.title_column,
            date=options.date_column,
            weight=options.weight_column,
            weights=self.options.weights,
            keep_leaks=options.keep_leaks,
        )

    def verdict(self) -> Verdict:
        options, current = self.options, self.current
        measured = self._measured()
        training = self._train(list(measured.values()))
        candidate = _router(options, options.out)
        samples = [Sample.of(name, corpus, current, candidate) for name, corpus in measured.items()]
        digests = {
            "candidate": digest_of(options.out / "model.json"),
            "current": digest_of(options.current / "model.json"),
            "frozen": self.ledger.digest,
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        use = Use(now, candidate.model, digests["candidate"], digests["current"], promoted=False)
        uses = self.ledger.number(use)
        verdict = Verdict(
            current=current.model,
            candidate=candidate.model,
            folder=options.out,
            comparison=compare(current, candidate, samples, options.gate, uses=uses),
            uses=uses,
            planned_uses=options.gate.planned_uses,
            digests=digests,
            rules={
                "policy": candidate.rules,
                "target_precision": candidate.policy.target_precision,
                "taxonomy": candidate.taxonomy.version,
                "districts": candidate.districts and candidate.districts.version,
                "profile": options.profile,
            },
            training=training,
            samples={sample.name: len(sample) for sample in samples},
        )
        self.ledger.add(replace(use, promoted=verdict.promote))
        write_json(options.out / GATE_FILE, verdict.to_dict())
        return verdict

    def _load_start(self) -> Model | None:
        """The model to adapt, if one is."""
        start, current = self.options.start, self.current
        if start is None:
            return None
        same = start == self.options.current and current.mapped_from is None
        return current.loaded if same else load_start(start, current.taxonomy)

    def _check_profile(self) -> None:
        """Refuse what would end after the training with a candidate that cannot be compared."""
        profile = self.options.profile
        encodes = self.options.encoder is not None or (self.start is not None and BEST in self.start.profiles)
        if profile not in (None, FAST) and not encodes:
            what = f"候选模型不会有编码器，也就没有档位 {profile}"
            raise InputError(what, todo="请用 --encoder 或 --start，或改用 --profile fast")

    def _measured(self) -> dict[str, Corpus]:
        """The samples that the models are compared on."""
        frozen = self.reading.measured(self.options.frozen)
        rows = max((counts(frozen.labels.get(head, ())).total() for head in COMPARED), default=0)
        if rows < _MIN_FROZEN:
            what = f"固定测试集只有 {rows} 行有责任部门或事项类别，至少要 {_MIN_FROZEN} 行"
            raise InputError(what, where=str(self.options.frozen), todo="请检查列名，或另备一份测试集")
        if self.options.blind is None:
            return {"frozen": frozen}
        return {"frozen": frozen, "blind": self.reading.measured(self.options.blind)}

    def _train(self, measured: Sequence[Corpus]) -> Mapping[str, Any]:
        """Train the candidate.

        :return: what it was learnt from.
        """
        options = self.options
        apart = [text for corpus in measured for text in corpus.texts]
        material, barred = without_copies(self._material(), apart)
        broken = [*material.corpus.broken, *(row for corpus in measured for row in corpus.broken)]
        calib: Material | None = None
        if options.calib:
            calib, _ = without_copies(self.reading.history(options.calib), apart)
            broken += calib.corpus.broken
        else:
            material, calib = held_out(material)
        material, copies = without_copies(material, calib.corpus.texts if calib else ())
        if not len(material):
            raise InputError("除了与测试集相同或相近的，没有可学的行", todo="请给出更多历史工单或人工结论")
        facts = {
            "from": self.current.model,
            "start": self.start and self.start.id,
            "rows": len(material),
            "by_strength": material.by_strength(),
            "dropped_copies": {"measured": barred, "calibration": copies},
            "broken": len(broken),
            "calibration_rows": len(calib) if calib else None,
            "calibrated_on": "files" if options.calib else "latest" if calib else "folds",
            "learnt_until": material.learnt_until and material.learnt_until.isoformat(),
            "half_life": options.half_life,
            "weights": {strength.value: options.weights[strength] for strength in Strength},
            "seed": options.seed,
        }
        learnt = aged(material, half_life=options.half_life).corpus
        targets = {head: head for head in self.reading.heads if head in learnt.labels}
        self._check_heads(targets)
        train_on(
            self._train_options(learnt, targets, facts),
            learnt,
            _labelled(calib, targets),
            {"retrain": facts},
            calibrates=material.calibrates,
        )
        return facts

    def _material(self) -> Material:
        """What may be learnt from. A model that is adapted has learnt the past already, up to the day that it tells."""
        options = self.options
        if not (options.history or options.labels):
            raise InputError("没有可学的数据", todo="请用 --history 给出历史工单，或用 --labels 给出人工结论")
        history = self.reading.history(options.history) if options.history else None
        labels = self.reading.labels(options.labels) if options.labels else None
        material = together(history, labels, heads=self.reading.heads)
        known = self.start.report.get("retrain", {}).get("learnt_until") if self.start else None
        return material if known is None else material.after(date.fromisoformat(known))

    def _check_heads(self, targets: Mapping[str, str]) -> None:
        """A head that nothing teaches would be gone; adapting keeps it."""
        options = self.options
        lost = [name for name in self.reading.heads if name not in targets]
        if lost and (options.start is None or options.targets):
            raise InputError(
                f"目标 {'、'.join(lost)} 没有可学的行",
                where="、".join(map(str, (*options.history, *options.labels))),
                todo="请补上这些列，或用 --start 从现用模型适应，或用 --target 指明只要哪些目标",
            )

    def _train_options(self, learnt: Corpus, targets: Mapping[str, str], facts: Mapping[str, Any]) -> TrainOptions:
        options = self.options
        return TrainOptions(
            data=[*options.history, *options.labels],
            out=options.out,
            targets=targets,
            leave={} if options.start else self._leave(learnt, targets),
            balance=options.balance,
            keep_leaks=options.keep_leaks,
            min_rows=options.min_rows,
            start=options.start,
            encoder=options.encoder,
            encoder_epochs=options.encoder_epochs,
            encoder_folds=options.encoder_folds,
            work=options.work,
            noise=options.noise,
            folds=options.folds,
            seed=options.seed,
            taxonomy=options.taxonomy,
            policy=options.policy,
            name=options.name,
            version=options.version,
            card_notes=f"{_notes(facts)}\n\n{options.card_notes}".strip(),
            overwrite=options.overwrite,
            quiet=options.quiet,
        )

    def _leave(self, learnt: Corpus, targets: Mapping[str, str]) -> dict[str, list[str]]:
        """Labels that the current model leaves to people, as far as they still occur."""
        heads = self.current.heads
        return {
            name: sorted(heads[name].leave & set(learnt.labels[name]))
            for name in targets
            if name in heads and heads[name].leave
        }


def _router(options: RetrainOptions, folder: Path) -> Router:
    """A model under the rules that both are judged by."""
    return Router.load(
        folder,
        target_precision=options.target_precision,
        policy=options.policy,
        taxonomy=options.taxonomy,
        districts=options.districts,
        profile=options.profile,
    )


def _check_adaptable(current: Model) -> None:
    if current.chain is not None:
        what = f"现用模型 {current.id} 按分类版本 {current.chain.old} 训练，不能适应到 {current.taxonomy}"
        raise InputError(what, todo="请用 --encoder 从头微调编码器，并用 --history 给出全部历史工单")


def _labelled(calib: Material | None, targets: Mapping[str, str]) -> Corpus | None:
    """The calibration rows with a column for every target."""
    if calib is None:
        return None
    nothing = (None,) * len(calib)
    return replace(calib.corpus, labels={head: calib.corpus.labels.get(head, nothing) for head in targets})


def _notes(facts: Mapping[str, Any]) -> str:
    """A paragraph of the model card."""
    told = {"history": "历史工单", **{strength.value: name for strength, name in STRENGTH_NAMES.items()}}
    rows = "、".join(f"{told[name]} {count:,} 行" for name, count in facts["by_strength"].items())
    age = "不分新旧" if facts["half_life"] is None else f"每早 {facts['half_life']:g} 天权重减半"
    return f"在 {facts['from']} 之后再训练：{rows}；{age}。与测试集相近的行已去掉。"
