#!/usr/bin/env python3
"""Makes pipelines.json: small `tokenizer.json` files of many pipelines, and what the `tokenizers` library makes of texts.

    pip install tokenizers sentencepiece
    python make_pipelines.py

Every entry is `{"file": text of a tokenizer.json, "vectors": [[text, tokens, decoded], …]}` under a name. T5's table of character
replacements is large, so the one here is a small table of the same form.
"""

import base64
import json
import os
import struct

from make_fixtures import CORPUS, texts
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from tokenizers import normalizers

HERE = os.path.dirname(os.path.abspath(__file__))
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
HEAD, TAIL = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
END, REST = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
FIRST = r"[^\r\n\p{L}\p{N}]?"
KIMI = rf"[\p{{Han}}]+|{FIRST}{HEAD}*{TAIL}+{END}|{FIRST}{HEAD}+{TAIL}*{END}|{REST}"
EXAONE = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?"
    r"|\s*[\r\n]|\s+(?!\S)|\s+"
)
ADDED = [
    AddedToken("<extra_id_0>", special=True, normalized=False),
    AddedToken("<|end|>", special=True, normalized=False, rstrip=True),
    AddedToken("expert", normalized=True, single_word=True),
    AddedToken("é token", normalized=True, lstrip=True),
]


def character_map(replacements):
    """A table of the form of SentencePiece's: a double-array trie, then the replacements."""
    trie, values, blob = {}, {}, b""
    for text, replacement in replacements.items():
        values[text.encode()] = len(blob)
        blob += replacement.encode() + b"\0"
    units = [None] * 4096

    def place(prefix, index):
        labels = sorted({key[len(prefix)] for key in values if key.startswith(prefix) and len(key) > len(prefix)})
        slots = ([0] if prefix in values else []) + labels
        base = next(
            b for b in range(1, 2048)
            if (index ^ b) < 4096 and all(units[index ^ b ^ label] is None and index ^ b ^ label > 0 for label in slots)
        )
        units[index] |= base << 10
        for label in slots:
            units[index ^ base ^ label] = label
        if prefix in values:
            units[index] |= 1 << 8
            units[index ^ base] = values[prefix] | 1 << 31
        for label in labels:
            place(prefix + bytes([label]), index ^ base ^ label)

    units[0] = 0
    place(b"", 0)
    used = max(i for i, unit in enumerate(units) if unit is not None) + 256
    packed = b"".join(struct.pack("<I", unit or 0) for unit in units[:used])
    return struct.pack("<I", len(packed)) + packed + blob


MAP = character_map(
    {"\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "ﬁ": "fi", "Å": "Å", "Ä": "Ä", "ä": "ä", "é": "e\u0301", "①": "1",
     "e\u0301": "é", "…": "...", "\u200b": "", "Ａ": "A", "½": "1/2", "🙂": ":)", "№": "No"}
)
FOLD = normalizers.Precompiled(MAP)


def unigram(normalizer, pre_tokenizer, decoder=decoders.Metaspace(), bytes_too=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    special = ["<pad>", "</s>", "<unk>"] + [f"<0x{byte:02X}>" for byte in range(256 if bytes_too else 0)]
    tokenizer.train_from_iterator(
        CORPUS.split("\n"),
        trainers.UnigramTrainer(
            vocab_size=len(special) + 250, special_tokens=special, unk_token="<unk>", show_progress=False))
    file = json.loads(tokenizer.to_str())
    file["model"]["byte_fallback"] = bytes_too
    file["model"]["vocab"] = [[piece, round(score, 4)] for piece, score in file["model"]["vocab"]]
    file["added_tokens"] = [token for token in file["added_tokens"] if not token["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.decoder = decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def byte_level(*steps, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*steps, BYTES])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS.split("\n"),
        trainers.BpeTrainer(
            vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def characters(normalizer, pre_tokenizer):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizer, decoders.Fuse()
    tokenizer.train_from_iterator(
        CORPUS.split("\n"), trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>"], show_progress=False))
    return tokenizer


def split(expression, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(expression), behavior, invert)


def pipelines():
    space, n = pre_tokenizers.Metaspace, normalizers
    yield "t5", unigram(FOLD, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), space()]))
    yield "t5-first", unigram(
        n.Sequence([n.Strip(left=False, right=True), FOLD, n.Replace(Regex(" {2,}"), "▁")]),
        space(prepend_scheme="first"))
    yield "unigram-bytes", unigram(
        n.Sequence([n.NFKC(), n.Lowercase()]), space(prepend_scheme="never", split=False),
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="never")]), bytes_too=True)
    yield "kimi", byte_level(split(KIMI))
    yield "exaone", byte_level(split(EXAONE), normalizer=n.NFC())
    yield "behaviors", byte_level(
        split(r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))"), split(r"[\p{P}]", "merged_with_previous"),
        pre_tokenizers.Split(" ", "merged_with_next"), split(r"[a-e]", "contiguous"), split(r"\d", "removed"))
    yield "words", characters(
        n.Sequence([n.NFD(), n.StripAccents(), n.Prepend("x ")]), pre_tokenizers.Whitespace())
    yield "punctuation", characters(
        n.Strip(), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("removed")]))


def main():
    result = {}
    for name, tokenizer in pipelines():
        tokenizer.add_tokens([token for token in ADDED if not token.special])
        tokenizer.add_special_tokens([token for token in ADDED if token.special])
        vectors = []
        for text in texts(7, 25) + ["<extra_id_0>an expert's é token", "experts expert", " <|end|>  a", "ﬁ Å ① ½ 🙂…\t№ Ａ"]:
            tokens = tokenizer.encode(text).ids
            vectors.append([text, tokens, tokenizer.decode(tokens, skip_special_tokens=False)])
        result[name] = {"file": json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")), "vectors": vectors}
    with open(os.path.join(HERE, "pipelines.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
