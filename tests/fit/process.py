"""A training run in a process of its own: to be killed, to be one of several, to lack rights.

    python process.py OUT plain|sharded|killed [USER]

Prints "begun" before the first loss; leaves in OUT final.safetensors, and world.json with the number
of processes.  USER is the id of the user to run as.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import models
import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments

import assay.fit_trainer  # noqa: F401 - so that all is imported before the rights go
from assay.fit import BatchLoss, FitConfig, fit
from assay.fit_tensors import weights_of

CONFIG = FitConfig(learning_rate=1e-3, batch_rows=8, batch_tokens=80, epochs=30, save_every=4)  # 150 steps
SHORT = FitConfig(learning_rate=1e-3, batch_rows=7, batch_tokens=40, save_every=3)  # 6 steps; the last has 5 rows


def main(out: Path, kind: str, user: int) -> None:
    torch.set_num_threads(1)
    rows = models.pairs(40)
    begun = False

    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        nonlocal begun
        if not begun:
            begun = True
            print("begun", flush=True)
        return models.bradley_terry(model, batch)

    model = models.tiny(dropout=0.3 if kind == "killed" else 0.0)
    if kind == "sharded":
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        dist.init_process_group("gloo")
        mesh = init_device_mesh("cpu", (dist.get_world_size(),))
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
    if user:
        Trainer(model, TrainingArguments(str(out), use_cpu=True, report_to="none"))  # imports while it still may
        os.setuid(user)
    config = CONFIG if kind == "killed" else SHORT
    fit(model, rows, models.collate, loss, config, out, length=lambda row: row.tokens, resume=True)
    whole = weights_of(model)
    if not dist.is_initialized() or dist.get_rank() == 0:
        world = dist.get_world_size() if dist.is_initialized() else 1
        (out / "world.json").write_text(json.dumps(world))
        save_file(whole, out / "final.safetensors")
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
