"""The model folder: write, load, verify. JSON, safetensors and ONNX only; loading runs no code from it.

model.json           name, versions, heads, profiles, checksums of the other files
vocabulary.json      word and character n-grams in column order
weights.safetensors  idf, per head weights (8 bits, a scale per label) and bias, calibration rows per profile
encoder.onnx         the transformer (8 bits), in a model with an encoder
tokenizer.json       its tokenizer
report.json          what training measured
README.md            the model card
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import Calibration, EncoderLayer, Labelled, LinearHead
from petition_nlp.classify.profile import CalibrationRows, JointCalibration, Profile
from petition_nlp.embed.encoder import TransformerEncoder
from petition_nlp.embed.ngrams import NgramEmbedder
from petition_nlp.errors import ModelError, OutputError
from petition_nlp.mapping import Chain, HeadMap, chain_from, map_heads, map_profile
from petition_nlp.migration import Migration
from petition_nlp.profiles import BEST, FAST

FORMAT: Final = 2
_MANIFEST: Final = "model.json"
_VOCABULARY: Final = "vocabulary.json"
_WEIGHTS: Final = "weights.safetensors"
_REPORT: Final = "report.json"
_CARD: Final = "README.md"
_FILES: Final = (_VOCABULARY, _WEIGHTS, _REPORT, _CARD)
_ENCODER: Final = "encoder.onnx"
_TOKENIZER: Final = "tokenizer.json"
_ENCODER_FILES: Final = (_ENCODER, _TOKENIZER)
MODEL_FILES: Final = (_MANIFEST, *_FILES, *_ENCODER_FILES)
"""Names of the files that a model folder may hold."""
_FLAGS: Final = ("correct", "solves", "held")  # of calibration rows
_STEPS: Final = 127  # of an 8-bit weight


@dataclass(frozen=True)
class Model:
    """Everything a router needs, as it lies in a model folder.

    :param profiles: by name; `FAST` alone in a model without an encoder.
    :param taxonomy: version that its probabilities are given in.
    :param chain: what leads there from the version that it was trained for; None if that is the same.
    :param maps: how its heads are read then.
    """

    name: str
    version: str
    taxonomy: str
    embedder: NgramEmbedder
    heads: Mapping[str, LinearHead]
    profiles: Mapping[str, Profile]
    encoder: TransformerEncoder | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    chain: Chain | None = None
    maps: Mapping[str, HeadMap] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Labelled]:
        """What the tables of probabilities have for columns, by head: its labels, or the codes that these became."""
        return {**self.heads, **self.maps}

    @property
    def id(self) -> str:
        """Name and version, as routes carry them."""
        return f"{self.name}@{self.version}"

    def profile(self, name: str | None) -> Profile:
        """A profile by its name; None: the best that the model has.

        :raises ModelError: the model has no such profile.
        """
        if name is None:
            return self.profiles.get(BEST) or self.profiles[FAST]
        if name not in self.profiles:
            todo = f"可用的档位：{'、'.join(self.profiles)}；带编码器训练（--encoder）才有三档"
            raise ModelError(f"模型 {self.id} 没有档位 {name}", todo=todo)
        return self.profiles[name]


def save_model(model: Model, folder: Path, *, overwrite: bool = False) -> None:
    """Write a model folder; it appears under its name only when it is whole.

    :raises OutputError: the folder exists and ``overwrite`` is false, or it cannot be written.
    """
    check_target(folder, overwrite=overwrite)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as work:
            _write(model, Path(work) / "new")
            _put_in_place(Path(work), folder)
    except OSError as error:
        raise OutputError(
            f"无法写入：{error.strerror}", where=str(folder), todo="请检查路径、权限和磁盘空间"
        ) from error


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Refuse a place where a model cannot be written, before any work is done for it.

    :raises OutputError: it exists and ``overwrite`` is false, or holds something else than a model.
    """
    if folder.exists() and not overwrite:
        raise OutputError("输出位置已存在", where=str(folder), todo="请换一个名字，或加 --overwrite")
    if folder.exists() and not _is_replaceable(folder):
        raise OutputError("输出位置不是模型文件夹", where=str(folder), todo="只会覆盖模型文件夹，请换一个名字")


