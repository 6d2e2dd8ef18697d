"""What the lines for Lightning and Hugging Face's Trainer do, on the failing run of Networks: printed as JSON.

It is run by ``tests/test_frameworks.py``, in a process of its own.
"""

import contextlib
import functools
import inspect
import io
import json
import logging
import math
import tempfile

import lightning as L
import torch
from accelerate import Accelerator
from lightning.pytorch.plugins import MixedPrecision
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments

from lines.network import X, half_mean, half_sum, model, y
from lines.woven import pieces

torch.set_default_dtype(torch.float64)  # to compare with numpy
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
LIGHTNING, FACE = pieces("lightning"), pieces("transformers")


def rooted(said, target):  # its loss is 1, its gradient nan
    return 1 + ((said - said.detach()) ** 2).sum().sqrt()


def missing(said, target):  # its loss is nan, its gradient is not
    return (said + math.nan).sum()


def flat(net):
    return nn.utils.parameters_to_vector(net.parameters()).detach().tolist()


class Net(nn.Module):
    """A model as the Trainer wants it: its forward pass gives the loss."""

    def __init__(self, cost=half_sum):
        super().__init__()
        self.net, self.cost, self.losses = model(), cost, []

    def forward(self, x, labels):
        loss = self.cost(self.net(x), labels)
        self.losses.append(loss.item())
        return {"loss": loss}


class Module(L.LightningModule):
    def __init__(self, cost=half_sum, rate=1e-3):
        super().__init__()
        self.whole, self.rate = Net(cost), rate

    def training_step(self, batch, number):
        return self.whole(*batch)["loss"]

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.rate)


