#!/usr/bin/env python3
"""Makes the fixtures of the tokenizer tests: small vocabularies, and what other programs make of some texts.

    pip install tokenizers gguf llama-cpp-python
    python make_fixtures.py

Vocabularies are trained here, on the texts below. Expected words and tokens come from the `tokenizers` library, and for
GGUF from llama.cpp; the script is the only place where either is used. Training breaks ties at random, so make all files
in one run.
"""

import json
import os
import random
import tempfile
import unicodedata

from gguf import GGUFWriter
from llama_cpp import Llama
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import AddedToken

HERE = os.path.dirname(os.path.abspath(__file__))

CORPUS = """
The router scores every expert for each token and keeps the best of them. Tokens are dispatched, experts run, and what
they return is combined. I'll say it again: the router never runs an expert, and an expert doesn't know why it was
chosen. We've 16 experts, 2 of them active; that's 12.5 % of the weights. In 2024 there were 1234567 tokens!
    for (int i = 0; i < 100; ++i) { total += weights[i] * inputs[i]; }  // the sum
Der Verteiler wählt für jedes Wort die besten Experten. Äpfel, Öl, Übung, größer.
Le routeur choisit les meilleurs experts : ça marche très bien, n'est-ce pas ?
Маршрутизатор выбирает экспертов для каждого слова. Слова и числа: 2024, 15.
路由器为每个词选择专家。词和数字。専門家を選ぶ。ひらがなとカタカナ。라우터는 전문가를 선택한다.
किसी शब्द के लिए विशेषज्ञ चुनना। ผู้เชี่ยวชาญถูกเลือก 🙂 🚀🚀 éé
""" * 3

# The expressions as published tokenizer.json files have them.
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN35 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
HEAD, TAIL, FIRST = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"[^\r\n\p{L}\p{N}]?"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def cased(suffix, digits):
    return f"{FIRST}{HEAD}*{TAIL}+{suffix}|{FIRST}{HEAD}+{TAIL}*{suffix}|{digits}{REST}"


