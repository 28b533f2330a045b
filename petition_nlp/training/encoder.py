"""Fine-tune a transformer with all heads at once, and turn it into the graph that inference runs.

The one module that imports torch and transformers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from petition_nlp.embed.encoder import MAX_TOKENS
from petition_nlp.embed.runtime import onnx_runtime
from petition_nlp.errors import InputError
from petition_nlp.training.vocabulary import pruned_tokenizer

FloatArray = NDArray[np.float32]
Ids = Sequence[Sequence[int]]

_DEVICE: Final = "cuda" if torch.cuda.is_available() else "cpu"

_HEAD_RATE: Final = 1e-3
_LAYER_DECAY: Final = 0.9
_WEIGHT_DECAY: Final = 0.01
_WARM_UP: Final = 0.08
_DROPOUT: Final = 0.1
_CLASS_BALANCE: Final = 0.3
_SMOOTHING: Final = 0.05
_BATCH_TOKENS: Final = 1792
_BATCH_ROWS: Final = 48
_LEAST_SHARE: Final = 0.5  # of a head's weight in the loss
_FULL_SHARE_LABELS: Final = 4
_AUXILIARY_SHARE: Final = 0.3
_INFERENCE_ROWS: Final = 64


@dataclass(frozen=True)
class EncoderOptions:
    """How the transformer is fine-tuned.

    :param source: folder of a Hugging Face checkpoint, or a hub name.
    :param epochs: passes over the training rows.
    :param rate: peak learning rate of the topmost layer; each layer below takes 0.9 of the one above.
    :param work: folder for checkpoints, so that an interrupted training goes on; None keeps none.
    """

    source: str
    epochs: int = 4
    rate: float = 1.5e-4
    seed: int = 0
    work: Path | None = None


@dataclass(frozen=True)
class Target:
    """One head's labels for n rows.

    :param truth: n label indices, -1 where the row has none; :param classes: number of labels.
    :param share: weight of the head in the loss.
    """

    truth: NDArray[np.int64]
    classes: int
    share: float = 1.0


@dataclass(frozen=True)
class FittedEncoder:
    """A fine-tuned transformer.

    :param layers: head → (weights (d, k), bias (k,)) on its vector.
    """

    module: _MultiTask
    tokenizer: str
    layers: Mapping[str, tuple[FloatArray, FloatArray]]

    def logits(self, ids: Ids) -> dict[str, FloatArray]:
        """(n, k) for every head, before quantisation."""
        return _predict(self.module, ids)

    def export(self) -> bytes:
        """The encoder as an ONNX graph with 8-bit weights, one scale per channel."""
        return _quantised_graph(self.module)


def auxiliary(truth: NDArray[np.int64], classes: int) -> Target:
    """Labels that help the encoder and are no head of the model."""
    return Target(truth, classes, _AUXILIARY_SHARE)


def head_target(truth: NDArray[np.int64], classes: int) -> Target:
    """Labels of a head of the model; heads with more labels weigh more, as they have more to learn."""
    return Target(truth, classes, min(1.0, max(_LEAST_SHARE, classes / _FULL_SHARE_LABELS)))


@dataclass
class EncoderTrainer:
    """Fine-tunes one checkpoint on different rows (folds, then all)."""

    options: EncoderOptions
    on_epoch: Callable[[], None] = lambda: None
    tokenizer: str = field(init=False, default="")
    _pieces: list[int] = field(init=False, default_factory=list)

    def prepare(self, texts: Sequence[str], *, min_documents: int) -> None:
        """Cut the tokenizer down to the characters and to the pieces of at least ``min_documents`` texts.

        :raises InputError: the checkpoint cannot be loaded.
        """
        from transformers import AutoTokenizer

        tokenizer = _loaded(AutoTokenizer.from_pretrained, self.options.source).backend_tokenizer
        self.tokenizer, self._pieces = pruned_tokenizer(tokenizer.to_str(), texts, min_documents=min_documents)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Piece numbers of each text, at most `MAX_TOKENS`."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self.tokenizer)
        tokenizer.enable_truncation(MAX_TOKENS)
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    def fit(
        self, passes: Sequence[Ids], targets: Mapping[str, Target], weights: FloatArray, rows: NDArray[np.int64]
    ) -> FittedEncoder:
        """Fine-tune on some rows.

        :param passes: for each epoch the piece numbers of all n texts, as they are or as noise left them.
        :param targets: labels of all n texts by head.
        :param weights: n sample weights; :param rows: the rows to learn from.
        """
        options = self.options
        torch.manual_seed(options.seed)
        module = _MultiTask(options.source, self._pieces, {name: target.classes for name, target in targets.items()})
        module.to(_DEVICE)
        groups = _parameter_groups(module, options.rate)
        optimizer = torch.optim.AdamW(groups, fused=True)
        rates = [group["lr"] for group in groups]
        checkpoint = _Checkpoint.of(options, self.tokenizer, passes, targets, weights, rows)
        start = checkpoint.restore(module, optimizer)
        class_weights = {name: _class_weights(target, rows).to(_DEVICE) for name, target in targets.items()}
        plan = [_batches(rows, ids, np.random.default_rng((options.seed, e))) for e, ids in enumerate(passes)]
        total, step = sum(map(len, plan)), sum(map(len, plan[:start]))
        for epoch in range(start, options.epochs):
            torch.manual_seed(options.seed + 1 + epoch)  # the same whether or not the training was interrupted
            module.train()
            for batch in plan[epoch]:
                scale = _schedule(step, total)
                for group, rate in zip(groups, rates, strict=True):
                    group["lr"] = rate * scale
                loss = _loss(module, [passes[epoch][row] for row in batch], batch, targets, class_weights, weights)
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(module.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                step += 1
            checkpoint.save(module, optimizer, epoch + 1)
            self.on_epoch()
        for _ in range(start):
            self.on_epoch()
        return FittedEncoder(module, self.tokenizer, module.layers())


class _MultiTask(nn.Module):
    """The transformer; mean and maximum over its pieces; one linear layer per head."""

    encoder: Any
    dropout: nn.Dropout

    def __init__(self, source: str, pieces: Sequence[int], classes: Mapping[str, int]) -> None:
        from transformers import AutoModel

        super().__init__()
        options = {"dtype": torch.float32, "attn_implementation": "eager", "attention_probs_dropout_prob": 0.0}
        self.encoder = _loaded(AutoModel.from_pretrained, source, add_pooling_layer=False, **options)
        _keep_pieces(self.encoder, pieces)
        self.dropout = nn.Dropout(_DROPOUT)
        size = 2 * self.encoder.config.hidden_size
        self.heads = nn.ModuleDict({name: nn.Linear(size, count) for name, count in classes.items()})

    def vector(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        inside = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * inside).sum(1) / inside.sum(1)
        highest = (hidden - (1 - inside) * 1e4).amax(1)
        return torch.cat([mean, highest], dim=1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        vector = self.dropout(self.vector(ids, mask))
        return {name: head(vector) for name, head in self.heads.items()}

    def layers(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        return {name: (_array(head.weight).T.copy(), _array(head.bias)) for name, head in self.heads.items()}


def _array(values: Any) -> FloatArray:
    return np.asarray(values.detach().cpu().numpy(), dtype=np.float32)


class _Graph(nn.Module):
    """What inference needs of the network, with names for its inputs."""

    def __init__(self, module: _MultiTask) -> None:
        super().__init__()
        self.module = module

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.module.vector(input_ids, attention_mask)


def _loaded(load: Callable[..., Any], source: str, **options: Any) -> Any:
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return load(source, **options)
    except (OSError, ValueError, KeyError) as error:
        todo = "请给出 Hugging Face 模型文件夹或名称，名称需要网络"
        raise InputError(f"无法加载编码器：{str(error).splitlines()[0][:200]}", where=source, todo=todo) from error


def _keep_pieces(encoder: Any, pieces: Sequence[int]) -> None:
    """Cut the embedding to the kept pieces and freeze it: rare pieces learn nothing of the training data."""
    old = encoder.get_input_embeddings()
    kept = old.weight.detach()[list(pieces)].clone()
    new = nn.Embedding.from_pretrained(kept, freeze=True)  # type: ignore[no-untyped-call]
    encoder.set_input_embeddings(new)
    encoder.config.vocab_size = len(pieces)


def _parameter_groups(module: _MultiTask, rate: float) -> list[dict[str, Any]]:
    depth = int(module.encoder.config.num_hidden_layers)
    groups = []
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        own = _HEAD_RATE if name.startswith("heads.") else rate * _LAYER_DECAY ** _distance(name, depth)
        decay = _WEIGHT_DECAY if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": own, "weight_decay": decay})
    return groups


def _distance(name: str, depth: int) -> int:
    """Layers above a parameter's own; embeddings lie under all of them."""
    _, found, rest = name.partition(".layer.")
    return depth - 1 - int(rest.split(".")[0]) if found else depth


