"""
ViT, by supervised classification: first of single objects, then of the main object of whole scenes; from CLS alone.

As it is after the first phase it is where the image towers of the other families start: see start.py.
"""

import json

import numpy as np
import torch
from transformers import ViTConfig, ViTForImageClassification

from scenes import CATEGORIES, PRIMARIES, SIDE

SEED = 11
EPOCHS = 16
BATCH = 64
RATE = 1e-3
# as transformers' default for a classifier; pixels in −1 … 1
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "do_resize": True,
    "size": {"height": SIDE, "width": SIDE},
    "resample": 2,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}
CROP = True
# For this share of the steps the encoder sees windows about any one object, as photographs of single objects are; for
# the next share windows about the main object that grow into the whole scene; then whole scenes alone.
SINGLE, GROWING = 0.45, 0.25


def build(words):
    config = ViTConfig(
        image_size=SIDE,
        patch_size=8,
        num_hidden_layers=4,
        hidden_size=96,
        num_attention_heads=4,
        intermediate_size=384,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        # .02, transformers' default, is for a width of 768
        initializer_range=0.1,
        id2label=dict(enumerate(CATEGORIES)),
        label2id={name: i for i, name in enumerate(CATEGORIES)},
        attn_implementation="eager",
    )
    return {"model": ViTForImageClassification(config)}


def prepare(built, scenes):
    """Every object of the scenes: whose it is, its category, its box in shares of the image, and which are main."""
    owners, labels, boxes, main = [], [], [], []
    for scene, row in enumerate(scenes.table):
        for place, thing in enumerate(json.loads(row["objects"])):
            box = box_of(thing["segmentation"]["counts"], row["height"], row["width"])
            if box is None:
                continue
            owners.append(scene)
            labels.append(CATEGORIES.index(thing["category"]))
            boxes.append(box)
            main.append(thing["category"] == row["primary"])
    model = built["model"]
    model.owners, model.labels = torch.tensor(owners), torch.tensor(labels)
    model.boxes = torch.tensor(boxes, dtype=torch.float32)
    model.main = torch.full((len(scenes),), -1)
    places = torch.tensor(main).nonzero()[:, 0]
    model.main[model.owners[places]] = places


def box_of(counts, height, width):
    """(left, top, right, bottom) of a mask, COCO's uncompressed RLE, in shares; None where all of it is hidden."""
    ends = np.cumsum(counts)
    starts, ends = ends[:-1:2], ends[1::2]
    keep = ends > starts
    if not keep.any():
        return None
    starts, ends = starts[keep], ends[keep] - 1
    left, right = starts[0] // height, ends[-1] // height + 1
    crossing = (starts // height) != (ends // height)
    top = 0 if crossing.any() else (starts % height).min()
    bottom = height if crossing.any() else (ends % height).max() + 1
    return left / width, top / height, right / width, bottom / height


def windows(images, middles, halves):
    """float32 [n, 3, 64, 64]: square windows of images, middles and half sides in shares; edges go on outside."""
    scale = torch.diag_embed(halves[:, None].expand(-1, 2))
    grid = torch.nn.functional.affine_grid(
        torch.cat([scale, (2 * middles - 1)[:, :, None]], 2), [len(images), 3, SIDE, SIDE], align_corners=False
    )
    return torch.nn.functional.grid_sample(images, grid, align_corners=False, padding_mode="border")


def symmetric(pixels, generator):
    """One of the square's eight symmetries: none of them changes what an object is."""
    which = int(torch.randint(8, (1,), generator=generator))
    if which & 1:
        pixels = pixels.flip(2)
    if which & 2:
        pixels = pixels.flip(3)
    return (pixels.transpose(2, 3) if which & 4 else pixels).contiguous()


def losses(built, scenes, words, indices, generator, progress):
    model = built["model"]
    count = len(indices)
    if progress >= SINGLE and not hasattr(model, "objects"):
        model.objects = {name: value.detach().clone() for name, value in model.vit.state_dict().items()}
    if progress < SINGLE:
        chosen = torch.randint(len(model.labels), (count,), generator=generator)
    else:
        chosen = model.main[indices]
    boxes = model.boxes[chosen]
    pixels = scenes.pixels(scenes.images[model.owners[chosen]])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    tight = (boxes[:, 2:] - boxes[:, :2]).amax(1) / 2 * (1 + torch.rand(count, generator=generator))
    # how far from the tight window (0) to the whole scene (1)
    grown = min(1.0, max(0.0, (progress - SINGLE) / GROWING))
    share = torch.rand(count, generator=generator) * 2 * grown
    share = share.clamp(max=1) if grown < 1 else torch.ones(count)
    halves = tight + (0.5 - tight) * share
    middles = middles + (0.5 - middles) * share[:, None]
    # half sides in shares of the image are scales of its grid from −1 to 1, doubled
    pixels = symmetric(windows(pixels, middles, 2 * halves), generator)
    logits = model(pixel_values=pixels).logits.float()
    loss = torch.nn.functional.cross_entropy(logits, model.labels[chosen])
    return {"loss": loss, "right": (logits.argmax(1) == model.labels[chosen]).float().mean()}


def scores(built, scenes, words):
    model = built["model"]
    logits = torch.cat([model(pixel_values=scenes.pixels(images)).logits for images in scenes.images.split(250)])
    primary = torch.tensor([CATEGORIES.index(name) for name in PRIMARIES])[scenes.primary]
    among = logits[:, [CATEGORIES.index(name) for name in PRIMARIES]].argmax(1)
    return {
        "loss": torch.nn.functional.cross_entropy(logits, primary),
        "main_object_accuracy_of_9": (logits.argmax(1) == primary).float().mean(),
        "main_object_accuracy_of_2": (among == scenes.primary).float().mean(),
    }