def _is_replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / _MANIFEST).exists() or not any(folder.iterdir()))


def _put_in_place(work: Path, folder: Path) -> None:
    """Move the new folder to its name; an interruption leaves the old one there."""
    if not folder.exists():
        os.replace(work / "new", folder)
        return
    try:
        os.replace(folder, work / "old")
        os.replace(work / "new", folder)
    except BaseException:
        if not folder.exists():
            (work / "old").rename(folder)
        raise


def load_model(
    folder: Path,
    *,
    taxonomy: str,
    migrations: Sequence[Migration] = (),
    profile: str | None = None,
    threads: int | None = None,
) -> Model:
    """Load and verify a model folder.

    :param taxonomy: version of the taxonomy in use.
    :param migrations: to that version, oldest first; a model of a version that none of them begins with is refused.
    :param profile: the only profile that will be used: `FAST` needs no encoder; default: load everything.
    :param threads: that the encoder uses; default: one for each processor.
    :raises ModelError: says which file is missing, damaged or does not fit, and what to do.
    """
    manifest = _manifest(folder)
    chain = chain_from(migrations, str(manifest.get("taxonomy")))
    if manifest.get("taxonomy") != taxonomy and chain is None:
        raise _other_taxonomy(folder, manifest, taxonomy, migrations)
    for name, expected in manifest["checksums"].items():
        if _checksum(folder, name) != expected:
            raise ModelError(f"文件 {name} 的校验和不符", where=str(folder), todo="文件已损坏或被改动，请重新取得模型")
    try:
        encoder = bool(manifest["encoder"]) and profile != FAST
        model = _read(folder, manifest)
        model = model if chain is None else _mapped(model, chain, taxonomy)
        return replace(model, encoder=_encoder(folder, model.heads, threads)) if encoder else model
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"模型内容无效：{error}", where=str(folder), todo="请重新训练或重新取得模型") from error


def model_digest(folder: Path) -> str:
    """What tells a model from every other: a digest of its manifest, which holds the checksums of all other files.

    :raises ModelError: the folder holds no model.
    """
    _manifest(folder)
    return _checksum(folder, _MANIFEST)


def model_name(folder: Path) -> str:
    """Name and version of the model in a folder, as routes carry them.

    :raises ModelError: the folder holds no model.
    """
    manifest = _manifest(folder)
    return f"{manifest.get('name')}@{manifest.get('version')}"


def _other_taxonomy(
    folder: Path, manifest: Mapping[str, Any], taxonomy: str, migrations: Sequence[Migration]
) -> ModelError:
    own = manifest.get("taxonomy")
    known = "、".join(migration.old for migration in migrations)
    begun = f"（分类里的迁移文件只从 {known} 开始）" if known else ""
    return ModelError(
        f"模型按分类版本 {own} 训练，当前分类版本是 {taxonomy}，没有从前者到后者的迁移文件{begun}",
        where=str(folder),
        todo=f"请在分类文件夹里补上 from: {own} 的 migration.yaml，或用当前分类重新训练，或换用同一版本的分类文件",
    )


