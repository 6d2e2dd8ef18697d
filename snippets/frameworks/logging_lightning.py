"""Read your own run: log the loss of every update, in Lightning.

Needs numpy, torch and lightning. It writes log.csv.
Run it with: python snippets/frameworks/logging_lightning.py
"""

# %% --8<-- [start:model]
import math
from pathlib import Path

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(0)  # 320 samples are 20 batches of 16
X = rng.normal(size=(320, 2)).astype("float32")
noise = rng.normal(size=(320, 1)).astype("float32")
y = X @ np.array([[3], [-2]], "float32") + noise
cost, rate, epochs = nn.MSELoss(), 4.0, 2  # such a rate explodes
# --8<-- [end:model]


# %% --8<-- [start:module]
class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1, bias=False)
        nn.init.zeros_(self.layer.weight)

    def training_step(self, batch, number):
        return cost(self.layer(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=rate)


# --8<-- [end:module]


# %% --8<-- [start:log]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,weight,lr", file=log)


class Record(L.Callback):  # Trainer(callbacks=[Record()])
    def on_before_backward(self, trainer, module, loss):
        self.loss = loss.item()

    def on_before_optimizer_step(self, trainer, module, optimizer):
        norm = nn.utils.clip_grad_norm_(module.parameters(), math.inf)
        weight = next(module.parameters()).flatten()[0].item()
        lr = optimizer.param_groups[0]["lr"]
        record = trainer.global_step, self.loss, norm.item(), weight, lr
        print(*record, sep=",", file=log)
        if not all(map(math.isfinite, record)):
            raise FloatingPointError(f"not finite: {record}")


# --8<-- [end:log]

# %% --8<-- [start:fit]
net, data = Net(), TensorDataset(torch.tensor(X), torch.tensor(y))
trainer = L.Trainer(
    max_epochs=epochs,
    accelerator="cpu",
    callbacks=[Record()],
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
try:
    trainer.fit(net, DataLoader(data, batch_size=16))
except FloatingPointError as stop:
    print("stopped,", stop)
# --8<-- [end:fit]

# %% --8<-- [start:after]
log.close()
print(Path("log.csv").read_text()[-300:])
print("The weights are still", net.layer.weight.tolist())
# --8<-- [end:after]