GPT4O = cased(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", r"\p{N}{1,3}")
TEKKEN = cased("", r"\p{N}")
DEEPSEEK_V3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LETTERS = (
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbe"
    "ῂ-ῄῆ-ῌῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ"
    "𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)
PUNCTUATION = "!-/:-~！-／：-～‘-‟\u3000-。"
EAST_ASIAN = "一-龥ࠀ-一가-\ud7ff"

CHAINS = {
    "gpt-2": [GPT2],
    "llama-bpe": [LLAMA3],
    "qwen2": [QWEN2],
    "qwen35": [QWEN35],
    "gpt-4o": [GPT4O],
    "tekken": [TEKKEN],
    "starcoder": [r"\p{N}", GPT2],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
    "deepseek-llm": ["[\r\n]", rf"\s?[{LETTERS}]+", rf"\s?[{PUNCTUATION}]+", r"\s+$", f"[{EAST_ASIAN}]+", r"\p{N}+"],
    "deepseek-coder": ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", f"[{EAST_ASIAN}]+", r"\p{N}"],
    "deepseek-v3": [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+", DEEPSEEK_V3],
}

FRAGMENTS = (
    ["'s", "'S", "'ll", "'LL", "'re", "'vE", "'d", "'M", "'\u017f", "'l", "'", " ", "  ", "\n", "\r\n", "\t", "    "]
    + ["hello", "World", "THE", " of", "iPhone", "don't", "HTTPServer", "1", "123", "12345", "3.14", "!!", "...", "/"]
    + ["//\n", "#include", "é", "e\u0301", "中文", "日本語", "한국어", "привет", "ПриВЕТ", "🚀", "👩\u200d👧", "_", "-"]
    + ["+", "<", "=", "$", "^", "~", "|", "`", "\0", "\x7f", "ﬁ", "ǅ", "ª", "ʰ", "\u064e", "क्षि", "ไทย", "½", "Ⅷ", "٣"]
    + ["\u00a0", "\u3000", "\u2028", "\u0085", "\u200b", "\u180e", "\x1c", "。", "「", "—", "€", "\u0f81", "\u1fef"]
)
SPECIAL = ["<|begin|>", "<|end|>", "<|user|>", "<tool>"]

WRITTEN = [
    "", " ", "\n", "\n\n", "Hello, world!", "  two  spaces  ", "I'LL we'Ve it's 'tis", "3 33 333 3333 33333.5",
    "\tif (x) {\r\n\t\treturn 1;\r\n\t}\r\n", "Äpfel größer ÖL", "слово СловоСлово", "路由器为每个词选择专家。",
    "ひらがなとカタカナ 12", "e\u0301 é \u212b", "🚀🚀 👩\u200d👧 🙂", "▁under ▁▁ scores", "<|user|>hi<|end|>\n<tool> x",
    "a<|user|> \n b", "<|begin|><|begin|>", "\0\x7f\u200d\ufeff", "trailing   ", "   \n  \n leading", "<0x0A> <unk>",
]


def texts(seed, count):
    random.seed(seed)
    everything = [
        chr(c) for c in range(0x20000) if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")
    ]
    made = []
    for _ in range(count):
        parts = [
            random.choice(everything) if random.random() < 0.2 else random.choice(FRAGMENTS)
            for _ in range(random.randrange(1, 9))
        ]
        made.append("".join(parts))
    return made


def save(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def split_vectors():
    """Words of each pre-tokeniser, as lengths in UTF-8 bytes."""
    result = {}
    for number, (name, expressions) in enumerate(CHAINS.items()):
        chain = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(e), "isolated") for e in expressions])
        vectors = []
        for text in WRITTEN[1:] + texts(number, 90):
            words = [word for word, _ in chain.pre_tokenize_str(text)]
            assert "".join(words) == text
            vectors.append([text, [len(word.encode()) for word in words]])
        result[name] = vectors
    save("split-vectors.json", result)


def normalization_vectors():
    """Texts of scalars that normalisation form C may change, and the form. From the standard library."""
    random.seed(7)
    marks = [chr(c) for c in range(0x20000) if unicodedata.combining(chr(c))]
    composed = [
        chr(c) for c in range(0x30000)
        if unicodedata.decomposition(chr(c)) and not unicodedata.decomposition(chr(c)).startswith("<")]
    jamo = [chr(c) for c in range(0x1100, 0x1200)] + [chr(random.randrange(0xAC00, 0xD7A4)) for _ in range(200)]
    vectors = [["\u1113\u116e", ""], ["\u0f81\u0f81", ""], ["\ud788\u11a7", ""], ["a\u0345\u0323\u0302", ""]]
    for _ in range(250):
        text = "".join(random.choice(random.choice([marks, composed, jamo, "aeiouAEIOU"])) for _ in range(6))
        vectors.append([text, ""])
    save("normalization-vectors.json", [[text, unicodedata.normalize("NFC", text)] for text, _ in vectors])


def byte_level_tokenizer(expressions, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    steps = [pre_tokenizers.Split(Regex(e), "isolated") for e in expressions]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        steps + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS.splitlines(keepends=True),
        trainers.BpeTrainer(
            vocab_size=700, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    return tokenizer


def tokens_of(tokenizer, samples):
    """[text, tokens with special tokens parsed and added, text of the tokens]."""
    vectors = []
    for text in samples:
        ids = tokenizer.encode(text).ids
        vectors.append([text, ids, tokenizer.decode(ids, skip_special_tokens=False)])
    return vectors


def hugging_face(name, tokenizer, samples):
    file = json.loads(tokenizer.to_str())
    save(name + ".tokenizer.json", file)
    save(name + ".vectors.json", tokens_of(Tokenizer.from_str(json.dumps(file)), samples))
    return file


def qwen_like():
    tokenizer = byte_level_tokenizer([QWEN2], normalizers.NFC())
    tokenizer.add_special_tokens(SPECIAL[:3])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("Ω!", normalized=True)])
    return hugging_face("qwen-like", tokenizer, WRITTEN + ["\u2126! \u03a9!"] + texts(100, 60))


def llama3_like():
    tokenizer = byte_level_tokenizer([LLAMA3])
    tokenizer.add_special_tokens(SPECIAL)
    begin = tokenizer.token_to_id("<|begin|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", begin)])])
    file = json.loads(tokenizer.to_str())
    file["model"]["ignore_merges"] = True
    return hugging_face("llama3-like", Tokenizer.from_str(json.dumps(file)), WRITTEN + texts(101, 40))


