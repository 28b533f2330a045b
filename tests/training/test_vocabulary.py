"""A tokenizer cut down to what messages use."""

from __future__ import annotations

import json

import pytest
from tiny_encoder import CHARS, write_tiny_encoder
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from petition_nlp.training.vocabulary import pruned_tokenizer


@pytest.fixture(scope="module")
def unigram(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_tiny_encoder(tmp_path_factory.mktemp("tiny"))
    return (folder / "tokenizer.json").read_text(encoding="utf-8")


def test_words_of_too_few_messages_are_read_in_characters(unigram: str) -> None:
    pruned, kept = pruned_tokenizer(unigram, ["停电了", "停电", "学校"], min_documents=2)
    tokens = Tokenizer.from_str(pruned)
    assert tokens.encode("停电").tokens == ["<s>", "▁", "停电", "</s>"]
    assert tokens.encode("学校").tokens == ["<s>", "▁", "学", "校", "</s>"]
    assert tokens.get_vocab_size() == len(kept)


def test_kept_pieces_keep_their_old_numbers_in_order(unigram: str) -> None:
    old = Tokenizer.from_str(unigram)
    pruned, kept = pruned_tokenizer(unigram, ["停电"], min_documents=1)
    new = Tokenizer.from_str(pruned)
    for text in ("停电", "学校", "物业漏水"):
        encoded = new.encode(text)
        assert [old.id_to_token(kept[number]) for number in encoded.ids] == encoded.tokens


def test_a_character_that_nobody_used_is_still_known(unigram: str) -> None:
    pruned, _ = pruned_tokenizer(unigram, [], min_documents=5)
    tokens = Tokenizer.from_str(pruned)
    assert all(tokens.token_to_id(char) is not None for char in CHARS)


def test_an_unknown_character_is_the_unknown_piece(unigram: str) -> None:
    pruned, _ = pruned_tokenizer(unigram, [], min_documents=5)
    assert "<unk>" in [Tokenizer.from_str(pruned).id_to_token(n) for n in Tokenizer.from_str(pruned).encode("鬱").ids]


def test_word_pieces_are_cut_too() -> None:
    vocabulary = {"[UNK]": 0, "停": 1, "##电": 2, "停电": 3, "学校": 4, "学": 5, "##校": 6}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    pruned, kept = pruned_tokenizer(tokenizer.to_str(), ["停电"], min_documents=1)
    tokens = Tokenizer.from_str(pruned)
    assert tokens.encode("停电").tokens == ["停电"]
    assert tokens.encode("学校").tokens == ["学", "##校"]
    assert kept == [0, 1, 2, 3, 5, 6]


def test_a_tokenizer_with_merge_rules_is_kept_whole() -> None:
    tokenizer = Tokenizer(models.BPE({"停": 0, "电": 1, "停电": 2}, [("停", "电")]))
    pruned, kept = pruned_tokenizer(tokenizer.to_str(), [], min_documents=5)
    assert kept == [0, 1, 2]
    assert json.loads(pruned)["model"]["vocab"] == {"停": 0, "电": 1, "停电": 2}


def test_no_piece_is_learnt_from_messages(unigram: str) -> None:
    before = {piece for piece, _ in json.loads(unigram)["model"]["vocab"]}
    pruned, _ = pruned_tokenizer(unigram, ["张三住在幸福路"] * 9, min_documents=1)
    assert {piece for piece, _ in json.loads(pruned)["model"]["vocab"]} <= before
