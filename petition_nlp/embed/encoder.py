"""A fine-tuned transformer as an ONNX graph: documents → dense vectors, without torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.embed.runtime import onnx_runtime
from petition_nlp.text.document import Document
from petition_nlp.text.segment import NAME

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float32]

MAX_TOKENS: Final = 128
"""Pieces that are read; median of a hotline order: 34, of a letter: 164."""

_MOST_FOR_ONE: Final = 4
"""Threads that read one document; more hardly help."""
_NAME_WORD: Final = "某"
_OUTPUT: Final = "vector"


def encoder_text(document: Document) -> str:
    """What the encoder reads: the masked text, every name of a place, person or firm as 某."""
    return "".join(_NAME_WORD if token.word == NAME else token.word for token in document.tokens)


@dataclass(frozen=True)
class TransformerEncoder:
    """Vectors of a quantised transformer, served by ONNX Runtime.

    :param graph: the ONNX file or its bytes, which are kept in memory; inputs ``input_ids`` and ``attention_mask``
        (batch, tokens), output ``vector`` (batch, d).
    :param tokenizer: the tokenizer's JSON.
    :param threads: that read documents; None: one for each processor.
    """

    graph: bytes | Path
    tokenizer: str
    threads: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs, which may not see the file; a session belongs to one process."""
        return {**{field.name: getattr(self, field.name) for field in fields(self)}, "graph": self.content}

    @property
    def content(self) -> bytes:
        """The ONNX file's bytes."""
        return self.graph.read_bytes() if isinstance(self.graph, Path) else self.graph

    @property
    def dimension(self) -> int:
        """Number of columns of the matrix."""
        return int(self._session.get_outputs()[0].shape[1])

    def transform(self, documents: Sequence[Document]) -> FloatArray:
        """Embed documents: (len(documents), dimension).

        Each document is a run of its own, several at once on threads: nothing is padded, and the vector of a
        message does not depend on the messages beside it, as it would with a quantised batch.
        """
        if not documents:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encodings = self._tokens.encode_batch([encoder_text(document) for document in documents])
        ids = [np.array([encoding.ids], dtype=np.int64) for encoding in encodings]
        threads = min(self._threads, len(ids))
        if threads == 1:
            return np.concatenate(list(map(self._run, ids)))
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(self._run, ids)))

    @property
    def _threads(self) -> int:
        return self.threads or os.cpu_count() or 1

    def _run(self, ids: NDArray[np.int64]) -> FloatArray:
        (vector,) = self._session.run([_OUTPUT], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return np.asarray(vector, dtype=np.float32)

    @cached_property
    def _session(self) -> Any:
        runtime = onnx_runtime()
        options = runtime.SessionOptions()
        options.inter_op_num_threads = 1
        # A document that comes alone is read in half the time by two threads.
        options.intra_op_num_threads = min(self._threads, _MOST_FOR_ONE)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # it keeps more memory than it saves time
        options.log_severity_level = 3
        graph = str(self.graph) if isinstance(self.graph, Path) else self.graph
        return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokens(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self.tokenizer)
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer
