"""What the entries of loss scalers and of fp16 say, in PyTorch."""

import contextlib
import warnings

import torch
from torch import nn

PROVES = "messages"


def _made(dtype=torch.float32):
    torch.manual_seed(0)
    net = nn.Linear(2, 1, dtype=dtype)
    return net, torch.optim.SGD(net.parameters(), lr=0.1), torch.amp.GradScaler("cpu")


def _raised(do):
    try:
        do()
    except (RuntimeError, ValueError, AssertionError) as error:
        return str(error)
    return ""


def _whole(net):
    return all(p.isfinite().all() for p in net.parameters())


class _Scaled:
    """One weight whose gradient is computed in float16, as under autocast on a GPU."""

    def __init__(self, **more):
        self.w = nn.Parameter(torch.ones(1))
        self.optimizer = torch.optim.SGD([self.w], lr=0.001)
        self.scaler = torch.amp.GradScaler("cpu", **more)

    def update(self, slope=1.0):
        """The scale before and after an update, and whether the weight has moved."""
        scale, before = self.scaler.get_scale(), self.w.item()
        self.w.grad = (torch.tensor([slope]) * scale).half().float()
        self.scaler.scale(torch.zeros(1))
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return scale, self.scaler.get_scale(), self.w.item() != before


def a_scaler_is_made_for_weights_in_float32():
    """
    “The weights themselves are in float16, and so are their gradients. A scaler is made for weights in float32, of which autocast makes copies.”
    “Check: print {p.dtype for p in net.parameters() if p.requires_grad}.”
    “Cure: load the model in float32 and let autocast convert, without .half(); or use bfloat16, which needs no scaler.”
    “With LoRA only the weights that are trained must be float32: for p in net.parameters(): p.data = p.data.float() if p.requires_grad else p.data.”
    """
    x = torch.ones(1, 2)

    def kinds(net):
        return {p.dtype for p in net.parameters() if p.requires_grad}

    net, optimizer, scaler = _made(torch.half)
    scaler.scale(net(x.half()).sum()).backward()
    assert kinds(net) == {torch.half} == {p.grad.dtype for p in net.parameters()}
    assert _raised(lambda: scaler.unscale_(optimizer)) == "Attempting to unscale FP16 gradients."
    net, optimizer, scaler = _made()
    with torch.autocast("cpu", torch.half):
        out = net(x)
    scaler.scale(out.float().sum()).backward()
    assert out.dtype == torch.half and kinds(net) == {torch.float32} == {
        p.grad.dtype for p in net.parameters()
    }
    assert not _raised(lambda: scaler.unscale_(optimizer))
    for kind, kept in ((torch.half, 0), (torch.bfloat16, 1)):
        net, *_ = _made(kind)
        (net(x.to(kind)).float() * 1e-10).sum().backward()
        assert net.weight.grad.count_nonzero() == 2 * kept  # fp16 loses so small a gradient

    class Lora(nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen, self.trained = nn.Linear(2, 2).half().requires_grad_(False), nn.Linear(2, 1).half()

        def forward(self, x):
            return self.trained(self.frozen(x.half()).to(self.trained.weight.dtype))

    net = Lora()
    for p in net.parameters():
        p.data = p.data.float() if p.requires_grad else p.data
    optimizer, scaler = torch.optim.SGD(net.trained.parameters(), lr=0.1), torch.amp.GradScaler("cpu")
    scaler.scale(net(x).sum()).backward()
    assert net.frozen.weight.dtype == torch.half and not _raised(lambda: scaler.unscale_(optimizer))


def no_inf_checks_means_no_gradient_at_all():
    """
    “scaler.step(optimizer) found no gradient at all among the parameters of this optimiser.”
    “Check: print [p.grad is None for p in net.parameters()].”
    “Cure: call backward() before; give the optimiser the parameters of this model, with requires_grad; do not compute the loss from detached tensors.”
    """
    x, words = torch.ones(1, 2), "No inf checks were recorded for this optimizer."

    def step(mistake):
        net, optimizer, scaler = _made()
        shift = nn.Parameter(torch.zeros(1))
        if mistake == "another model":
            optimizer = torch.optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1)
        if mistake == "no requires_grad":
            net.requires_grad_(False)
        out = net(x).detach() if mistake == "detached" else net(x)
        loss = scaler.scale((out + shift).sum())
        if mistake == "one alone":
            net.weight.requires_grad_(False)
            loss = scaler.scale(net(x).sum())
        if mistake != "no backward":
            loss.backward()
        seen = [p.grad is None for group in optimizer.param_groups for p in group["params"]]
        return _raised(lambda: scaler.step(optimizer)), seen

    for mistake in "no backward", "another model", "no requires_grad", "detached":
        assert step(mistake) == (words, [True, True])
    assert step("nothing") == ("", [False, False]) and step("one alone") == ("", [True, False])


