"""The loop that all four families are trained by: AdamW, a cosine schedule, bfloat16 activations, one CPU thread."""

import math
import time

import torch


def schedule(step, steps, warmup):
    if step < warmup:
        return (step + 1) / warmup
    return 0.02 + 0.98 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def train(modules, batch_loss, examples, *, seed, epochs, batch, rate=1e-3, decay=0.05, scores, clip_norm=1.0):
    """
    Trains in place; returns the log, a row an epoch.

    batch_loss(indices, generator, progress) gives a dictionary of losses, of which "loss" is minimised; scores() a dictionary of
    held-out scores.
    """
    order, augmentation = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed + 1)
    # a tensor that two modules share is one parameter
    parameters = list({id(p): p for module in modules for p in module.parameters() if p.requires_grad}.values())
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), foreach=True)
    per_epoch = examples // batch
    steps = epochs * per_epoch
    log, step, started = [], 0, time.process_time()
    for epoch in range(epochs):
        for module in modules:
            module.train()
        sums = {}
        for indices in torch.randperm(examples, generator=order)[: per_epoch * batch].split(batch):
            for group in optimizer.param_groups:
                group["lr"] = rate * schedule(step, steps, warmup=min(400, steps // 10))
            with torch.autocast("cpu", torch.bfloat16):
                losses = batch_loss(indices, augmentation, step / steps)
            optimizer.zero_grad(set_to_none=True)
            losses["loss"].backward()
            torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
            optimizer.step()
            step += 1
            if step % 100 == 0:
                print(step, {name: round(float(value.detach()), 3) for name, value in losses.items()}, flush=True)
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
        for module in modules:
            module.eval()
        with torch.no_grad():
            held_out = scores()
        row = {
            "epoch": epoch + 1,
            "train": {name: round(value / per_epoch, 4) for name, value in sums.items()},
            "held_out": {name: round(float(value), 4) for name, value in held_out.items()},
        }
        log.append(row)
        print(row, f"{time.process_time() - started:.0f} s", flush=True)
    return log
