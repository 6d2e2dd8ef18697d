"""Sources: what we say that we recomputed has a test, and what a source's formula says holds.

Who wrote what, and when, stands in ``tests/held/attributions.toml``.
"""

import ast
import csv
import functools
import re

import numpy as np
import pytest

from conftest import ROOT, SNIPPETS, markdown_of

PAGE = markdown_of("sources")


@functools.cache
def names_of_tests(name):
    """The names of a file's tests."""
    module = ast.parse((ROOT / "tests" / f"test_{name}.py").read_text(encoding="utf-8"))
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def has(name, *words):
    """Whether a test of the file has all these words in its name."""
    return any(all(word in test for word in words) for test in names_of_tests(name))


def test_each_entry_says_what_was_recomputed_or_that_it_was_only_read():
    """“Who found what this site teaches, where to read it, and what we recomputed from each book, paper and
    thread.” “Most entries say what we recomputed.”"""
    assert "Who found what this site teaches" in PAGE
    entries = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    papers = entries[: next(n for n, one in enumerate(entries) if one.startswith("Read, not"))]
    ours = [
        one
        for one in papers
        if re.search(r"recomputed|rebuilt|compared|found again|reproduced|measured|sent", one)
    ]
    assert (len(ours), len(papers)) == (11, 18)  # most


def test_where_a_printed_number_can_be_compared_it_was():
    """“Where our number can be compared with a printed one, it was.”"""
    assert has("overshoot", "article_s_numbers_are_reproduced_to_the_last_digit")
    assert has("cases", "posted", "11_digits") and has("cases", "posted_slopes")


def test_the_sample_of_the_article_has_50_points_and_a_curvature_of_18_66():
    """“Ours is the older sample, the article's: its curvature is 18.66 exactly.”"""
    with (SNIPPETS / "data/chi_regression.csv").open(encoding="utf-8") as file:
        x = np.array([float(row["x"]) for row in csv.DictReader(file)])
    assert len(x) == 50
    assert x @ x == pytest.approx(18.66, abs=1e-9)  # of half the sum of the squares


@pytest.mark.parametrize("curvatures", [(1.0, 10.0), (0.3, 2.0, 7.0)])
def test_goh_s_best_rate_its_factor_and_the_limit_of_momentum_are_found_from_runs(curvatures):
    r"""“From it come the best fixed rate $2/(\lambda_{\min}+\lambda_{\max})$, its factor
    $(\kappa-1)/(\kappa+1)$, and the limit of heavy-ball momentum; all three were found again from runs.”
    """
    low, high = min(curvatures), max(curvatures)
    kappa = high / low

    def factor(alpha, updates=60):
        e = np.ones(len(curvatures))
        for _ in range(updates):
            e = e - alpha * np.array(curvatures) * e
        return np.abs(e).max() ** (1 / updates)

    rates = np.linspace(0.01, 2 / high, 2001)
    best = rates[np.argmin([factor(rate) for rate in rates])]
    assert best == pytest.approx(2 / (low + high), rel=2e-3)
    assert factor(2 / (low + high)) == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-3)
    for beta in (0.5, 0.9):
        for times, settles in ((0.99, True), (1.01, False)):
            e, v = 1.0, 0.0
            for _ in range(3000):
                v = beta * v + high * e
                e -= times * 2 * (1 + beta) / high * v
                if abs(e) > 1e9:
                    break
            assert (abs(e) < 1) == settles


@pytest.mark.parametrize("seed", range(5))
def test_a_step_lowers_a_loss_of_lipschitz_gradient_by_nesterov_s_amount_at_least(seed):
    r"""“For a loss whose gradient has Lipschitz constant $L$, a step lowers the loss by at least
    $\alpha(1-\alpha L/2)\lVert g\rVert^2$.”"""
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(20, 4)), rng.integers(0, 2, 20) * 2 - 1
    L = np.linalg.eigvalsh(A.T @ A)[-1] / 4  # of the logistic loss

    def loss(w):
        return np.logaddexp(0, -b * (A @ w)).sum()

    for alpha in (0.1 / L, 1 / L, 1.9 / L):
        w = rng.normal(size=4)
        g = -A.T @ (b / (1 + np.exp(b * (A @ w))))
        assert loss(w) - loss(w - alpha * g) >= alpha * (1 - alpha * L / 2) * (g @ g) - 1e-9


@pytest.mark.parametrize("mean", [3.0, 20.0])
def test_a_mean_that_is_not_zero_makes_one_curvature_large_by_itself(mean):
    """“Its advice is to centre and scale the inputs, because a mean that is not zero makes one curvature large
    by itself.”"""
    X = np.random.default_rng(0).normal(size=(500, 6))
    centred, shifted = (np.linalg.eigvalsh((X + mu).T @ (X + mu) / 500) for mu in (0, mean))
    assert shifted[-1] > 0.9 * 6 * mean**2 > 5 * centred[-1]
    assert shifted[:-1] == pytest.approx(centred[:-1], rel=0.3)


