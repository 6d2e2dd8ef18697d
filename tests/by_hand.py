"""The runs that the reader of logs is measured on, by hand: torch.nn and torch.optim, one rate at a time."""

import functools
import itertools

import numpy as np
import torch
from torch import nn

from measure.runs import training
from measure.runs.networks import BENDS, Layers, outputs_of


class Bend(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.bend = BENDS[name]

    def forward(self, x):
        return self.bend(x)


class Part(nn.Module):
    """A linear layer, perhaps normalised, a bend, and perhaps a way round."""

    def __init__(self, inside, outside, config, round_it):
        super().__init__()
        self.linear, self.bend, self.round_it = nn.Linear(inside, outside), Bend(config.act), round_it
        self.norm = nn.LayerNorm(outside) if config.norm else nn.Identity()

    def forward(self, x):
        h = self.bend(self.norm(self.linear(x)))
        return x + h if self.round_it else h


class Block(nn.Module):
    def __init__(self, wide, heads, act):
        super().__init__()
        self.first, self.attention = nn.LayerNorm(wide), nn.MultiheadAttention(wide, heads, batch_first=True)
        self.second, self.up, self.down = (
            nn.LayerNorm(wide),
            nn.Linear(wide, 4 * wide),
            nn.Linear(4 * wide, wide),
        )
        self.bend = Bend(act)

    def forward(self, x):
        h = self.first(x)
        mask = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
        x = x + self.attention(h, h, h, attn_mask=mask, need_weights=False)[0]
        return x + self.down(self.bend(self.up(self.second(x))))


class Place(nn.Module):
    def __init__(self, steps, wide):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(steps, wide))

    def forward(self, x):
        return x + self.place


class Transformer(nn.Module):
    def __init__(self, config, outputs, steps):
        super().__init__()
        self.embedding, self.place = nn.Embedding(config.symbols, config.width), Place(steps, config.width)
        self.blocks = nn.Sequential(
            *[Block(config.width, config.heads, config.act) for _ in range(config.depth)]
        )
        self.norm, self.out = nn.LayerNorm(config.width), nn.Linear(config.width, outputs)

    def forward(self, x):
        return self.out(self.norm(self.blocks(self.place(self.embedding(x)))))


class Recurrent(nn.Module):
    def __init__(self, config, inputs, outputs):
        super().__init__()
        kind = nn.LSTM if config.model == "lstm" else nn.GRU
        self.inner = kind(inputs, config.width, num_layers=config.depth, batch_first=True)
        self.out = nn.Linear(config.width, outputs)

    def forward(self, x):
        return self.out(self.inner(x)[0][:, -1])


def network(config, task):
    """The network of the configuration in torch.nn."""
    shape = task.X.shape[1:]
    if config.model == "transformer":
        return Transformer(config, task.outputs, shape[0])
    if config.model in ("lstm", "gru"):
        return Recurrent(config, shape[1], task.outputs)
    if config.model.startswith("conv"):
        size = (config.kernel if shape[1] > 1 else 1, config.kernel)
        pad = tuple(k // 2 for k in size)
        channels = [shape[0], *[config.width] * config.depth]
        parts = [
            [nn.Conv2d(a, b, size, padding=pad), Bend(config.act)] for a, b in itertools.pairwise(channels)
        ]
        ends = [nn.AdaptiveAvgPool2d(1)] if config.pooled else []
        last = nn.Linear(config.width * (1 if config.pooled else shape[1] * shape[2]), task.outputs)
        return nn.Sequential(*itertools.chain(*parts), *ends, nn.Flatten(), last)
    columns = [shape[0], *[config.width] * config.depth]
    parts = [
        Part(a, b, config, config.residual and k > 0) for k, (a, b) in enumerate(itertools.pairwise(columns))
    ]
    return nn.Sequential(*parts, nn.Linear(columns[-1], task.outputs))


def fill(model, starts):
    """Give the network the start of ours: the same tensors in the same order, ours the other way round."""
    for module in model.modules():
        own = [p for name, p in module.named_parameters(recurse=False) if name != "in_proj_bias"]
        if isinstance(module, nn.MultiheadAttention):
            own = [module.in_proj_weight, module.in_proj_bias]
        if isinstance(module, (nn.LSTM, nn.GRU)):  # weights, weights, shifts, shifts of each layer
            own = [own[4 * (k // 4) + (0, 2, 1, 3)[k % 4]] for k in range(len(own))]
        for parameter in own:
            start = next(starts)
            start = start.T if start.dim() == 2 and not isinstance(module, (nn.Embedding, Place)) else start
            parameter.data.copy_(start.reshape(parameter.shape))
    assert next(starts, None) is None


def alike(config, task):
    """The network in torch.nn with our start, and its optimiser at a rate."""
    layers = Layers(config.seed)
    outputs_of(layers, config, task.X[None, :2], task.outputs)
    model = network(config, task)
    fill(
        model, iter([start.reshape(shape) for start, shape in zip(layers.start, layers.shapes, strict=True)])
    )
    made = {
        "SGD": torch.optim.SGD,
        "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
        "Adam": torch.optim.Adam,
        "AdamW": torch.optim.AdamW,
        "RMSprop": torch.optim.RMSprop,
    }[config.opt]
    return model, lambda rate: made(model.parameters(), lr=rate)


def losses_of(config, task, rate):
    """The loss of each batch, with torch.optim."""
    model, optimiser_at = alike(config, task)
    optimiser, losses = optimiser_at(rate), []
    lossy = (nn.CrossEntropyLoss if config.loss == "ce" else nn.MSELoss)(reduction=config.reduce)
    rows = training.batches(len(task.X), task.batch(config), config.updates, config.seed)
    for t in range(config.updates):
        factor = min(1, (t + 1) / (config.updates // 10)) if config.schedule == "warmup" else 1
        factor = 1 - t / config.updates if config.schedule == "linear" else factor
        optimiser.param_groups[0]["lr"] = rate * factor
        out, y = model(task.X[rows[t]]), task.y[rows[t]]
        loss = lossy(out.flatten(0, -2), y.flatten()) if config.loss == "ce" else lossy(out, y)
        optimiser.zero_grad()
        loss.backward()
        if config.clip:
            nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimiser.step()
        losses.append(loss.item())
    return np.array(losses)