def _class_weights(target: Target, rows: NDArray[np.int64]) -> torch.Tensor:
    known = target.truth[rows]
    sizes = np.maximum(np.bincount(known[known >= 0], minlength=target.classes), 1).astype(np.float64)
    raw = sizes**-_CLASS_BALANCE
    return torch.tensor(raw * sizes.sum() / (raw * sizes).sum(), dtype=torch.float32)


def _batches(rows: NDArray[np.int64], ids: Ids, draw: np.random.Generator) -> list[list[int]]:
    """Rows of like length together, in random order, each batch of about `_BATCH_TOKENS` pieces."""
    lengths = np.array([len(own) for own in ids])
    noise = draw.random(len(rows)) * (8 + 0.1 * lengths[rows])
    batches: list[list[int]] = [[]]
    longest = 0
    for row in rows[np.argsort(lengths[rows] + noise, kind="stable")].tolist():
        longest = max(longest, int(lengths[row]))
        full = longest * (len(batches[-1]) + 1) > _BATCH_TOKENS or len(batches[-1]) >= _BATCH_ROWS
        if batches[-1] and full:
            batches.append([])
            longest = int(lengths[row])
        batches[-1].append(row)
    return [batches[index] for index in draw.permutation(len(batches))]


def _schedule(step: int, total: int) -> float:
    """Linear warm-up, then linear decay to 0."""
    warm = max(1.0, _WARM_UP * total)
    return min((step + 1) / warm, (total - step) / max(1.0, total - warm), 1.0)


