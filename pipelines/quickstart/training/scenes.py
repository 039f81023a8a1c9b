"""Scenes as `probeline run scenes.ts` left them in its store, ready to train on: all of them in memory, as uint8."""

import hashlib
import json
import pathlib

import numpy as np
import pyarrow.parquet as parquet
import torch
from PIL import Image
from transformers import AutoImageProcessor

PRIMARIES = ["disc", "square"]
SECONDARIES = ["triangle", "star", "cross", "ring"]
CATEGORIES = [*PRIMARIES, *SECONDARIES, "crescent", "arrow", "bar"]
SIDE = 64


def rows(store, node):
    """The table of a node of the store's last run, a dictionary a scene."""
    return parquet.read_table(pathlib.Path(store) / "runs/latest" / f"{node}.parquet").to_pylist()


def image_of(store, row):
    return Image.open(pathlib.Path(store) / row["image_path"]).convert("RGB")


def resized(store, table, processor, crop=True):
    """uint8 [scenes, height, width, 3]: what the processor makes of each image before it rescales and normalises."""
    settings = f"{processor.to_json_string()} {crop} {[row['image_sha256'] for row in table]}"
    kept = pathlib.Path(store) / "resized" / f"{hashlib.sha256(settings.encode()).hexdigest()[:16]}.npy"
    if kept.exists():
        return np.load(kept)
    options = {"do_rescale": False, "do_normalize": False, "return_tensors": "np"}
    if not crop:
        options["do_center_crop"] = False
    images = []
    for start in range(0, len(table), 256):
        batch = [image_of(store, row) for row in table[start : start + 256]]
        pixels = np.asarray(processor(batch, **options)["pixel_values"])
        images.append(np.round(pixels).astype(np.uint8).transpose(0, 2, 3, 1))
    whole = np.ascontiguousarray(np.concatenate(images))
    kept.parent.mkdir(exist_ok=True)
    np.save(kept, whole)
    return whole


class Scenes:
    """images uint8 [n, H, W, 3]; captions as token ids int64 [n, 2, length]; primary and secondary as class numbers."""

    def __init__(self, store, node, family, words, crop=True):
        self.processor = AutoImageProcessor.from_pretrained(family)
        self.table = table = rows(store, node)
        self.images = torch.from_numpy(resized(store, table, self.processor, crop))
        self.captions = torch.stack([words.encode(row["captions"]) for row in table])
        self.primary = torch.tensor([PRIMARIES.index(row["primary"]) for row in table])
        self.secondary = torch.tensor([SECONDARIES.index(row["secondary"]) for row in table])
        self.mean = torch.tensor(self.processor.image_mean)
        self.std = torch.tensor(self.processor.image_std)

    def __len__(self):
        return len(self.images)

    def pixels(self, images):
        """uint8 [n, 64, 64, 3] → the encoder's input, float32 [n, 3, 64, 64]."""
        return ((images.float() / 255 - self.mean) / self.std).permute(0, 3, 1, 2).contiguous()


def flip(images, captions, words, generator):
    """Mirrors half of the images from left to right and half upside down, and says so in their captions."""
    images, captions = images.clone(), captions.clone()
    for axis, swapped in ((2, words.left_right), (1, words.up_down)):
        chosen = torch.rand(len(images), generator=generator) < 0.5
        images[chosen] = images[chosen].flip(axis)
        captions[chosen] = swapped[captions[chosen]]
    return images, captions


def write_json(path, value):
    pathlib.Path(path).write_text(json.dumps(value, indent=2) + "\n")
