"""The largest curvature of a model, by the lines that the page shows, and by another way for comparison."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch.nn.attention import SDPBackend, sdpa_kernel

from measure.limits.trials import State, Trial
from weave.program import sections

PAGE = Path(__file__).parents[3] / "snippets" / "frameworks" / "measure_pytorch.py"
SURE = 0.1  # of what was found: a miss beyond this says that it is no curvature yet


def lines_of_the_page() -> SimpleNamespace:
    """The functions that the page shows."""
    names = {"torch": torch}
    for part in sections(PAGE):
        if part.name in ("hessian", "sharpness", "denominators"):
            exec(part.code, names)
    return SimpleNamespace(**names)


LINES = lines_of_the_page()


def measured(trial: Trial, state: State, rows=slice(None)) -> dict[str, float]:
    """Found in 20 turns, with its miss; ``least`` and ``most`` are by Lanczos' method.

    Under Adam all are of α P⁻¹ H, else of H.
    """
    params = list(state.net.parameters())
    adam = trial.optimiser == "Adam"
    P = LINES.flat(LINES.denominators(state.optimiser)) if adam else 1.0
    with sdpa_kernel(SDPBackend.MATH):
        product, v = LINES.hessian(trial.loss(state, rows), params, P)
        found, miss = LINES.sharpness(product, v)
        least, most = map(float, ends(product, v))
    return {"found": found, "miss": miss, "least": least, "most": most}


def told(measured: dict[str, float]) -> float:
    """The largest curvature as the page tells to take it: what 20 turns found, if they have settled."""
    settled = 0 < measured["miss"] < SURE * measured["found"]
    return measured["found"] if settled else measured["most"]


def ends(product, v: torch.Tensor) -> np.ndarray:
    """The least and the largest curvature."""
    operator = LinearOperator((len(v), len(v)), lambda x: product(v.new_tensor(x)).numpy())
    if len(v) < 20:  # too few for it
        columns = [operator.matvec(one) for one in np.eye(len(v))]
        return np.linalg.eigvalsh(np.array(columns, float))[[0, -1]]
    start = np.random.default_rng(0).normal(size=len(v))
    return eigsh(operator, 2, which="BE", return_eigenvectors=False, tol=1e-2, v0=start)
