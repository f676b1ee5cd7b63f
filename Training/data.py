"""Tokenised documents, and a sampler that packs them into rows without padding."""
import json

import torch

WEIGHTS = {"math": 34, "reasoning": 18, "prose": 17, "code": 10, "languages": 8, "chat": 6, "arithmetic": 5,
           "identity": 2}
END, START, STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def render(document):
    """The text of a document as the model sees it, ChatML for conversations."""
    if "text" in document:
        return document["text"]
    return "".join(f"{START}{role}\n{text}{STOP}\n" for role, text in document["messages"])


def load(path, tokenizer):
    """{domain: [(ids, is_chat, bytes)]}"""
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    texts, domains = [render(row) for row in rows], {}
    for row, text, encoded in zip(rows, texts, tokenizer.encode_batch(texts)):
        domains.setdefault(row["domain"], []).append((encoded.ids, "messages" in row, len(text.encode())))
    return domains


class Packer:
    """Draws documents by domain weight (a share of tokens) and fills rows of `length` + 1 tokens."""

    def __init__(self, domains, tokenizer, generator, join=0.3, prose_window=700):
        self.domains, self.g, self.join, self.window = domains, generator, join, prose_window
        self.end, self.newline = tokenizer.token_to_id(END), tokenizer.encode("\n\n").ids[0]
        self.names = list(WEIGHTS)
        mean = {n: min(prose_window, sum(len(d[0]) for d in domains[n]) / len(domains[n])) for n in self.names}
        self.p = torch.tensor([WEIGHTS[n] / mean[n] for n in self.names])
        self.queue, self.rest, self.chat = {n: [] for n in self.names}, [], False
        self.used = dict.fromkeys(self.names, 0)

    def random(self, n):
        return int(torch.randint(n, (), generator=self.g))

    def draw(self):
        name = self.names[int(torch.multinomial(self.p, 1, generator=self.g))]
        if not self.queue[name]:  # a new pass over the domain, in a new order
            self.queue[name] = torch.randperm(len(self.domains[name]), generator=self.g).tolist()
        ids, chat, _ = self.domains[name][self.queue[name].pop()]
        if len(ids) > 20000:  # one long text: a window that starts at a paragraph
            start = self.random(len(ids) - self.window)
            while ids[start - 1] != self.newline and start > 0:
                start -= 1
            ids = ids[start:start + self.window]
        self.used[name] += len(ids)
        return ids, chat

    def document(self):
        """A document with its end mark before it; some conversations continue the one before."""
        ids, chat = self.draw()
        joined = chat and self.chat and float(torch.rand((), generator=self.g)) < self.join
        self.chat = chat
        return ids if joined else [self.end] + ids

    def rows(self, count, length):
        """ids, targets (-100 where a new document starts) and document numbers, each [count, length]."""
        need = count * (length + 1)
        while len(self.rest) < need:
            self.rest += self.document()
        block = torch.tensor(self.rest[:need]).view(count, length + 1)
        self.rest = self.rest[need:]
        ids, targets = block[:, :-1].contiguous(), block[:, 1:].clone()
        # an end mark belongs to the document it closes; nothing is predicted from it
        documents = (ids == self.end).cumsum(1) - (ids == self.end).long()
        targets[ids == self.end] = -100
        return ids, targets, documents