def sentencepiece_file():
    """A tokenizer.json as those converted from SentencePiece, with strips on its added tokens."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    trained.train_from_iterator(
        CORPUS.splitlines(), trainers.BpeTrainer(vocab_size=420, limit_alphabet=130, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    # Runs of spaces, as SentencePiece trains them.
    runs = ["▁▁", "▁▁▁▁"]
    pieces = [piece for piece in sorted(model["vocab"], key=model["vocab"].get)]
    merges = [["▁", "▁"], ["▁▁", "▁▁"]] + model["merges"]
    merged = [piece for piece in pieces if len(piece) > 1]
    characters = [piece for piece in pieces if len(piece) == 1]
    vocabulary = {piece: index for index, piece in enumerate(names + runs + merged + characters)}
    decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=[tuple(m) for m in merges], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([
        AddedToken("<unk>", normalized=False), AddedToken("<s>", normalized=False),
        AddedToken("</s>", normalized=False), AddedToken("<|user|>", normalized=False, rstrip=True),
        AddedToken("<|end|>", normalized=False, lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer, len(runs) + len(merged)


def sentencepiece():
    samples = WRITTEN + ["x \t<|end|>  <|user|> \n y"] + texts(102, 60)
    tokenizer, merged = sentencepiece_file()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    file = hugging_face("mixtral-like", tokenizer, samples)
    schemes = {}
    for scheme in ["first", "always", "never"]:
        for split in [False, True]:
            changed = json.loads(json.dumps(file))
            changed["normalizer"] = None
            changed["pre_tokenizer"] = {
                "type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
            tokenizer = Tokenizer.from_str(json.dumps(changed))
            schemes[f"{scheme} {str(split).lower()}"] = [
                [text, tokenizer.encode(text).ids] for text in samples[:40]]
    save("metaspace.vectors.json", schemes)
    return file, merged


def gguf_vectors(model, description, writer_settings, samples):
    """Tokens of llama.cpp: [text, tokens without special ones, tokens with special ones parsed and added]."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocabulary.gguf")
        writer = GGUFWriter(path, "llama")
        writer.add_tokenizer_model(model)
        writer.add_token_list(description["tokens"])
        writer.add_token_types(description["types"])
        writer_settings(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        llama = Llama(path, vocab_only=True, verbose=False)
        return [
            [text, llama.tokenize(text.encode(), add_bos=False, special=False),
             llama.tokenize(text.encode(), add_bos=True, special=True)] for text in samples]


def byte_level_gguf(file):
    vocabulary = file["model"]["vocab"]
    added = {token["id"]: token for token in file["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get) + [added[i]["content"] for i in sorted(added) if i >= len(vocabulary)]
    types = [1 if i not in added else 3 if added[i]["special"] else 4 for i in range(len(tokens))]
    types[tokens.index("<tool>")] = 4
    description = {
        "tokens": tokens, "types": types, "merges": [" ".join(m) for m in file["model"]["merges"]], "vectors": {}}
    for name in ["gpt-2", "llama-bpe", "qwen2", "starcoder", "falcon", "deepseek-llm", "default"]:
        def settings(writer, name=name):
            writer.add_tokenizer_pre(name)
            writer.add_token_merges(description["merges"])
            writer.add_bos_token_id(tokens.index("<|begin|>"))
            writer.add_eos_token_id(tokens.index("<|end|>"))
        # llama.cpp lets ſ be no s, and takes Unicode whitespace for one character; neither is in the expressions.
        samples = [t for t in WRITTEN + texts(103, 25) if "\u017f" not in t]
        description["vectors"][name] = gguf_vectors("gpt2", description, settings, samples)
    save("byte-level.gguf.json", description)


def sentencepiece_gguf(file, merged):
    vocabulary = file["model"]["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.get)
    types = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - 259)
    # SentencePiece scores: minus the number of the merge; characters come after.
    scores = [0.0] * 259 + [-float(i) for i in range(len(tokens) - 259)]
    tokens += ["<|user|>", "<tool>"]
    types += [3, 4]
    scores += [-1000.0, -1000.0]
    # Equal scores: the leftmost goes first.
    scores[259 + merged // 2] = scores[259 + merged // 2 + 1]
    description = {"tokens": tokens, "types": types, "scores": scores, "vectors": {}}
    for prefix in [True, False]:
        def settings(writer, prefix=prefix):
            writer.add_token_scores(scores)
            writer.add_bos_token_id(1)
            writer.add_eos_token_id(2)
            writer.add_unk_token_id(0)
            writer.add_add_space_prefix(prefix)
        description["vectors"]["prefix" if prefix else "none"] = gguf_vectors(
            "llama", description, settings, WRITTEN + texts(104, 50))
    save("sentencepiece.gguf.json", description)


def main():
    split_vectors()
    normalization_vectors()
    byte_level_gguf(qwen_like())
    llama3_like()
    sentencepiece_gguf(*sentencepiece())


if __name__ == "__main__":
    main()
