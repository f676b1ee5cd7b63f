"""A compact Qwen3-MoE in PyTorch; the same arithmetic as transformers' Qwen3MoeForCausalLM."""
import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Shape:
    vocabulary: int = 4096
    layers: int = 6
    hidden: int = 256
    heads: int = 8
    kv_heads: int = 2
    head: int = 32
    experts: int = 16
    active: int = 4
    expert_hidden: int = 256
    rope_theta: float = 10000.0
    epsilon: float = 1e-6
    context: int = 1024


def rope_tables(shape, length):
    frequency = shape.rope_theta ** (-torch.arange(0, shape.head, 2).float() / shape.head)
    angle = torch.outer(torch.arange(length).float(), frequency)
    angle = torch.cat([angle, angle], -1)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """NEOX style: the two halves of a head form the pairs."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class Attention(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        self.q = nn.Parameter(torch.empty(s.heads * s.head, s.hidden))
        self.k = nn.Parameter(torch.empty(s.kv_heads * s.head, s.hidden))
        self.v = nn.Parameter(torch.empty(s.kv_heads * s.head, s.hidden))
        self.o = nn.Parameter(torch.empty(s.hidden, s.heads * s.head))
        self.q_norm = nn.Parameter(torch.ones(s.head))
        self.k_norm = nn.Parameter(torch.ones(s.head))

    def forward(self, x, mask, cos, sin):
        s, (batch, length, _) = self.s, x.shape
        q, k, v = F.linear(x, torch.cat([self.q, self.k, self.v]).to(x.dtype)).split(
            [s.heads * s.head, s.kv_heads * s.head, s.kv_heads * s.head], -1)
        q, k, v = (t.view(batch, length, -1, s.head).transpose(1, 2) for t in (q, k, v))
        q = rotate(F.rms_norm(q.float(), (s.head,), self.q_norm, s.epsilon), cos, sin).to(x.dtype)
        k = rotate(F.rms_norm(k.float(), (s.head,), self.k_norm, s.epsilon), cos, sin).to(x.dtype)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        return F.linear(y.transpose(1, 2).reshape(batch, length, -1), self.o.to(x.dtype))


class Experts(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        self.router = nn.Parameter(torch.empty(s.experts, s.hidden))
        self.gate = nn.Parameter(torch.empty(s.experts, s.expert_hidden, s.hidden))
        self.up = nn.Parameter(torch.empty(s.experts, s.expert_hidden, s.hidden))
        self.down = nn.Parameter(torch.empty(s.experts, s.hidden, s.expert_hidden))
        self.counts = None

    def forward(self, x):
        """Returns the mixed output, the load-balancing loss and the router z-loss."""
        s, rows = self.s, x.reshape(-1, x.shape[-1])
        logits = F.linear(rows.float(), self.router)
        scores = logits.softmax(-1)
        weight, chosen = scores.topk(s.active, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        counts = self.counts = chosen.flatten().bincount(minlength=s.experts)
        balance = s.experts * (counts / chosen.numel() * scores.mean(0)).sum()
        order = chosen.flatten().argsort(stable=True)
        y = self.run(rows[order // s.active], counts.tolist())
        back = torch.empty_like(order).scatter_(0, order, torch.arange(len(order)))
        y = (y[back].view(-1, s.active, s.hidden) * weight[..., None].to(y.dtype)).sum(1)
        return y.view_as(x), balance, logits.logsumexp(-1).square().mean()

    def run(self, rows, counts):
        """One pair of matrix products an expert over its own rows."""
        inner = torch.cat([self.gate, self.up], 1).to(rows.dtype)
        down, out = self.down.to(rows.dtype), []
        for part, w_in, w_out in zip(rows.split(counts), inner.unbind(), down.unbind()):
            gate, up = F.linear(part, w_in).chunk(2, -1)
            out.append(F.linear(F.silu(gate) * up, w_out))
        return torch.cat(out)


class Layer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.attention_norm, self.expert_norm = nn.Parameter(torch.ones(s.hidden)), nn.Parameter(torch.ones(s.hidden))
        self.attention, self.experts, self.s = Attention(s), Experts(s), s

    def norm(self, x, weight, kind):
        return F.rms_norm(x, (self.s.hidden,), weight, self.s.epsilon).to(kind)

    def forward(self, x, mask, cos, sin, kind, dropout):
        y = self.attention(self.norm(x, self.attention_norm, kind), mask, cos, sin)
        x = x + F.dropout(y, dropout, self.training)
        y, balance, z = self.experts(self.norm(x, self.expert_norm, kind))
        return x + F.dropout(y, dropout, self.training), balance, z


class Model(nn.Module):
    """The residual stream is float32; matrix products run in `kind` (bfloat16 for training)."""

    def __init__(self, shape, kind=torch.float32, dropout=0.0):
        super().__init__()
        self.shape, self.kind, self.dropout = shape, kind, dropout
        self.embedding = nn.Parameter(torch.empty(shape.vocabulary, shape.hidden))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.hidden))
        self.initialise()

    def initialise(self):
        for name, p in self.named_parameters():
            if p.dim() >= 2:
                fan_in = p.shape[-1]
                small = name.endswith(("attention.o", "experts.down"))
                std = 0.02 if name == "embedding" else 0.2 / fan_in ** 0.5 if small else 0.7 / fan_in ** 0.5
                nn.init.normal_(p, 0, 0.02 if name.endswith("router") else std)

    def forward(self, ids, documents=None):
        """ids [batch, length]; documents: same shape, tokens see only their own document."""
        length = ids.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).tril()
        if documents is not None:
            mask = (mask & (documents[:, :, None] == documents[:, None, :]))[:, None]
        cos, sin = rope_tables(self.shape, length)
        x, balance, z = F.embedding(ids, self.embedding), 0.0, 0.0
        for layer in self.layers:
            x, b, l = layer(x, mask, cos, sin, self.kind, self.dropout)
            balance, z = balance + b / len(self.layers), z + l / len(self.layers)
        x = F.rms_norm(x, (self.shape.hidden,), self.norm, self.shape.epsilon).to(self.kind)
        return F.linear(x, self.embedding.to(self.kind)), balance, z