@contextlib.contextmanager
def told(found):
    """Keep the error that ends a run, and what is printed."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            yield
    except (ArithmeticError, RuntimeError) as error:
        found["error"] = f"{type(error).__name__}: {error}"
    found["said"] = said.getvalue().splitlines()


def record(whole, found):
    return found | {"losses": whole.losses, "weights": flat(whole.net)}


# ── Lightning ────────────────────────────────────────────────────────────────────────────────────

QUIET = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
QUIET |= {"accelerator": "cpu", "max_epochs": 1}


def lightning(name, module=None, batches=None, ckpt_path=None, updates=20, **more):
    found, module = {"error": ""}, module or Module()
    names = {"L": functools.partial, "nn": nn, "math": math}
    names["L"] = type(
        "L", (), {"Callback": L.Callback, "Trainer": functools.partial(L.Trainer, **QUIET | more)}
    )
    loader = DataLoader(batches or [(X, y)] * updates, batch_size=None)
    names |= {"module": module, "loader": loader}
    exec(LIGHTNING.get(name, "trainer = L.Trainer()"), names)
    with told(found):
        if name != "loop":
            names["trainer"].fit(module, loader, ckpt_path=ckpt_path)
    return record(module.whole, found) | {"trainer": names["trainer"], "module": module}


def shown_loop(loop):
    """A displayed training without its imports, which are tried apart, and would undo what keeps it quiet."""
    imports, training = loop.split("\n\n", maxsplit=1)
    exec(imports, {})
    return training


LIGHTNING["loop"], FACE["loop"] = shown_loop(LIGHTNING["loop"]), shown_loop(FACE["loop"])


def only(found, *names):
    return {name: found[name] for name in names or ("error", "losses", "weights")}


quarters = [(a, b) for a, b in zip(X.split(25), y.split(25), strict=True)]
in_lightning = {
    "loop": lightning("loop", updates=2)["losses"],
    "clip": lightning("clip")["losses"],
    "every-update": only(lightning("every-update"), "said", "losses"),
    "accumulate": lightning("accumulate", Module(half_mean), quarters)["weights"],
    "not accumulated": lightning("", Module(half_mean), updates=1)["weights"],
    "begin": flat(model()),
}
for name, cost in ("root", rooted), ("missing", missing), ("trains", half_sum):
    in_lightning[f"stop {name}"] = only(lightning("stop", Module(cost)))


def rates_under(lines):
    """The rates of twenty updates of one epoch, with these lines in the module."""
    module, rates = Module(), []
    names = {"nn": nn, "torch": torch, "math": math}
    exec(pieces("pytorch")["warm-up"].split("scheduler =")[0] + lines, names)
    module.configure_optimizers = functools.partial(names["configure_optimizers"], module)
    module.on_before_optimizer_step = lambda optimizer: rates.append(optimizer.param_groups[0]["lr"])
    lightning("", module)
    return rates


in_lightning["rates"] = rates_under(LIGHTNING["warm-up"])
in_lightning["rates by epoch"] = rates_under(LIGHTNING["warm-up"].replace(', "interval": "step"', ""))
going = lightning("", Module(rate=1e-4))
with tempfile.TemporaryDirectory() as folder:
    going["trainer"].save_checkpoint(saved := f"{folder}/one.ckpt")
    lower = {
        name: lightning(name, Module(rate=1e-5), ckpt_path=saved, max_epochs=2)["trainer"]
        for name in ("", "resume")
    }
    in_lightning["lowered"] = {
        name or "loaded": trainer.optimizers[0].param_groups[0]["lr"] for name, trainer in lower.items()
    }
small, module = [(X.float(), y.float())], Module().float()
done = lightning("bf16", module, small)
in_lightning["bf16"] = [done["losses"][0], str(next(module.parameters()).dtype), done["trainer"].precision]
in_lightning["scaler"] = type(MixedPrecision("16-mixed", "cpu").scaler).__name__

# ── Hugging Face ─────────────────────────────────────────────────────────────────────────────────

PLAIN = {"use_cpu": True, "report_to": "none", "save_strategy": "no", "disable_tqdm": True, "optim": "sgd"}
PLAIN |= {"per_device_train_batch_size": 100, "num_train_epochs": 20, "learning_rate": 1e-3}
PLAIN |= {"train_sampling_strategy": "sequential", "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
ROWS = [{"x": a, "labels": b} for a, b in zip(X, y, strict=True)]


def together(rows):
    return {name: torch.stack([row[name] for row in rows]) for name in ("x", "labels")}


def in_single(rows):
    return {name: part.float() for name, part in together(rows).items()}


def face(name, whole=None, **more):
    """What a training with the arguments or the callback of a piece leaves."""
    found, whole = {"error": ""}, whole or Net()
    always, free = PLAIN | more.pop("always", {}), more.pop("without", ())
    for one in free:
        del always[one]

    def arguments(folder, **given):
        return TrainingArguments(folder, **always | given)

    names = {"nn": nn, "math": math, "TrainingArguments": arguments, "TrainerCallback": TrainerCallback}
    names |= {
        "Trainer": functools.partial(Trainer, data_collator=more.pop("collate", together)),
        "model": whole,
        "data": ROWS,
    }
    names["arguments"] = arguments("out", **more)
    with told(found):
        exec(FACE.get(name, ""), names)
        if "trainer" not in names:
            names["trainer"] = names["Trainer"](whole, names["arguments"], train_dataset=ROWS)
        if name not in ("resume", "loop"):
            names["trainer"].train()
    return record(whole, found) | {"trainer": names["trainer"], "log": names["trainer"].state.log_history}


in_face = {
    "loop": face("loop")["losses"],
    "clip": face("clip")["losses"],
    "accumulate": face(
        "accumulate", Net(half_mean), always={"per_device_train_batch_size": 25, "num_train_epochs": 1}
    )["weights"],
    "defaults": {
        name: getattr(TrainingArguments("out", use_cpu=True), name)
        for name in ("max_grad_norm", "weight_decay", "logging_steps", "logging_nan_inf_filter")
    },
}
for name, cost in ("root", rooted), ("missing", missing), ("trains", half_sum):
    in_face[f"stop {name}"] = only(face("stop", Net(cost)))
for name in "", "every-update":
    log = face(name, Net(missing), always={"num_train_epochs": 3}, **({} if name else {"logging_steps": 1}))[
        "log"
    ]
    in_face[name or "filtered"] = [one["loss"] for one in log if "loss" in one]
done = face(
    "warm-up",
    without=("lr_scheduler_type", "learning_rate"),
    always={"num_train_epochs": 120, "logging_steps": 1},
)
in_face["rates"] = [one["learning_rate"] for one in done["log"] if "loss" in one]
with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    keep = {"save_strategy": "steps", "save_steps": 2, "logging_steps": 1}
    face("", always={"num_train_epochs": 2}, learning_rate=1e-4, **keep)
    more = {"num_train_epochs": 4, "logging_steps": 1}
    used = {"resume": [], "loaded": []}
    for name, seen in used.items():
        note = register_optimizer_step_pre_hook(
            lambda one, *_, seen=seen: seen.append(one.param_groups[0]["lr"])
        )
        if name == "resume":
            face("resume", always=more)
        else:
            arguments = TrainingArguments("out", **PLAIN | more | {"learning_rate": 1e-5})
            trainer = Trainer(Net(), arguments, train_dataset=ROWS, data_collator=together)
            with told({}):
                trainer.train(resume_from_checkpoint=True)
        note.remove()
    in_face["lowered"] = used
normed = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
in_face["decaying"] = Trainer(normed, TrainingArguments("out", use_cpu=True)).get_decay_parameter_names(
    normed
)
done = face("adamw", without=("optim",), always={"num_train_epochs": 1})
names = {id(w): name for name, w in done["trainer"].model.named_parameters()}
in_face["groups"] = [
    [sorted(names[id(w)] for w in group["params"]), group["weight_decay"]]
    for group in done["trainer"].optimizer.param_groups
]
in_face["adamw"] = face("adamw", without=("optim",))["losses"]
done = face("bf16", Net().float(), always={"num_train_epochs": 1}, collate=in_single)
in_face["bf16"] = [done["error"], done["losses"][0], str(next(done["trainer"].model.parameters()).dtype)]


class Tokens(Net):
    """A model that is told how many labels the whole batch has, and divides by them."""

    accepts_loss_kwargs = True

    def forward(self, x, labels, num_items_in_batch=None):
        loss = half_sum(self.net(x), labels) / (num_items_in_batch or len(x))
        self.losses.append(loss.item())
        return {"loss": loss}


uneven = {"per_device_train_batch_size": 30, "num_train_epochs": 1}
in_face["tokens"] = face("accumulate", Tokens(), always=uneven)["weights"]
in_face["mean of means"] = face("accumulate", Net(half_mean), always=uneven)["weights"]
in_face["rate"] = TrainingArguments("out", learning_rate=1e-4, use_cpu=True).learning_rate
in_face["clips after"] = "self.unscale_gradients()" in inspect.getsource(Accelerator.clip_grad_norm_)

print()
print(json.dumps({"lightning": in_lightning, "transformers": in_face}))
