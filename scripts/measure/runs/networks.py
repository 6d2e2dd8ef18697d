"""Networks for many learning rates at once: every copy has its own weights.

The first axis of a tensor is the copy (1 while all copies are still alike), the second the sample. The layers
compute what those of ``torch.nn`` compute, and start as they start.
"""

import math

import torch
from torch.nn import functional as F

BENDS = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "leaky": F.leaky_relu,
    "silu": F.silu,
    "elu": F.elu,
}


class Layers:
    """The layers of a network, for many copies; ``Layers(seed)`` draws the weights that the first pass asks for.

    With weights, (copies, all), each pass hands them out in the order of the first.
    """

    def __init__(self, seed: int):
        self.generator = torch.Generator().manual_seed(seed)
        self.start, self.shapes, self.left = [], [], None

    def take(self, weights: torch.Tensor) -> None:
        """Begin a pass with these weights."""
        parts = weights.split([math.prod(shape) for shape in self.shapes], dim=1)
        self.left = iter([part.reshape(-1, *s) for part, s in zip(parts, self.shapes, strict=True)])

    def weight(self, *shape: int, bound: float = 0.0, fill: float = 0.0) -> torch.Tensor:
        """(copies, *shape): uniform within ±bound, or filled; a negative bound: normal of that spread."""
        if self.left is not None:
            return next(self.left)
        if bound < 0:
            made = -bound * torch.randn(shape, generator=self.generator)
        else:
            made = fill + bound * (2 * torch.rand(shape, generator=self.generator) - 1)
        self.start.append(made.flatten())
        self.shapes.append(shape)
        return made[None]

    def linear(self, x: torch.Tensor, outputs: int, bound: float | None = None) -> torch.Tensor:
        """x (copies, …, columns) to (copies, …, outputs), started as torch starts it."""
        bound = x.shape[-1] ** -0.5 if bound is None else bound
        w, b = self.weight(x.shape[-1], outputs, bound=bound), self.weight(outputs, bound=bound)
        flat = x.reshape(len(x), -1, x.shape[-1]).expand(len(w), -1, -1)
        return torch.baddbmm(b[:, None], flat, w).reshape(len(w), *x.shape[1:-1], outputs)

    def embed(self, x: torch.Tensor, columns: int, symbols: int) -> torch.Tensor:
        """A vector for each token: x (copies, samples, steps) of whole numbers."""
        w = self.weight(symbols, columns, bound=-1.0)
        one_hot = F.one_hot(x, symbols).to(w.dtype).reshape(len(x), -1, symbols)
        return (one_hot.expand(len(w), -1, -1) @ w).reshape(len(w), *x.shape[1:], columns)

    def norm(self, x: torch.Tensor) -> torch.Tensor:
        """Layer normalisation over the last axis."""
        shape = (-1, *[1] * (x.dim() - 2), x.shape[-1])
        scale, shift = self.weight(x.shape[-1], fill=1.0), self.weight(x.shape[-1])
        return F.layer_norm(x, x.shape[-1:]) * scale.reshape(shape) + shift.reshape(shape)

    def conv(self, x: torch.Tensor, outputs: int, size: tuple[int, int]) -> torch.Tensor:
        """x (copies, samples, channels, height, width), padded so that height and width stay; odd sizes."""
        copies, samples, _, high, wide = x.shape
        patches = F.unfold(x.flatten(0, 1), size, padding=(size[0] // 2, size[1] // 2)).transpose(1, 2)
        out = self.linear(patches.reshape(copies, samples, high * wide, -1), outputs)
        return out.transpose(2, 3).reshape(len(out), samples, outputs, high, wide)

    def recurrent(self, x: torch.Tensor, hidden: int, kind: str) -> torch.Tensor:
        """LSTM or GRU over x (copies, samples, steps, columns): all its states, (…, steps, hidden)."""
        gates, bound = 4 if kind == "lstm" else 3, hidden**-0.5
        inside = self.linear(x, gates * hidden, bound).unbind(2)
        w, b = self.weight(hidden, gates * hidden, bound=bound), self.weight(gates * hidden, bound=bound)
        h = c = x.new_zeros(len(w), x.shape[1], hidden)
        states = []
        for given in inside:
            was, now = torch.baddbmm(b[:, None], h, w).split(hidden, 2), given.split(hidden, 2)
            if kind == "lstm":
                enter, keep, show = (torch.sigmoid(was[k] + now[k]) for k in (0, 1, 3))
                c = keep * c + enter * torch.tanh(was[2] + now[2])
                h = show * torch.tanh(c)
            else:
                reset, keep = (torch.sigmoid(was[k] + now[k]) for k in (0, 1))
                h = (1 - keep) * torch.tanh(now[2] + reset * was[2]) + keep * h
            states.append(h)
        return torch.stack(states, 2)

    def attention(self, x: torch.Tensor, heads: int, causal: bool) -> torch.Tensor:
        """Self-attention over x (copies, samples, steps, columns)."""
        *front, steps, columns = x.shape
        parts = self.linear(x, 3 * columns).reshape(-1, *front[1:], steps, 3, heads, columns // heads)
        q, k, v = parts.permute(3, 0, 1, 4, 2, 5)
        scores = q @ k.transpose(-1, -2) / (columns // heads) ** 0.5
        if causal:
            scores = scores.masked_fill(torch.ones(steps, steps).triu(1).bool(), -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(2, 3).reshape(-1, *front[1:], steps, columns)
        return self.linear(mixed, columns)


def outputs_of(layers: Layers, config, x: torch.Tensor, outputs: int) -> torch.Tensor:
    """The network of the configuration: (copies, samples, outputs), or (copies, samples, steps, outputs)."""
    bend, wide = BENDS[config.act], config.width
    if config.model == "transformer":
        x = layers.embed(x, wide, config.symbols) if config.symbols else layers.linear(x, wide)
        x = x + layers.weight(x.shape[2], wide, bound=-0.02)[:, None]
        for _ in range(config.depth):
            x = x + layers.attention(layers.norm(x), config.heads, causal=True)
            x = x + layers.linear(bend(layers.linear(layers.norm(x), 4 * wide)), wide)
        return layers.linear(layers.norm(x), outputs)
    if config.model in ("lstm", "gru"):
        for _ in range(config.depth):
            x = layers.recurrent(x, wide, config.model)
        return layers.linear(x[:, :, -1], outputs)
    if config.model.startswith("conv"):
        for _ in range(config.depth):
            x = bend(
                layers.conv(
                    x, wide, (config.kernel, config.kernel) if x.shape[-2] > 1 else (1, config.kernel)
                )
            )
        x = x.mean((-1, -2)) if config.pooled else x.flatten(2)
        return layers.linear(x, outputs)
    for layer in range(config.depth):
        h = layers.linear(x, wide)
        h = bend(layers.norm(h) if config.norm else h)
        x = x + h if config.residual and layer else h
    return layers.linear(x, outputs)
