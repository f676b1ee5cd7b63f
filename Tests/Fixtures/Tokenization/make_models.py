#!/usr/bin/env python3
"""Makes models.json: small SentencePiece models and a rank file, with the tokens that SentencePiece and tiktoken give.

    pip install tokenizers sentencepiece tiktoken
    python make_models.py

Entries: `model` (base64), `pieces` and `scores` and `types` of SentencePiece models, `vectors` (`[text, tokens]`).
"""

import base64
import io
import json
import os

import sentencepiece
import tiktoken
from make_fixtures import CORPUS, texts
from make_pipelines import KIMI, byte_level, split

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = texts(11, 40)


def sentencepiece_model(kind, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.split("\n")), model_writer=model, model_type=kind, hard_vocab_limit=False,
        normalization_rule_name="identity", minloglevel=2, **options)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(processor.get_piece_size())
    kinds = [(processor.is_unknown, 2), (processor.is_control, 3), (processor.is_unused, 5), (processor.is_byte, 6)]
    return {
        "model": base64.b64encode(model.getvalue()).decode(),
        "pieces": [processor.id_to_piece(id) for id in ids],
        "scores": [processor.get_score(id) for id in ids],
        "types": [next((number for is_kind, number in kinds if is_kind(id)), 1) for id in ids],
        "vectors": [[text, processor.encode(text)] for text in SAMPLES],
    }


def rank_file():
    file = json.loads(byte_level(split(KIMI)).to_str())
    alphabet = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in alphabet}
    letters |= {chr(256 + i): byte for i, byte in enumerate(b for b in range(256) if b not in alphabet)}
    pieces = sorted(file["model"]["vocab"], key=file["model"]["vocab"].get)
    ranks = {bytes(letters[letter] for letter in piece): rank for rank, piece in enumerate(pieces)}
    encoding = tiktoken.Encoding(
        "small", pat_str=KIMI, mergeable_ranks=ranks, special_tokens={"<|end|>": len(pieces) + 2})
    text = "".join(f"{base64.b64encode(piece).decode()} {rank}\n" for piece, rank in ranks.items())
    return {
        "model": base64.b64encode(text.encode()).decode(),
        "vectors": [[text, encoding.encode(text, allowed_special="all")] for text in SAMPLES],
    }


def main():
    models = {
        "unigram": sentencepiece_model("unigram", vocab_size=300),
        "byte-pairs": sentencepiece_model(
            "bpe", vocab_size=500, byte_fallback=True, remove_extra_whitespaces=False),
        "ranks": rank_file(),
    }
    with open(os.path.join(HERE, "models.json"), "w", encoding="utf-8") as file:
        json.dump(models, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
