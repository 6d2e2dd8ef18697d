"""The lines of PyTorch."""

import torch
from torch import nn

NAN = float("nan")


def _net(dtype=torch.float32):
    net = nn.Linear(2, 1, dtype=dtype)
    return net, torch.optim.SGD(net.parameters(), lr=0.1), torch.amp.GradScaler("cpu")


def loss_nan(cured):
    """Descent on y = 1000 x, above the limit and below."""
    x = torch.linspace(-10, 10, 20)
    w = torch.zeros(1, requires_grad=True)
    for _ in range(200):
        loss = ((w * x - 1000 * x) ** 2).mean()
        (slope,) = torch.autograd.grad(loss, w)
        w = (w - (0.01 if cured else 0.1) * slope).detach().requires_grad_()
    print(f"loss: {loss.item()}")


def guard(cured):
    """A sigmoid of −200 where the label is 1. Cured: from the scores."""
    score, label = torch.tensor([-200.0], requires_grad=True), torch.ones(1)
    cost = nn.BCEWithLogitsLoss()(score, label) if cured else nn.BCELoss()(torch.sigmoid(score), label)
    cost.backward()
    print(f"loss: {cost.item()}")
    print(f"slope: {score.grad.item():.1f}")


def target_size(cured):
    torch.manual_seed(0)
    x = torch.arange(4.0)[:, None]
    target, net = x[:, 0] * 3, nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(1000):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x).squeeze(1) if cured else net(x), target)
        loss.backward()
        optimizer.step()
    print(f"ends at {loss.item():.4f}, variance {target.var(correction=0).item():.4f}")


def anomaly(cured):
    w = torch.zeros(2, requires_grad=True)
    with torch.autograd.detect_anomaly():
        ((w**2).sum() + (1e-12 if cured else 0)).sqrt().backward()
    return w.grad.isfinite().all()


def clip_error(cured):
    w = torch.zeros(2, requires_grad=True)
    (w * (1 if cured else NAN)).sum().backward()
    return nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


def acos_of_1(cured):
    x = torch.ones(1, requires_grad=True)
    with torch.autograd.detect_anomaly():
        torch.acos(x).backward()
    return "slope", x.grad.item()


def ctc(cured):
    frames = 5 if cured else 4
    torch.manual_seed(0)
    scores = torch.randn(frames, 1, 4, requires_grad=True)
    label = torch.tensor([[1, 1, 2, 3]])
    loss = nn.CTCLoss()(scores.log_softmax(2), label, torch.tensor([frames]), torch.tensor([4]))
    loss.backward()
    return f"{loss.item()} and its gradient is nan: {scores.grad.isnan().any().item()}"


def bce(cured):
    score = torch.tensor([3.0])
    return nn.BCEWithLogitsLoss()(score, torch.ones(1)) if cured else nn.BCELoss()(score, torch.ones(1))


def bce_nan(cured):
    return nn.BCELoss()(torch.tensor([0.5 if cured else NAN]), torch.ones(1))


def batch_of_one(cured):
    return nn.BatchNorm1d(3).train(not cured)(torch.ones(1, 3))


def half_fill(cured):
    x, closed = torch.zeros(2, dtype=torch.half), torch.tensor([True, False])
    return x.masked_fill(closed, torch.finfo(x.dtype).min if cured else -1e9)


def constraint(cured):
    return (
        torch.distributions.Normal(torch.tensor([[0.0 if cured else NAN]]), torch.ones(1, 1)).sample().shape
    )


def constraint_of_a_choice(cured):
    return torch.distributions.Categorical(logits=torch.tensor([[0.0 if cured else NAN, 1.0]])).sample()


def std(cured):
    """One update of a spread of 0.1 along a slope of 2. Cured: of its log."""
    spread = torch.tensor([0.1])
    log_std = spread.log() - 0.1 * 2
    return torch.distributions.Normal(
        0.0, log_std.exp() if cured else spread - 0.1 * 2, validate_args=False
    ).sample()


def std_nan(cured):
    return torch.normal(torch.zeros(1), torch.tensor([1.0 if cured else NAN]))


def probability(cured):
    scores = torch.tensor([70_000.0, 1.0]).to(torch.bfloat16 if cured else torch.half)
    return torch.multinomial(scores.float().softmax(0), 1)


def temperature(cured):
    scores = torch.tensor([2.0, 0.0])
    return torch.multinomial((scores / (1.0 if cured else 0.0)).softmax(0), 1)


def unscale_fp16(cured):
    net, optimizer, scaler = _net(torch.half)
    if cured:
        for p in net.parameters():
            p.data = p.data.float() if p.requires_grad else p.data
    kind = next(net.parameters()).dtype
    scaler.scale(net(torch.ones(1, 2, dtype=kind)).sum()).backward()
    scaler.unscale_(optimizer)


def inf_checks(cured):
    net, optimizer, scaler = _net()
    loss = scaler.scale(net(torch.ones(1, 2)).sum())
    if cured:
        loss.backward()
    scaler.step(optimizer)
    scaler.update()


def unscale_twice(cured):
    net, optimizer, scaler = _net()
    for _ in range(2):
        scaler.scale(net(torch.ones(1, 2)).sum()).backward()
        if not cured:
            scaler.unscale_(optimizer)
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()


def scheduler_first(cured):
    """The first update is skipped. Cured: the schedule steps only when the scale has not fallen."""
    net, optimizer, scaler = _net()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    for size in 1e35, 1.0:
        optimizer.zero_grad()
        scaler.scale(net(torch.full((1, 2), size)).sum()).backward()
        before = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if not cured or scaler.get_scale() == before:
            schedule.step()
    return f"scale {scaler.get_scale():.0f}"


def norm_inf(cured):
    """A skipped update: the norm is inf, and the weights are as they were. Cured: the next, at a lower scale."""
    w = nn.Parameter(torch.ones(1))
    optimizer, scaler = torch.optim.SGD([w], lr=0.1), torch.amp.GradScaler("cpu")
    for n in range(2 if cured else 1):
        optimizer.zero_grad()
        scaler.scale((w * (1.0 if n else 1e35)).sum()).backward()
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_([w], 1.0).item()
        scaler.step(optimizer)
        scaler.update()
    print(f"grad_norm: {norm} weight: {w.item():.1f}")


def norm_nan(cured):
    """√ at 0: the loss is 1 and the norm nan; with a small number under the root both are numbers."""
    w = torch.zeros(2, requires_grad=True)
    loss = 1 + ((w**2).sum() + (1e-12 if cured else 0)).sqrt()
    loss.backward()
    print({"loss": round(loss.item(), 3), "grad_norm": nn.utils.clip_grad_norm_([w], 1.0).item()})
