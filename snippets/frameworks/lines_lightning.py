"""In your framework: lines for a training of your own, in Lightning.

No program, but pieces of one, where they differ from those for PyTorch: module
and loader are yours. The first piece is the training that the others go into.
"""

# %% --8<-- [start:loop]
import math
import lightning as L
import torch
from torch import nn

trainer = L.Trainer(max_epochs=10)
trainer.fit(module, loader)
# --8<-- [end:loop]


# %% --8<-- [start:every-update]
class EachUpdate(L.Callback):
    def on_train_batch_end(self, trainer, module, outputs, batch, number):
        print(outputs["loss"].item())


trainer = L.Trainer(callbacks=[EachUpdate()])
# --8<-- [end:every-update]


# %% --8<-- [start:stop]
class Stop(L.Callback):
    def on_before_backward(self, trainer, module, loss):
        if not loss.isfinite():
            raise FloatingPointError(f"the loss is {loss.item()}")

    def on_before_optimizer_step(self, trainer, module, optimizer):
        nn.utils.clip_grad_norm_(  # infinity clips nothing
            module.parameters(), math.inf, error_if_nonfinite=True
        )


trainer = L.Trainer(callbacks=[Stop()])
# --8<-- [end:stop]


# %% --8<-- [start:resume]
class Lower(L.Callback):
    def on_train_start(self, trainer, module):  # the checkpoint is loaded
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = 1e-5


trainer = L.Trainer(callbacks=[Lower()])
# --8<-- [end:resume]


# %% --8<-- [start:warm-up]
def configure_optimizers(self):  # of your module; share as in PyTorch
    optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    every_update = {"scheduler": scheduler, "interval": "step"}
    return {"optimizer": optimizer, "lr_scheduler": every_update}


# --8<-- [end:warm-up]

# %% --8<-- [start:clip]
trainer = L.Trainer(gradient_clip_val=1.0)
# --8<-- [end:clip]

# %% --8<-- [start:bf16]
trainer = L.Trainer(precision="bf16-mixed")  # or "16-mixed"
# --8<-- [end:bf16]

# %% --8<-- [start:accumulate]
trainer = L.Trainer(accumulate_grad_batches=4)
# --8<-- [end:accumulate]
