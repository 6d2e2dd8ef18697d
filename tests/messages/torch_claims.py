"""What the entries of PyTorch say of its losses and gradients; those of loss scalers stand in scaler_claims.py."""

import contextlib
import io
import math
import runpy
import warnings

import torch
from torch import nn

PROVES = "messages"
torch.set_num_threads(1)  # small sums are slower on two
_NAN, _INF = float("nan"), float("inf")


def _error(do):
    try:
        do()
    except (RuntimeError, ValueError, AssertionError) as error:
        return str(error)
    return ""


def _classes(count, samples, seed=0):
    """Inputs whose largest number is at the place of their class, and as many of each class."""
    torch.manual_seed(seed)
    label = torch.arange(samples) % count
    return 0.3 * torch.randn(samples, count) + nn.functional.one_hot(label, count), label


def _two_layers(count, wide=32, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(count, wide), nn.ReLU(), nn.Linear(wide, count))


def _train(net, x, label, rate, updates=200):
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    for _ in range(updates):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), label)
        loss.backward()
        optimizer.step()
    return loss.item()


def a_fresh_model_begins_at_the_loss_of_guessing():
    """“A run that begins there is as it should be.”"""
    for count in 2, 3, 10, 100:
        for seed in range(3):
            x, label = _classes(count, 300, seed)
            loss = nn.functional.cross_entropy(_two_layers(count, seed=seed)(x), label).item()
            assert abs(loss / math.log(count) - 1) < 0.2


def a_run_that_stays_at_the_loss_of_guessing_has_learned_nothing_from_its_inputs():
    """
    “A run that stays there, or comes back to it, has learned nothing from its inputs.”
    “Check: train on ten samples alone.”
    “If their loss does not fall to almost 0, the model, the labels or the loop are at fault: print the norm of the gradient, which is exactly 0 where all units are dead.”
    “If it does fall, look at the rate and at the data.”
    “Cure: new weights and a tenth of the rate; if nothing moves, ten times the rate.”
    """
    x, label = _classes(10, 200)
    dead = _two_layers(10)
    dead[0].bias.data -= 100
    assert abs(_train(dead, x, label, 0.5) - math.log(10)) < 1e-3
    assert torch.equal(dead(x), dead(x[:1]).expand(200, 10)) and dead[0].weight.grad.norm() == 0
    hot = _two_layers(10)
    assert abs(_train(hot, x, label, 20, 1) - _train(hot, x, label, 20, 1)) > 0.1  # it moves, and comes back
    assert abs(_train(hot, x, label, 20) - math.log(10)) < 0.01
    assert torch.equal(hot(x), hot(x[:1]).expand(200, 10)) and hot[0].weight.grad.norm() == 0
    assert _train(_two_layers(10), x, label, 2) < 0.1
    still, moves = (_train(_two_layers(10), x, label, rate) for rate in (0.001, 0.01))
    assert still > 2.2 and moves < still - 0.1

    ten = slice(0, 10)
    assert _train(_two_layers(10), x[ten], label[ten], 0.5) < 0.05
    torch.manual_seed(1)
    empty = torch.randn(2000, 10)  # inputs that say nothing of the labels
    labels = torch.arange(2000) % 10
    assert _train(_two_layers(10), empty[ten], labels[ten], 0.5) < 0.05
    assert abs(_train(_two_layers(10), empty, labels, 0.5) - math.log(10)) < 0.15
    same = x[:1].expand(10, 10)  # the same input with ten labels
    for faulty, inputs, rate in (
        (dead, x[ten], 0.5),
        (_two_layers(10), same, 0.5),
        (_two_layers(10), x[ten], 0),
    ):
        assert _train(faulty, inputs, label[ten], rate) > 2


