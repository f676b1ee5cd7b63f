"""Muon: momentum, then an approximately orthogonal update (Newton-Schulz) for each matrix."""
import torch


@torch.no_grad()
def orthogonal(g, steps=5):
    """Newton-Schulz with the usual quintic coefficients on a batch of matrices [n, rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.transpose(1, 2)
    out = []
    for m in x.unbind():  # single products are faster than batched ones on CPU
        for _ in range(steps):
            s = m @ m.T
            m = torch.addmm(m, torch.addmm(s, s, s, beta=b, alpha=c), m, beta=a)
        out.append(m)
    x = torch.stack(out)
    return (x if wide else x.transpose(1, 2)).to(g.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, pool, lr=0.02, momentum=0.95, weight_decay=0.0):
        """The matrices are shared out over the threads of `pool`."""
        self.pool = pool
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            list(self.pool.map(lambda p: self.update(p, group), group["params"]))

    @torch.no_grad()
    def update(self, p, group):
        velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
        velocity.lerp_(p.grad, 1 - group["momentum"])
        update = p.grad.lerp(velocity, group["momentum"])
        update = orthogonal(update.view(-1, *p.shape[-2:])).view_as(p)
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(update, alpha=-group["lr"] * max(1.0, p.shape[-2] / p.shape[-1]) ** 0.5)
