"""In your framework: lines for a training of your own, in Hugging Face's Trainer.

No program, but pieces of one, where they differ from those for PyTorch: model
and data are yours. The first piece is the training that the others go into.
"""

# %% --8<-- [start:loop]
import math
from torch import nn
from transformers import Trainer, TrainerCallback, TrainingArguments

arguments = TrainingArguments("out")
trainer = Trainer(model, arguments, train_dataset=data)
trainer.train()
# --8<-- [end:loop]

# %% --8<-- [start:every-update]
arguments = TrainingArguments(
    "out", logging_steps=1, logging_nan_inf_filter=False
)
# --8<-- [end:every-update]


# %% --8<-- [start:stop]
class Stop(TrainerCallback):
    def on_pre_optimizer_step(self, args, state, control, model, **more):
        nn.utils.clip_grad_norm_(  # infinity clips nothing
            model.parameters(), math.inf, error_if_nonfinite=True
        )


trainer = Trainer(model, arguments, train_dataset=data, callbacks=[Stop()])
# --8<-- [end:stop]


# %% --8<-- [start:resume]
class Lower(TrainerCallback):
    def on_train_begin(self, args, state, control, **more):
        scheduler, rate = more["lr_scheduler"], args.learning_rate
        scheduler.base_lrs = [rate for _ in scheduler.base_lrs]
        for group in more["optimizer"].param_groups:
            group["lr"] = rate


arguments = TrainingArguments("out", learning_rate=1e-5)
trainer = Trainer(model, arguments, train_dataset=data, callbacks=[Lower()])
trainer.train(resume_from_checkpoint=True)
# --8<-- [end:resume]

# %% --8<-- [start:warm-up]
arguments = TrainingArguments(
    "out", learning_rate=1e-3, warmup_steps=100, lr_scheduler_type="cosine"
)
# --8<-- [end:warm-up]

# %% --8<-- [start:clip]
arguments = TrainingArguments("out", max_grad_norm=1.0)  # the default
# --8<-- [end:clip]

# %% --8<-- [start:adamw]
arguments = TrainingArguments("out", learning_rate=1e-3, weight_decay=0.1)
# --8<-- [end:adamw]

# %% --8<-- [start:bf16]
arguments = TrainingArguments("out", bf16=True)  # or fp16=True
# --8<-- [end:bf16]

# %% --8<-- [start:accumulate]
arguments = TrainingArguments("out", gradient_accumulation_steps=4)
# --8<-- [end:accumulate]