def the_guard_of_bceloss_is_a_log_of_minus_100_and_a_mean_shows_the_share():
    """
    “BCELoss of PyTorch at a log of −100. A mean shows the share: 50.0 is every second sample.”
    “Check: print the largest score, before sigmoid or softmax.”
    “The weights have run far out, as they do at a rate that is too high, and in PyTorch the slope behind the sigmoid is then exactly 0.”
    “Cure: new weights, a tenth of the rate, standardised inputs, and a loss that takes scores: BCEWithLogitsLoss, CrossEntropyLoss, from_logits=True.”
    """
    p = torch.tensor([0.0, 1.0])
    assert nn.BCELoss(reduction="none")(p, torch.ones(2)).tolist() == [100.0, 0.0]
    assert nn.BCELoss()(p, torch.ones(2)) == 50.0
    torch.manual_seed(0)
    x = 50 + 15 * torch.randn(200, 1)
    y = (x > 50).float()

    def run(x, rate, cost, updates=300):
        w = torch.zeros(2, requires_grad=True)
        for _ in range(updates):
            score = (x * w[0] + w[1]).squeeze(1)
            loss = cost(
                score if isinstance(cost, nn.BCEWithLogitsLoss) else torch.sigmoid(score), y.squeeze(1)
            )
            score.retain_grad()
            loss.backward()
            slope = score.grad
            w = (w - rate * w.grad).detach().requires_grad_()
        return loss.item(), score.detach(), slope

    loss, score, slope = run(x, 1.0, nn.BCELoss())
    wrong = (score.sign() != (y.squeeze(1) * 2 - 1)) & (score.abs() > 120)
    assert wrong.any() and score.abs().max() > 100 and loss > 1
    assert (slope[wrong & (score < 0)] == 0).all() and slope[wrong].abs().min() == 0
    standard = (x - x.mean()) / x.std()
    cured, score, _ = run(standard, 0.1, nn.BCEWithLogitsLoss())
    assert cured < 0.4 and score.abs().max() < 20
    far, label = torch.tensor([[-200.0, 0.0]], requires_grad=True), torch.tensor([0])
    nn.CrossEntropyLoss()(far, label).backward()
    assert far.grad.tolist() == [[-1.0, 1.0]]


def every_prediction_is_compared_with_every_target():
    """
    “PyTorch compares every prediction with every target, 16 pairs in place of 4. The best answer to that is the mean for everybody, so the loss stops at the variance of the targets at any rate.”
    “Check: print output.shape and target.shape.”
    “Cure: output.squeeze(1), or target.view_as(output).”
    """
    x = torch.arange(4.0)[:, None]
    target = 3 * x[:, 0]
    assert nn.MSELoss(reduction="none")(x, target).numel() == 16
    mend = {
        "nothing": lambda output: (output, target),
        "squeeze": lambda output: (output.squeeze(1), target),
        "view": lambda output: (output, target.view_as(output)),
    }
    for name, pair in mend.items():
        for rate in 0.05, 0.1, 0.2:
            torch.manual_seed(0)
            net = nn.Linear(1, 1)
            optimizer = torch.optim.SGD(net.parameters(), lr=rate)
            for _ in range(250):
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(*pair(net(x)))
                loss.backward()
                optimizer.step()
            variance = target.var(correction=0)
            assert torch.isclose(loss, variance if name == "nothing" else torch.tensor(0.0), atol=0.01)
            assert (net(x).std() < 0.01) == (name == "nothing")
    assert (x.shape, target.shape) == ((4, 1), (4,))


def clipping_at_1_takes_the_rate_of_sgd_and_nothing_of_adam():
    """“But if you clip at 1, SGD then takes every update at 1/2517 of its rate, while under Adam a common factor changes nothing.”"""
    moved = {}
    for kind in torch.optim.SGD, torch.optim.Adam:
        for clip in False, True:
            torch.manual_seed(0)
            w, rate = nn.Parameter(torch.zeros(8)), 0.001
            optimizer = kind([w], lr=rate)
            for _ in range(20):
                g = torch.randn(8)
                w.grad = 2517 * g / g.norm()
                if clip:
                    nn.utils.clip_grad_norm_([w], 1.0)
                optimizer.step()
            moved[kind.__name__, clip] = w.detach()
    assert torch.allclose(2517 * moved["SGD", True], moved["SGD", False], rtol=1e-3)
    assert torch.allclose(moved["Adam", True], moved["Adam", False], rtol=1e-3)


def the_validation_loss_is_nan_by_its_data_its_size_or_its_labels():
    """
    “Check: count the samples of that set, its nan, and, if some labels are to be ignored, the labels that are kept.”
    “Then compute its loss once in float32.”
    “Cure: clean the set with the same steps as the training set, divide by at least 1 where labels are ignored, and evaluate in float32.”
    """
    scores, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    ignored = torch.full((4,), -100)
    assert nn.functional.cross_entropy(scores[:0], labels[:0]).isnan()
    assert nn.functional.cross_entropy(scores, ignored).isnan() and (ignored != -100).sum() == 0
    kept = (ignored != -100).sum().clamp(min=1)
    assert nn.functional.cross_entropy(scores, ignored, reduction="sum") / kept == 0
    broken = scores.clone()
    broken[2, 1] = _NAN
    assert nn.functional.cross_entropy(broken, labels).isnan() and broken.isnan().sum() == 1
    clean = ~broken.isnan().any(dim=1)
    assert nn.functional.cross_entropy(broken[clean], labels[clean]).isfinite()
    large = torch.tensor([300.0, 0.0])
    assert (large.half() ** 2).mean().isinf() and (large**2).mean() == 45000


