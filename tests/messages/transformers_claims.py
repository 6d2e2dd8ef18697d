"""What the entries of Hugging Face's Trainer say beside what it prints."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

PROVES = "messages"


def a_batch_without_labels_is_nan_only_where_a_mean_is_taken_and_is_counted():
    """
    “Check: print how many labels count, (batch["labels"] != -100).sum().”
    “all are −100.”
    “Cure: for labels: the prompt fills max_length, or the template that marks the answer does not match.”
    “(In older releases a batch without labels was nan; today it is 0 with a norm of 0.)”
    """
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0
    )
    net = GPT2LMHeadModel(config)
    words = torch.randint(0, 11, (2, 12))
    max_length, prompt = 8, 9  # of twelve words nine are the prompt's, and eight are kept
    labels = words.clone()
    labels[:, :prompt] = -100
    batch = {"input_ids": words[:, :max_length], "labels": labels[:, :max_length]}
    assert (batch["labels"] != -100).sum() == 0 and (labels != -100).sum() == 6
    assert net(**batch).loss.isnan()  # as before the Trainer handed over how many labels it counts
    loss = net(**batch, num_items_in_batch=torch.tensor(6)).loss
    loss.backward()
    assert loss == 0 and all(p.grad.norm() == 0 for p in net.parameters())
    for template, kept in (([3, 4], 4), ([3, 5], 0)):
        text = torch.tensor([1, 2, 3, 4, 7, 8, 9, 10])
        starts = [n + 2 for n in range(7) if text[n : n + 2].tolist() == template]
        answer = torch.full((8,), -100)
        for start in starts:
            answer[start:] = text[start:]
        assert (answer != -100).sum() == kept
