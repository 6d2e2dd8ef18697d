"""The lines of Hugging Face's Trainer. Nothing is downloaded: the models are made here."""

import tempfile

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

words = np.random.default_rng(0).integers(0, 11, (48, 8))


def _gpt():
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0
    )
    return GPT2LMHeadModel(config)


def _train(net, labels=words, **more):
    data = [{"input_ids": row, "labels": label} for row, label in zip(words, labels, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, num_train_epochs=1, per_device_train_batch_size=8, train_sampling_strategy="sequential",
            save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, logging_steps=1, **more,
        )  # fmt: skip
        trainer = Trainer(net, arguments, train_dataset=data)
        trainer.train()
    for line in trainer.state.log_history:
        if "grad_norm" in line:
            print(line)
    print("weights finite:", all(p.isfinite().all() for p in net.parameters()))


def zero_loss(cured):
    _train(_gpt(), optim="sgd", learning_rate=1e-3 if cured else 1e30)


def unfiltered(cured):
    _train(_gpt(), optim="sgd", learning_rate=1e30, logging_nan_inf_filter=not cured)


def zero_both(cured):
    labels = words.copy()
    if not cured:
        labels[16:24] = -100
    _train(_gpt(), labels)