def anomaly_mode_names_the_first_backward_that_gives_nan():
    """
    “Anomaly mode stopped at the first operation whose backward pass gave nan; the traceback above it shows the line of the forward pass. It looks at nothing else: it lets inf pass, so it may name the neighbour of the culprit.”
    “Check: print what goes into that line. Is it finite?”
    “Cure: If it is finite, the slope has no value there: a root at 0, a division by 0, the branch of where that was not taken. Put a small number under the root. If it is not, the nan was made earlier.”
    """

    def anomaly(make, *given):
        given = [torch.tensor(one, requires_grad=True) for one in given]
        with warnings.catch_warnings(record=True) as warned, torch.autograd.detect_anomaly():
            warnings.simplefilter("always")
            said = _error(lambda: make(*given).sum().backward())
        return said.split("'")[1::2], "".join(str(one.message) for one in warned), given

    name, shown, _ = anomaly(lambda w: (w**2).sqrt(), [0.0])
    assert (
        name == ["PowBackward0"] and "anomaly(lambda w: (w**2).sqrt(), [0.0])" in shown
    )  # the root gave inf
    name, _, given = anomaly(lambda x: x.sqrt(), [0.0])
    assert not name and given[0].grad.isinf().all()
    assert anomaly(lambda x, y: x / y, [0.0], [0.0])[0] == ["DivBackward0"]
    branch = anomaly(lambda x: torch.where(x == 0, 1.0, torch.sin(x) / x), [0.0])
    assert branch[0] == ["DivBackward0"]
    name, _, given = anomaly(lambda w: (w**2 + 1e-12).sqrt(), [0.0])
    assert not name and given[0].grad == 0
    assert anomaly(lambda w: (w * w).sum(), [_NAN])[0] == ["MulBackward0"]  # what goes in is nan already


def a_clip_that_raises_leaves_the_weights():
    """
    “You set error_if_nonfinite=True, and it has done its work: a gradient is inf or nan, and no step was made. The weights are as they were.”
    """
    for bad in _NAN, _INF:
        w = nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([w], lr=0.1)

        def update(w=w, optimizer=optimizer, bad=bad):
            (w * bad).sum().backward()
            nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
            optimizer.step()

        assert "non-finite, so it cannot be clipped" in _error(update) and w.tolist() == [1.0, 1.0]


def one_label_that_does_not_fit_makes_the_mean_of_a_batch_inf():
    """
    “A label does not fit into its input. It needs a frame for each of its letters, and one more between two that are equal. One such sample makes the mean of the batch inf, and its gradient nan.”
    “Check: count the frames after the strides of the network, not before.”
    “Cure: leave these samples out, or use fewer strides. zero_infinity=True makes their loss and gradient 0, so the run goes on without them.”
    """
    labels = torch.tensor([[1, 2, 3, 1], [1, 1, 2, 3], [3, 2, 1, 2]])  # they need 4, 5 and 4 frames
    x = torch.randn(3, 1, 16, generator=torch.manual_seed(0))

    def run(stride, keep=(0, 1, 2), **more):
        torch.manual_seed(0)
        net, keep = nn.Conv1d(1, 4, 1, stride=stride), list(keep)
        scores = net(x[keep]).permute(2, 0, 1).log_softmax(2)
        scores.retain_grad()
        frames = torch.full((len(keep),), len(scores))
        loss = nn.CTCLoss(**more)(scores, labels[keep], frames, torch.full((len(keep),), 4))
        loss.backward()
        return len(scores), loss.item(), net.weight.grad.isfinite().all().item(), scores.grad

    assert run(4)[:3] == (4, _INF, False) and run(3)[0] == 6 and run(1)[0] == 16
    for cured in (run(3), run(4, keep=(0, 2)), run(4, zero_infinity=True)):
        assert math.isfinite(cured[1]) and cured[2]
    assert (run(4, zero_infinity=True)[3][:, 1] == 0).all() and run(4, (1,), zero_infinity=True)[1] == 0
    assert (run(4, zero_infinity=True)[3][:, 0] != 0).any()


