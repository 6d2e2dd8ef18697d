"""Read your own run: log the loss of every update, in Hugging Face's Trainer.

Needs numpy, torch, transformers and accelerate. It writes log.csv, and the
Trainer a folder trainer_output.
Run it with: python snippets/frameworks/logging_transformers.py
"""

# %% --8<-- [start:model]
import math
from pathlib import Path

import numpy as np
from torch import nn
from transformers import Trainer, TrainingArguments

rng = np.random.default_rng(0)  # 320 samples are 20 batches of 16
X = rng.normal(size=(320, 2)).astype("float32")
noise = rng.normal(size=(320, 1)).astype("float32")
y = X @ np.array([[3], [-2]], "float32") + noise
cost, rate, epochs = nn.MSELoss(), 4.0, 2  # such a rate explodes
# --8<-- [end:model]


# %% --8<-- [start:net]
class Net(nn.Module):  # the Trainer wants the loss from the model itself
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1, bias=False)
        nn.init.zeros_(self.layer.weight)

    def forward(self, x, labels):
        return {"loss": cost(self.layer(x), labels)}


# --8<-- [end:net]


# %% --8<-- [start:log]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,weight,lr", file=log)


class LoggingTrainer(Trainer):  # in place of Trainer
    def training_step(self, model, inputs, *more):
        loss = super().training_step(model, inputs, *more)  # and backward
        w = [part for part in model.parameters() if part.requires_grad]
        norm = nn.utils.clip_grad_norm_(w, math.inf).item()  # clips none
        weight = w[-1].flatten()[0].item()  # w[0] may be a rare word's
        lr = self.optimizer.param_groups[0]["lr"]
        record = self.state.global_step, loss.item(), norm, weight, lr
        print(*record, sep=",", file=log)
        if not all(map(math.isfinite, record)):
            raise FloatingPointError(f"not finite: {record}")
        return loss


# --8<-- [end:log]

# %% --8<-- [start:arguments]
arguments = TrainingArguments(
    learning_rate=rate,
    num_train_epochs=epochs,
    per_device_train_batch_size=16,
    train_sampling_strategy="sequential",
    lr_scheduler_type="constant",
    optim="sgd",
    max_grad_norm=0,  # no clipping; by default the Trainer clips at 1
    save_strategy="no",
    report_to="none",
    disable_tqdm=True,
    use_cpu=True,
)
# --8<-- [end:arguments]

# %% --8<-- [start:fit]
net = Net()
data = [{"x": x, "labels": label} for x, label in zip(X, y)]
trainer = LoggingTrainer(net, arguments, train_dataset=data)
try:
    trainer.train()
except FloatingPointError as stop:
    print("stopped,", stop)
# --8<-- [end:fit]

# %% --8<-- [start:after]
log.close()
print(Path("log.csv").read_text()[-300:])
print("The weights are still", net.layer.weight.tolist())
# --8<-- [end:after]
