"""PyTorch at batch 1 with forward hooks, as published probing code extracts activations.

Usage: python torch_loop.py FOLDER IMAGE... (torch, transformers, pillow). The model has the shape of DINOv2-small
and random weights. A hook copies each block's output to numpy, and each image's states are pickled into FOLDER.
Prints wall-clock and CPU seconds for all images, without loading Python and the model.
"""

import json
import pickle
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

folder, *images = map(Path, sys.argv[1:])
torch.manual_seed(0)
config = Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, patch_size=14)
model = Dinov2Model(config).eval()
processor = BitImageProcessor(
    size={"shortest_edge": 256},
    crop_size={"height": 224, "width": 224},
    resample=3,
    image_mean=[0.485, 0.456, 0.406],
    image_std=[0.229, 0.224, 0.225],
)
states = {}


def keep(name):
    def hook(_module, _inputs, output):
        states[name] = (output[0] if isinstance(output, tuple) else output).detach().cpu().numpy()

    return hook


model.embeddings.register_forward_hook(keep("embed"))
layers = next(module for module in model.modules() if isinstance(module, torch.nn.ModuleList))
for i, layer in enumerate(layers):
    layer.register_forward_hook(keep(f"block.{i}"))

wall, cpu = time.perf_counter(), time.process_time()
with torch.no_grad():
    for image in images:
        inputs = processor(images=Image.open(image).convert("RGB"), return_tensors="pt")
        model(**inputs)
        with open(folder / f"{image.stem}.pkl", "wb") as file:
            pickle.dump(states, file)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "states": {name: list(value.shape) for name, value in states.items()},
        }
    )
)
