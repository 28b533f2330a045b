"""A message made ready for embedding: normalised, masked, cut into words."""

from __future__ import annotations

from dataclasses import dataclass

from petition_nlp.text.aligned import AlignedText
from petition_nlp.text.header import without_header
from petition_nlp.text.mask import mask_aligned
from petition_nlp.text.normalise import normalise_aligned
from petition_nlp.text.segment import Tokens, tokens


@dataclass(frozen=True, slots=True)
class Document:
    """The prepared form of one message.

    :param aligned: normalised and masked text, with the way back to the original.
    :param tokens: its words; names of places, people and firms as one placeholder.
    """

    aligned: AlignedText
    tokens: Tokens

    @property
    def text(self) -> str:
        """The normalised, masked text."""
        return self.aligned.text


def prepare(text: str) -> Document:
    """Normalise one text, leave a pasted header out, mask and segment."""
    aligned = mask_aligned(without_header(normalise_aligned(text)))
    return Document(aligned, tokens(aligned.text))