def bceloss_is_given_a_nan_or_a_score():
    """
    “BCELoss was given a nan, or a score that went through no sigmoid.”
    “Check: print p.isnan().any(), p.min(), p.max();”
    “Cure: If it is nan, the weights or the input are: loss: nan. If it is beyond 1, BCEWithLogitsLoss takes scores as they are.”
    """
    words, label = "all elements of input should be between 0 and 1", torch.ones(1)
    for weight, x in ((_NAN, 1.0), (1.0, _NAN)):
        p = torch.sigmoid(torch.tensor([weight]) * x)
        assert words in _error(lambda p=p: nn.BCELoss()(p, label)) and p.isnan().any()
    for score in 3.0, -0.5:
        p = torch.tensor([score])
        assert words in _error(lambda p=p: nn.BCELoss()(p, label))
        assert (p.isnan().any(), p.min() < 0 or p.max() > 1) == (False, True)
        right = nn.BCELoss()(torch.sigmoid(p), label)
        assert torch.isclose(nn.BCEWithLogitsLoss()(p, label), right)


def a_batch_of_one_has_no_spread():
    """
    “Batch normalisation divides by the spread of a batch, and a batch of one has none.”
    “Cure: DataLoader(…, drop_last=True); to predict, call net.eval().”
    """
    net, data = nn.BatchNorm1d(3), torch.randn(9, 3)
    normal = net(data[:8])
    assert torch.allclose(normal.std(dim=0, correction=0), torch.ones(3), atol=1e-3)
    assert (data[:1].std(dim=0, correction=0) == 0).all()

    def epoch(**more):
        for batch in torch.utils.data.DataLoader(data, batch_size=4, **more):
            net(batch)

    assert "Expected more than 1 value per channel" in _error(epoch) and not _error(
        lambda: epoch(drop_last=True)
    )
    assert net.eval()(data[:1]).isfinite().all()


def a_constant_beyond_the_largest_half_cannot_be_filled_in():
    """
    “A constant beyond 65,504, such as the −1e9 of a mask, is filled into a float16 tensor.”
    “Check: print the dtype of the tensor that is filled.”
    “Cure: torch.finfo(x.dtype).min in place of −1e9.”
    """
    closed = torch.tensor([True, False])
    for kind, number, fits in (
        (torch.half, -65_504, True), (torch.half, -65_600, False), (torch.half, -1e9, False), (torch.float32, -1e9, True),
        (torch.bfloat16, -1e9, True),
    ):  # fmt: skip
        x = torch.zeros(2, dtype=kind)
        said = _error(lambda x=x, number=number: x.masked_fill(closed, number))
        assert bool(said) != fits and (fits or "without overflow" in said)
        assert x.masked_fill(closed, torch.finfo(x.dtype).min).softmax(0).tolist() == [0, 1]


def a_policy_of_nan_is_the_messenger_of_its_weights_or_of_an_observation():
    """
    “For a choice among actions: Expected parameter logits … or probs. The policy, that is the network that chooses actions, gave nan. It is the messenger: weights are nan since an earlier update, or an observation is.”
    “Check: print all(p.isfinite().all() for p in net.parameters()), and the same for the observation.”
    “Check: print the spread at each update. Does it sink through 0, or jump to nan?”
    “Also if std is nan. Where the spread of a policy is a plain parameter, nothing keeps an update from taking it below 0.”
    """
    choice = torch.distributions.Categorical
    for broken in "nothing", "weights", "observation":
        torch.manual_seed(0)
        net, seen = nn.Linear(3, 2), torch.randn(1, 3)
        if broken == "weights":
            net.weight.grad, net.bias.grad = torch.full((2, 3), _NAN), torch.zeros(2)
            torch.optim.SGD(net.parameters(), lr=0.1).step()
        if broken == "observation":
            seen[0, 1] = _NAN
        given = net(seen)
        said = [
            _error(lambda given=given: torch.distributions.Normal(given, 1.0)),
            _error(lambda given=given: choice(logits=given)),
            _error(lambda given=given: choice(probs=given.softmax(-1))),
        ]
        for words, name in zip(said, ("loc", "logits", "probs"), strict=True):
            assert (f"Expected parameter {name} " in words) == (broken != "nothing")
        finite = all(p.isfinite().all() for p in net.parameters()), seen.isfinite().all().item()
        assert finite == (broken != "weights", broken != "observation")
    assert "std >= 0.0" in _error(lambda: torch.normal(torch.zeros(1), torch.tensor([_NAN])))
    seen = {}
    for slope in 0.1, _NAN:
        for learned in "spread", "log":
            one = nn.Parameter(torch.tensor([0.1 if learned == "spread" else math.log(0.1)]))
            optimizer, seen[slope, learned] = torch.optim.SGD([one], lr=0.1), []
            for n in range(30):
                spread = one.detach() if learned == "spread" else one.detach().exp()
                seen[slope, learned].append(spread.item())
                one.grad = torch.tensor([slope if n > 5 or slope == 0.1 else 0.0])
                optimizer.step()
            said = _error(lambda spread=spread: torch.normal(torch.zeros(1), spread))
            assert ("std >= 0.0" in said) == (slope != 0.1 or learned == "spread")
    sinks, stays = torch.tensor(seen[0.1, "spread"]), torch.tensor(seen[0.1, "log"])
    assert (sinks.diff() < 0).all() and sinks[-1] < 0 < stays.min()
    assert seen[_NAN, "spread"][5] == seen[_NAN, "spread"][0] and math.isnan(seen[_NAN, "spread"][-1])