def unscale_is_called_once_for_each_update():
    """
    “Two calls of unscale_ for one update. With accumulation it stands inside the loop over the small batches, or a library unscales as well as you.”
    “Check: count the calls between two updates.”
    “Cure: unscale_, clip, step, update once per update, after the last backward().”
    """
    x, words = (
        torch.ones(1, 2),
        "unscale_() has already been called on this optimizer since the last update().",
    )

    calls = []

    def run(inside=False, library=False):
        net, optimizer, scaler = _made()
        unscale_, scaler.unscale_ = scaler.unscale_, lambda optimizer: (calls.append(1), unscale_(optimizer))
        calls.clear()
        for _ in range(3):
            for _ in range(4):
                scaler.scale(net(x).sum() / 4).backward()
                if inside:
                    scaler.unscale_(optimizer)
            if not inside:
                scaler.unscale_(optimizer)
            if library:
                scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()

    for twice in {"inside": True}, {"library": True}:
        assert _raised(lambda twice=twice: run(**twice)) == words and len(calls) == 2  # and no update so far
    assert not _raised(run) and len(calls) == 3


def the_warning_of_the_scheduler_has_two_causes():
    """
    “Either the two lines stand in the wrong order, or they do not, and the scaler skipped the first update, so the optimiser made no step. The second is harmless, but the schedule has lost one update.”
    “Then the update was skipped.”
    “Cure: order: optimizer.step() first. Skipped: nothing, or step the schedule only when the scale has not fallen.”
    """

    def run(wrong=False, skip=False, careful=False):
        net, optimizer, scaler = _made()
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1)
        before = net.weight.clone()
        scaler.scale(net(torch.full((1, 2), 1e35 if skip else 1.0)).sum()).backward()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            if wrong:
                schedule.step()
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            fallen = scaler.get_scale() < scale
            if not wrong and not (careful and fallen):
                schedule.step()
        words = "Detected call of `lr_scheduler.step()` before `optimizer.step()`"
        said = any(words in str(one.message) for one in warned)
        return said, fallen, torch.equal(net.weight, before), round(optimizer.param_groups[0]["lr"], 6)

    assert run(wrong=True) == (True, False, False, 0.01)
    assert run(skip=True) == (True, True, True, 0.01)  # no update was made, and the rate has fallen
    assert run(skip=True, careful=True) == (False, True, True, 0.1)
    assert run() == (False, False, False, 0.01)


def a_scaler_skips_and_halves_and_comes_to_rest():
    """
    “A gradient was inf or nan at this scale, the update was left out, and the scale halved. In the first lines, and once in some thousand later, this is how a scaler works. A scale that starts at 65,536 is too large for any gradient of 1 or more.”
    “Cure: at rest: nothing.”
    “If it falls for ever, the loss or an activation is itself nan or inf, and no scale helps.”
    """
    for slope in float("inf"), float("nan"):
        assert _Scaled().update(slope) == (65_536, 32_768, False)
    assert torch.amp.GradScaler("cpu").get_growth_interval() == 2000
    for slope, skipped in ((0.99, 0), (1.0, 1), (100.0, 7)):
        run = _Scaled(growth_interval=20)
        seen = [run.update(slope) for _ in range(200)]
        skips = [n for n, (_, _, moved) in enumerate(seen) if not moved]
        assert skips[:skipped] == list(range(skipped)) and seen[skipped][2]
        assert set(b - a for a, b in zip(skips[skipped:], skips[skipped + 1 :], strict=False)) == {21}
    run = _Scaled()
    scales = [run.update(float("nan"))[1] for _ in range(60)]
    assert scales == [65_536 / 2**n for n in range(1, 61)]


