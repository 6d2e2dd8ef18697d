"""Models of several kinds, with the data that they learn: some hundred samples of scikit-learn's, or lists."""

import itertools

import numpy as np
import torch
from sklearn import datasets
from torch import nn
from torch.nn import functional as F

SAMPLES = 256  # half as many for convolutions and the transformer, which take longer
SYMBOLS, STEPS, WIDTH = 8, 6, 16  # of the sequences, and of the transformer


def numbers(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Friedman's first function, inputs and targets standardised."""
    X, y = datasets.make_friedman1(SAMPLES, noise=0.5, random_state=seed)
    X, y = (X - X.mean(0)) / X.std(0), (y - y.mean()) / y.std()
    return torch.tensor(X).float(), torch.tensor(y[:, None]).float()


def digits(seed: int, samples: int = SAMPLES) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of 8 × 8 with values from 0 to 1, and which digit each shows."""
    bunch = datasets.load_digits()
    keep = np.random.default_rng(seed).permutation(len(bunch.data))[:samples]
    return torch.tensor(bunch.images[keep, None] / 16).float(), torch.tensor(bunch.target[keep])


def few_digits(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Half as many."""
    return digits(seed, SAMPLES // 2)


def lists(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Lists of symbols, and the same sorted."""
    X = np.random.default_rng(seed).integers(SYMBOLS, size=(SAMPLES // 2, STEPS))
    return torch.tensor(X), torch.tensor(np.sort(X))


class Transformer(nn.Module):
    """One layer of two heads, normalised first, without dropout; scores for each symbol at each place."""

    def __init__(self):
        super().__init__()
        self.symbols = nn.Embedding(SYMBOLS, WIDTH)
        self.places = nn.Parameter(0.02 * torch.randn(STEPS, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, 2, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 1, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        self.scores = nn.Linear(WIDTH, SYMBOLS)

    def forward(self, X):
        return self.scores(self.layers(self.symbols(X) + self.places)).transpose(1, 2)


def layers(*sizes: int, bend) -> nn.Sequential:
    """Fully connected layers with a bend between them."""
    parts = [nn.Flatten()]
    for inside, outside in itertools.pairwise(sizes):
        parts += [nn.Linear(inside, outside), bend()]
    return nn.Sequential(*parts[:-1])


def convolutions(norm=lambda channels: nn.Identity()) -> nn.Sequential:
    """Two convolutions of 3 × 3, halved after each, and a linear layer."""
    first = nn.Conv2d(1, 4, 3, padding=1), norm(4), nn.ReLU(), nn.AvgPool2d(2)
    second = nn.Conv2d(4, 8, 3, padding=1), norm(8), nn.ReLU(), nn.AvgPool2d(2)
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(8 * 4, 10))


KINDS = {
    "linear": (numbers, lambda: nn.Linear(10, 1)),
    "tanh": (numbers, lambda: layers(10, 32, 32, 1, bend=nn.Tanh)),
    "ReLU": (digits, lambda: layers(64, 32, 32, 10, bend=nn.ReLU)),
    "convolution": (few_digits, convolutions),
    "batch norm": (few_digits, lambda: convolutions(nn.BatchNorm2d)),
    "transformer": (lists, Transformer),
}


def cost(said: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean squared error, or cross-entropy between classes."""
    return F.mse_loss(said, y) if y.is_floating_point() else F.cross_entropy(said, y)


def guessing(y: torch.Tensor) -> float:
    """The loss of the best constant: the mean, or the shares of the classes (of each place)."""
    if y.is_floating_point():
        return y.var(correction=0).item()
    columns = y.reshape(len(y), -1).T
    shares = [torch.bincount(column).double() / len(column) for column in columns]
    return sum(-(p[p > 0] * p[p > 0].log()).sum().item() for p in shares) / len(shares)