def a_next_word_cannot_be_drawn_from_scores_that_hold_nan_or_inf():
    """
    “The scores of the next word or action hold a nan or inf, and multinomial cannot draw. In generation it may be float16: an activation beyond 65,504. During training the weights may be nan.”
    “Check: print logits.isfinite().all() with the model in float32. If all are finite there, it was the format.”
    “Cure: load in bfloat16 or float32. If float32 gives nan too, the checkpoint is broken: take an earlier one. A temperature of 0 is a division by 0: do not sample then.”
    """

    def draw(scores):
        return _error(lambda: torch.multinomial(scores.float().softmax(-1), 1))

    for bad in _NAN, _INF:
        assert "probability tensor contains either" in draw(torch.tensor([bad, 1.0]))
    hidden, out = torch.tensor([300.0, 1.0]), torch.tensor([[220.0, 0.0], [0.0, 1.0]])  # 300 · 220 > 65,504
    for weights, kind, broken in (
        (out, torch.half, True), (out, torch.bfloat16, False), (out, torch.float32, False),
        (out * _NAN, torch.float32, True), (out * _NAN, torch.bfloat16, True),
    ):  # fmt: skip
        logits = weights.to(kind) @ hidden.to(kind)
        assert bool(draw(logits)) == broken == (not logits.isfinite().all())
    assert torch.finfo(torch.half).max == 65_504 < 300 * 220
    scores = torch.tensor([2.0, 0.0])
    assert draw(scores / 0) and not draw(scores / 1e-3)


def the_norm_in_fp16_and_a_gradient_that_overflows():
    """
    “On every line, beside a normal loss: perhaps the norm was computed in fp16, where the square of 256 is already inf. Without fp16: a gradient has overflowed, and the explosion is under way.”
    “Every line: the norm in float32.”
    """
    for size, inf in ((255.0, False), (256.0, True)):
        g = torch.tensor([size]).half()
        assert (g**2).sum().sqrt().isinf() == inf and g.float().norm() == size
    w, norms = torch.ones(1), []
    for _ in range(33):
        g = 10 * w
        norms.append((g**2).sum().sqrt().item())
        w = w - 1.0 * g
    assert norms[0] == 10 and norms.index(_INF) < 25 and w.abs() > 1e30


def the_forward_pass_is_finite_and_the_backward_pass_is_not():
    """
    “The forward pass is finite and the backward pass is not.” “Without one, the next loss is nan.”
    “An earlier one may have brought nan into the weights.”
    “Look for a root or a division at 0, a row of attention written by hand with every key masked, or the fp16 range.”
    """
    w = nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([w], lr=0.1)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = 1 + (w**2).sum().sqrt()
        loss.backward()
        losses.append(loss.item())
        if math.isfinite(losses[-1]):  # as the loops look
            optimizer.step()
    assert losses[0] == 1 and math.isnan(losses[1]) and w.isnan().all()
    for make in (
        lambda x: torch.where(x == 0, 1.0, torch.sin(x) / x),
        lambda x: (x + torch.tensor([[0.0, 0.0], [-_INF, -_INF]])).softmax(1)[0],  # the second row is padding
    ):
        x = torch.zeros(2, requires_grad=True)
        out = make(x)
        out.sum().backward()
        assert out.isfinite().all() and x.grad.isnan().any()
    q = torch.ones(1, 1, 2, 4, requires_grad=True)
    mask = torch.tensor([[True, True], [False, False]])
    nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=mask).sum().backward()
    assert q.grad.isfinite().all()  # PyTorch's own is safe
    low = torch.tensor([1e-4], dtype=torch.half, requires_grad=True)
    y = 1 / low  # 10,000, and its slope is −1e8
    y.sum().backward()
    assert y.isfinite().all() and low.grad.isinf().all()


def the_checks_of_the_page_tell_what_is_wrong_and_the_order_raises_nothing():
    """“The order:”"""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path("snippets/frameworks/messages_pytorch.py")
    assert printed.getvalue().splitlines() == [
        "weight has a gradient that is not finite",
        "bias has a gradient that is not finite",
        "sample 0: 4 frames, and it needs 5",
    ]