def the_smallest_scale_is_reached_by_what_is_not_finite_and_not_by_size():
    """
    “From 32,768 to 0.0001 it takes 29 halvings, and it doubles again only after 2,000 updates without one.”
    “So it is not the size of the gradients; what was skipped last is nan or inf at any scale.”
    “Normal: an activation beyond 65,504, or a nan of one batch; use bfloat16, or find it.”
    """
    run = _Scaled(init_scale=32_768.0)
    scale, skipped = 32_768.0, 0
    while scale > 0.0001:
        _, scale, moved = run.update(float("nan"))
        skipped += not moved
    assert skipped == 29 and run.scaler.get_growth_interval() == 2000
    rare = _Scaled(init_scale=32_768.0, growth_interval=20)
    for n in range(29 * 10):  # one in ten is nan: too often for it to grow again
        scale = rare.update(float("nan") if n % 10 == 0 else 0.1)[1]
    assert scale <= 0.0001
    large = _Scaled(init_scale=32_768.0)
    assert min(large.update(1e6)[1] for _ in range(40)) > 0.01
    assert torch.tensor(70_000.0).half().isinf() and torch.tensor(70_000.0).bfloat16().isfinite()
    assert torch.tensor(65_504.0).half() == 65_504


def a_nan_under_a_scaler_is_skipped_and_if_all_are_nothing_is_learned():
    """
    “With an fp16 scaler the update was skipped, and single lines of it are no harm.”
    “Check: look at the next lines.”
    “Cure: finite, and rare: nothing. On every line: no update is ever made.”
    “With an fp16 scaler a norm of inf is normal now and then: leave the check to the scaler.”
    “Under an fp16 scaler, in the first lines: a skipped update, and normal.”
    “Cure: first lines: nothing.”
    """
    run = _Scaled(init_scale=1024.0)
    moved = [run.update(float("nan") if n == 5 else 1.0)[2] for n in range(10)]
    assert moved == [n != 5 for n in range(10)] and run.w.isfinite().all()
    assert (run.w**2).isfinite().all()  # the next loss
    run = _Scaled()
    assert not any(run.update(float("nan"))[2] for _ in range(30)) and run.w == 1
    net, optimizer, scaler = _made()
    scaler.scale(net(torch.full((1, 2), 1e35)).sum()).backward()
    scaler.unscale_(optimizer)
    before = net.weight.clone()
    assert nn.utils.clip_grad_norm_(net.parameters(), 1.0).isinf()
    with contextlib.suppress(RuntimeError):
        nn.utils.clip_grad_norm_(net.parameters(), 1.0, error_if_nonfinite=True)
        raise AssertionError("it should stop the run")
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(net.weight, before) and _whole(net)


def what_is_logged_may_be_the_norm_of_a_skipped_update_or_the_mean_of_nothing():
    """
    “It may be only the norm of a skipped update, or the mean of an empty list.”
    “Check: print the names of what you log whose value is not finite.”
    “Cure: the norm, now and then under fp16: nothing.”
    """
    run, skipped = _Scaled(), 0
    for n in range(6):
        norm = (torch.tensor([2.0]) * run.scaler.get_scale()).half().float().norm() / run.scaler.get_scale()
        logged = {
            "loss": (run.w**2).sum(),
            "norm": norm,
            "mean": torch.tensor([] if n == 5 else [1.0]).mean(),
        }
        moved = run.update(2.0)[2]
        names = [name for name, value in logged.items() if not value.isfinite()]
        assert names == ["norm"] * (not moved) + ["mean"] * (n == 5)
        skipped += not moved
    assert skipped == 2 and run.w.isfinite().all()


def a_batch_beyond_the_range_of_fp16_is_finite_in_float32_and_in_bfloat16():
    """
    “Does the batch give nan with an earlier checkpoint, in float32?”
    “Cure: float32 finite: fp16 range; use bfloat16, or switch autocast off in attention and loss.”
    """
    torch.manual_seed(0)
    q = 200 * torch.randn(4, 32)

    def attention(off=False, **more):
        with torch.autocast("cpu", **more):
            k = q.clone()
            if off:
                with torch.autocast("cpu", enabled=False):
                    return (q @ k.T).softmax(-1)
            return (q @ k.T).softmax(-1)

    assert attention(dtype=torch.half).isnan().any() and (q @ q.T).max() > 65_504
    for cured in (
        attention(enabled=False),
        attention(dtype=torch.bfloat16),
        attention(True, dtype=torch.half),
    ):
        assert cured.isfinite().all()