def _mapped(model: Model, chain: Chain, taxonomy: str) -> Model:
    """A model of an earlier taxonomy, read in the codes of the present one."""
    maps = map_heads(model.heads, chain)
    profiles = {name: map_profile(profile, maps) for name, profile in model.profiles.items()}
    return replace(model, taxonomy=taxonomy, profiles=profiles, chain=chain, maps=maps)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.is_file():
        raise ModelError(
            "不是模型文件夹：缺少 model.json", where=str(folder), todo="请检查路径，或先运行 petition-nlp train"
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = manifest["format"] == FORMAT
        checksums = dict(manifest["checksums"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("model.json 已损坏", where=str(folder), todo="请重新取得模型") from error
    if not known:
        what = f"模型格式 {manifest['format']} 与本程序不符（需要 {FORMAT}）"
        raise ModelError(what, where=str(folder), todo="请用本版本重新训练，或升级程序")
    if set(checksums) - {*_FILES, *_ENCODER_FILES}:
        raise ModelError("model.json 引用了文件夹以外的文件", where=str(folder), todo="请勿使用来历不明的模型")
    if not _needed(manifest) <= checksums.keys():
        raise ModelError("model.json 缺少校验和", where=str(folder), todo="请重新取得模型")
    return manifest


def _needed(manifest: Mapping[str, Any]) -> set[str]:
    return {*_FILES, *(_ENCODER_FILES if manifest.get("encoder") else ())}


def _checksum(folder: Path, name: str) -> str:
    try:
        with (folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"缺少文件 {name}", where=str(folder), todo="模型不完整，请重新取得") from error


def _write(model: Model, folder: Path) -> None:
    from safetensors.numpy import save_file

    folder.mkdir()
    vocabulary = {"words": model.embedder.words, "chars": model.embedder.chars}
    _dump(folder / _VOCABULARY, vocabulary)
    _dump(folder / _REPORT, model.report, indent=1)
    (folder / _CARD).write_text(model.card, encoding="utf-8")
    tensors: dict[str, NDArray[Any]] = {"idf": model.embedder.idf.astype(np.float16)}
    for name, head in model.heads.items():
        tensors[f"heads.{name}.weights"], tensors[f"heads.{name}.scale"] = quantised(head.weights)
        tensors[f"heads.{name}.bias"] = head.bias.astype(np.float32)
        if head.encoder is not None:
            tensors[f"heads.{name}.encoder.weights"] = head.encoder.weights.astype(np.float32)
            tensors[f"heads.{name}.encoder.bias"] = head.encoder.bias.astype(np.float32)
    for profile in model.profiles.values():
        for name, rows in profile.calibration_rows.items():
            stem = f"calibration.{profile.name}.{name}"
            tensors[f"{stem}.confidence"] = rows.confidence.astype(np.float32)
            tensors[f"{stem}.choice"] = rows.choice.astype(np.int16)
            tensors[f"{stem}.truth"] = rows.truth.astype(np.float32)
            for flag in _FLAGS:
                tensors[f"{stem}.{flag}"] = getattr(rows, flag).astype(np.uint8)
    # the library writes the memory as it lies, whatever its order
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder / _WEIGHTS)
    (folder / _WEIGHTS).chmod(0o644)  # the library writes it for its owner alone
    if model.encoder is not None:
        (folder / _ENCODER).write_bytes(model.encoder.content)
        (folder / _TOKENIZER).write_text(model.encoder.tokenizer, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "version": model.version,
        "taxonomy": model.taxonomy,
        "encoder": model.encoder is not None,
        "heads": [_head_entry(head) for head in model.heads.values()],
        "profiles": [_profile_entry(profile) for profile in model.profiles.values()],
    }
    checksums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(_needed(manifest))}
    _dump(folder / _MANIFEST, {**manifest, "checksums": checksums}, indent=1)


def _head_entry(head: LinearHead) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": head.name,
        "labels": head.labels,
        "leave": sorted(head.leave),
        "slopes": [head.calibration.below, head.calibration.above],
    }
    if head.encoder is not None:
        fused = head.encoder.calibration
        entry["fused"] = [fused.below, fused.above, head.encoder.share]
    return entry


def _profile_entry(profile: Profile) -> dict[str, Any]:
    joint = profile.joint
    return {
        "name": profile.name,
        "encode_below": profile.encode_below,
        "joint": [*joint.coefficients, joint.intercept] if joint else None,
    }


