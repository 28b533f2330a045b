"""A transformer of two small layers with random weights, as a Hugging Face checkpoint: it stands for a real one."""

from __future__ import annotations

from pathlib import Path

CHARS = "停电表跳闸线路变压器学校老师入补课教材发票税率纳退申报开个完小区物业漏水，。某的了"
WORDS = ("停电", "学校", "发票", "物业")


def write_tiny_encoder(folder: Path) -> Path:
    """Write the checkpoint: Unigram tokenizer, hidden size 32."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [(piece, 0.0) for piece in specials] + [("▁", -3.0)]
    pieces += [(char, -6.0) for char in dict.fromkeys(CHARS)] + [(word, -2.0) for word in WORDS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.add_special_tokens(specials)
    folder.mkdir(parents=True, exist_ok=True)
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