def test_the_limits_of_numbers_and_of_batches_and_the_scaler_were_recomputed():
    """“We compared their sufficient bound with the exact limit at every size tried.” “All limits were
    recomputed.” “The default values of the scaler, and what it does with a wrong order, are those of
    PyTorch's GradScaler, which we ran.” “We rebuilt all three on single weights and trained no network with
    them.”"""
    assert has("overflow", "largest_numbers") and has("overflow", "largest_bf16")
    assert has("minibatch", "bound", "exact_limit_at_every_size")
    assert has("precision", "scaler_of_pytorch", "defaults") and has("precision", "unscaled_twice")
    assert has("precision", "by_chance", "twenty") and has("precision", "autocast", "fp32")
    code = (SNIPPETS / "precision.py").read_text(encoding="utf-8")
    assert "import torch" not in code and "hidden" not in code  # no network


def test_edge_catapult_and_adam_s_limit_were_rebuilt_in_small():
    """“That is why this site says that in a network the limit moves.” “We reproduced it with a smaller
    network.” “We saw that in a small network.”"""
    assert has("networks", "sharpness_climbs_to_two_over_the_rate_and_hovers")
    assert has("networks", "between_2_and_4", "settles_flatter", "above_4")
    assert has("adam", "denominators_held_still") and has("adam", "climbs_to_38_and_hovers")
    page = markdown_of("networks")
    assert "sources.md#cohen-2021" in page and "limit" in page


def test_clipping_starts_and_the_range_test_were_measured():
    """“We measured what that bounds and what it leaves, and in Depth and time what it does to a recurrent
    network, which is what it was made for.” “We sent values and slopes through 50 layers with either.” “We
    measured by how much the rate at which the loss blows up over-estimates the limit.”"""
    assert has("fixes", "clipping_by_norm_bounces") and has("fixes", "clipping", "bounded_steps")
    assert has("depth", "clipped_at_norm_1", "twenty")
    assert has("depth", "glorot_halves") and has("depth", "he_keeps_values_and_slopes")
    assert "50" in markdown_of("depth") and has("depth", "50_layers")
    fixes = " ".join(markdown_of("fixes").split())
    assert re.search(r"range test of 100 updates over-estimates the limit by a factor of `[\d.]+`", fixes)


def test_the_threads_were_recomputed_and_each_cause_rebuilt_in_numpy():
    """“We recomputed both: the first to eleven digits; the second, whose random start was not posted, from the
    first lines of its two logs.” “mmdetection 1710 and Cross Validation 350130 gave a few numbers and no
    log: from the first we read bounds, and the second we recomputed to the digits that were posted.” “The
    threads behind the tables of other causes are linked there; each cause was rebuilt in numpy.”"""
    digits = 11
    cases = markdown_of("cases")
    assert all(f"/{number}" in cases for number in (1710, 350130))
    assert has("cases", f"{digits}_digits") and has("cases", "two_first_lines", "start_and_gradient")
    assert has("cases", "no_batch_bears_the_rate", "96_images") and has(
        "cases", "one_in_the_last_digit_posted"
    )
    assert has("cases", "each_thing_as_written_is_bad") and has("cases", "thread_is_linked")
    assert "import torch" not in (SNIPPETS / "cases.py").read_text(encoding="utf-8")


def test_the_data_sets_are_scikit_learn_s_and_the_models_and_logs_our_own():
    """“The models trained on them, and the logs they left, are our own.”"""
    code = (ROOT / "scripts/measure/laboratory.py").read_text(encoding="utf-8")
    assert set(re.findall(r"datasets\.load_(\w+)", code)) == {
        "diabetes", "linnerud", "iris", "wine", "breast_cancer", "digits",
    }  # fmt: skip
    assert "torch" in code and "def run(" in code


def test_what_was_only_read_says_what_little_was_tried():
    """“What stands under Read, not recomputed we took from the papers as it is.” “These say something that our
    pages repeat or lean on, and that we did not try ourselves.” “We checked how it is written and not how
    well it trains.” “We recomputed why, on one weight, and trained no large network.” “On our one network
    warm-up raised the limit only a little (Fixes).” “Our attention is one block in numpy.”"""
    below = PAGE.partition("{ #read }")[2]
    assert has("frameworks", "penalty_in_pytorch", "decay_apart") and has(
        "adam", "way_per_update_at_each_batch_size"
    )
    assert has("fixes", "warm_up_to_a_thousandth_comes_to_37") and has("depth", "each_slope_of_the_head")
    assert below.index("These say something") < below.index("How the pages teach")
    code = (SNIPPETS / "depth.py").read_text(encoding="utf-8")
    assert "softmax" in code or "exp(" in code