def quantised(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(features, k) weights in 8 bits, and the scale of each of the k labels."""
    scale = np.maximum(np.abs(weights).max(axis=0, initial=0.0), np.float32(1e-12)) / np.float32(_STEPS)
    return np.rint(weights / scale).astype(np.int8), scale.astype(np.float32)


def as_stored(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights as they come back from a model folder."""
    steps, scale = quantised(weights)
    return steps * scale


def _dump(path: Path, content: Any, indent: int | None = None) -> None:
    separators = (",", ":") if indent is None else None
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", encoding="utf-8")


def _read(folder: Path, manifest: dict[str, Any]) -> Model:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    vocabulary = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
    try:
        tensors = load_file(folder / _WEIGHTS)
    except SafetensorError as error:
        raise ValueError(f"{_WEIGHTS}：{error}") from error
    embedder = NgramEmbedder(tuple(vocabulary["words"]), tuple(vocabulary["chars"]), tensors["idf"].astype(np.float32))
    heads = {
        raw["name"]: _head(raw, tensors, weights)
        for raw, weights in zip(manifest["heads"], _weights(manifest["heads"], tensors), strict=True)
    }
    for head in heads.values():
        if head.weights.shape != (embedder.dimension, len(head.labels)) or len(embedder.idf) != embedder.dimension:
            raise ValueError(f"{head.name} 的权重大小与词表不符")
    return Model(
        name=manifest["name"],
        version=manifest["version"],
        taxonomy=manifest["taxonomy"],
        embedder=embedder,
        heads=heads,
        profiles={raw["name"]: _profile(raw, heads, tensors) for raw in manifest["profiles"]},
        report=json.loads((folder / _REPORT).read_text(encoding="utf-8")),
        card=(folder / _CARD).read_text(encoding="utf-8"),
    )


def _encoder(folder: Path, heads: Mapping[str, LinearHead], threads: int | None) -> TransformerEncoder:
    encoder = TransformerEncoder(folder / _ENCODER, (folder / _TOKENIZER).read_text(encoding="utf-8"), threads)
    try:
        dimension = encoder.dimension
    except Exception as error:  # the library raises classes of its own that share no base
        raise ValueError(f"{_ENCODER} 无法读取") from error
    for head in heads.values():
        if head.encoder is None or head.encoder.weights.shape != (dimension, len(head.labels)):
            raise ValueError(f"{head.name} 的权重大小与编码器不符")
    return encoder


def _profile(raw: dict[str, Any], heads: Mapping[str, LinearHead], tensors: Mapping[str, NDArray[Any]]) -> Profile:
    stem = f"calibration.{raw['name']}"
    joint = raw["joint"]
    return Profile(
        name=raw["name"],
        encode_below=float(raw["encode_below"]),
        calibration_rows={
            name: CalibrationRows(
                confidence=tensors[f"{stem}.{name}.confidence"],
                choice=tensors[f"{stem}.{name}.choice"].astype(np.int64),
                truth=tensors[f"{stem}.{name}.truth"],
                **{flag: tensors[f"{stem}.{name}.{flag}"].astype(bool) for flag in _FLAGS},
            )
            for name in heads
            if f"{stem}.{name}.confidence" in tensors
        },
        joint=JointCalibration((joint[0], joint[1]), joint[2]) if joint else None,
    )


def _weights(heads: Sequence[Mapping[str, Any]], tensors: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
    """Weights of the heads, as parts of one matrix: a router multiplies by all of them at once."""
    stems = [f"heads.{raw['name']}" for raw in heads]
    steps = [tensors[f"{stem}.weights"] for stem in stems]
    ends = np.cumsum([own.shape[1] for own in steps])
    whole = np.empty((len(steps[0]), ends[-1]), dtype=np.float32)
    parts = np.split(whole, ends[:-1], axis=1)
    for stem, own, part in zip(stems, steps, parts, strict=True):
        np.multiply(own, tensors[f"{stem}.scale"], out=part)
    return parts


def _head(raw: dict[str, Any], tensors: Mapping[str, NDArray[Any]], weights: NDArray[np.float32]) -> LinearHead:
    stem = f"heads.{raw['name']}"
    below, above = raw["slopes"]
    return LinearHead(
        name=raw["name"],
        labels=tuple(raw["labels"]),
        weights=weights,
        bias=tensors[f"{stem}.bias"],
        calibration=Calibration(float(below), float(above)),
        leave=frozenset(raw["leave"]),
        encoder=_encoder_layer(raw["fused"], stem, tensors) if "fused" in raw else None,
    )


def _encoder_layer(fused: list[float], stem: str, tensors: Mapping[str, NDArray[Any]]) -> EncoderLayer:
    below, above, share = fused
    return EncoderLayer(
        weights=tensors[f"{stem}.encoder.weights"],
        bias=tensors[f"{stem}.encoder.bias"],
        share=float(share),
        calibration=Calibration(float(below), float(above)),
    )
