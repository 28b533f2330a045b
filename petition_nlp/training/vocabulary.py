"""A pretrained tokenizer cut down to what residents' messages use."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer


def pruned_tokenizer(tokenizer: str, texts: Sequence[str], *, min_documents: int) -> tuple[str, list[int]]:
    """Keep special tokens, single characters, and pieces that stand in at least ``min_documents`` texts.

    A word that loses its piece is read in characters. Tokenizers with merge rules (BPE) are kept whole: a piece
    taken out of them would break others.

    :param tokenizer: JSON of a Hugging Face tokenizer.
    :return: the new JSON, and the old number of each kept piece in the new order.
    """
    raw: dict[str, Any] = json.loads(tokenizer)
    raw["truncation"] = raw["padding"] = None
    model = raw["model"]
    pieces = _pieces(model)
    if model["type"] not in ("Unigram", "WordPiece"):
        return json.dumps(raw, ensure_ascii=False), list(range(len(pieces)))
    used = _used(tokenizer, texts, min_documents)
    special = {token["content"] for token in raw["added_tokens"]} | {model.get("unk_token")}
    kept = [number for number, piece in enumerate(pieces) if piece in special or _is_short(piece) or piece in used]
    numbers = {pieces[old]: new for new, old in enumerate(kept)}
    if model["type"] == "Unigram":
        model["unk_id"] = numbers[pieces[model["unk_id"]]]
        model["vocab"] = [model["vocab"][old] for old in kept]
    else:
        model["vocab"] = numbers
    raw["added_tokens"] = [{**token, "id": numbers[token["content"]]} for token in raw["added_tokens"]]
    for token in ((raw.get("post_processor") or {}).get("special_tokens") or {}).values():
        token["ids"] = [numbers[name] for name in token["tokens"]]
    return json.dumps(raw, ensure_ascii=False), kept


def _pieces(model: dict[str, Any]) -> list[str]:
    if model["type"] == "Unigram":
        return [piece for piece, _ in model["vocab"]]
    return sorted(model["vocab"], key=model["vocab"].__getitem__)


def _used(tokenizer: str, texts: Sequence[str], min_documents: int) -> set[str]:
    loaded = Tokenizer.from_str(tokenizer)
    loaded.no_truncation()
    counts = Counter[str]()
    for encoding in loaded.encode_batch(list(texts), add_special_tokens=False):
        counts.update(set(encoding.tokens))
    return {piece for piece, count in counts.items() if count >= min_documents}


def _is_short(piece: str) -> bool:
    """A single character, with or without a mark for its place in the word."""
    return len(piece.removeprefix("##").removeprefix("▁")) <= 1