def _loss(
    module: _MultiTask,
    ids: Ids,
    batch: Sequence[int],
    targets: Mapping[str, Target],
    class_weights: Mapping[str, torch.Tensor],
    weights: FloatArray,
) -> torch.Tensor:
    with _autocast():
        outputs = module(*_padded(ids))
    sample = torch.from_numpy(weights[np.array(batch)]).to(_DEVICE)
    total = torch.zeros((), device=_DEVICE)
    for name, target in targets.items():
        truth = torch.from_numpy(target.truth[np.array(batch)]).to(_DEVICE)
        known = truth >= 0
        if not known.any():
            continue
        losses = functional.cross_entropy(
            outputs[name][known].float(),
            truth[known],
            weight=class_weights[name],
            label_smoothing=_SMOOTHING,
            reduction="none",
        )
        total = total + target.share * (losses * sample[known]).sum() / len(batch)
    return total


def _padded(ids: Ids) -> tuple[torch.Tensor, torch.Tensor]:
    """Piece numbers filled up with 0 to one length, and the mask that leaves the filling out."""
    longest = max(map(len, ids))
    padded = torch.zeros((len(ids), longest), dtype=torch.long)
    mask = torch.zeros_like(padded)
    for row, own in enumerate(ids):
        padded[row, : len(own)] = torch.tensor(own)
        mask[row, : len(own)] = 1
    return padded.to(_DEVICE), mask.to(_DEVICE)


def _autocast() -> Any:
    """16-bit arithmetic on a GPU and on processors that have it; on others it would be slower."""
    fast = _DEVICE == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
    return torch.autocast(_DEVICE, dtype=torch.bfloat16, enabled=fast)


def _predict(module: _MultiTask, ids: Ids) -> dict[str, FloatArray]:
    order = np.argsort([len(own) for own in ids], kind="stable")
    sizes = {name: int(head.out_features) for name, head in module.heads.items()}  # type: ignore[arg-type]
    tables = {name: np.zeros((len(ids), size), dtype=np.float32) for name, size in sizes.items()}
    module.eval()
    with torch.no_grad(), _autocast():
        for start in range(0, len(order), _INFERENCE_ROWS):
            rows = order[start : start + _INFERENCE_ROWS]
            for name, output in module(*_padded([ids[row] for row in rows])).items():
                tables[name][rows] = _array(output.float())
    return tables


def _quantised_graph(module: _MultiTask) -> bytes:
    """Dynamic 8-bit quantisation per channel (`onnxruntime.quantization`)."""
    import logging
    import tempfile
    import warnings

    onnx_runtime()
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    module.eval().cpu()
    sample = (torch.ones((1, 8), dtype=torch.long), torch.ones((1, 8), dtype=torch.long))
    axes = {0: "batch", 1: "pieces"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger().setLevel(logging.ERROR)  # the quantiser advises on the root logger
        plain, ready, small = (str(Path(folder) / name) for name in ("plain.onnx", "ready.onnx", "small.onnx"))
        torch.onnx.export(
            _Graph(module),
            sample,
            plain,
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vector": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_dynamic(ready, small, weight_type=QuantType.QInt8, per_channel=True)
        return Path(small).read_bytes()


@dataclass(frozen=True)
class _Checkpoint:
    """The state after an epoch, under a name that only the same data and options give."""

    path: Path | None

    @classmethod
    def of(
        cls,
        options: EncoderOptions,
        tokenizer: str,
        passes: Sequence[Ids],
        targets: Mapping[str, Target],
        weights: FloatArray,
        rows: NDArray[np.int64],
    ) -> _Checkpoint:
        if options.work is None:
            return cls(None)
        options.work.mkdir(parents=True, exist_ok=True)
        what = [options.source, options.epochs, options.rate, options.seed, sorted(targets)]
        digest = hashlib.sha256(json.dumps(what).encode())
        digest.update(tokenizer.encode())
        for own in (own for ids in passes for own in ids):
            digest.update(np.array(own, dtype=np.int32).tobytes())
        for name in sorted(targets):
            digest.update(targets[name].truth.tobytes())
        digest.update(weights.tobytes() + rows.tobytes())
        return cls(options.work / f"{digest.hexdigest()[:16]}.pt")

    def restore(self, module: _MultiTask, optimizer: torch.optim.Optimizer) -> int:
        """Load what there is; the number of epochs already done."""
        if self.path is None or not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True, map_location=_DEVICE)
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["epochs"])

    def save(self, module: _MultiTask, optimizer: torch.optim.Optimizer, epochs: int) -> None:
        if self.path is None:
            return
        state = {"module": module.state_dict(), "optimizer": optimizer.state_dict(), "epochs": epochs}
        torch.save(state, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)
