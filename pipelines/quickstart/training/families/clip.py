"""CLIP, by contrast of images and captions (Radford et al. 2021, figure 3)."""

import torch
from transformers import CLIPConfig, CLIPModel

from scenes import PRIMARIES, SECONDARIES, SIDE, flip
from words import END, LENGTH, PAD, START

RATE = 5e-4
SEED = 12
EPOCHS = 4
BATCH = 128
PROCESSOR = {
    "image_processor_type": "CLIPImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": SIDE},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
CROP = False  # trained on random squares of the resized images, CLIP's only augmentation; ours are also mirrored


# transformers' defaults are for widths of 512 and more: with them nothing was learnt of shapes
WIDE_START = {"initializer_range": 0.1, "initializer_factor": 2.0}


def build(words):
    tower = {"hidden_size": 96, "intermediate_size": 384, "num_attention_heads": 4, "projection_dim": 64, **WIDE_START}
    config = CLIPConfig(
        vision_config={**tower, "num_hidden_layers": 4, "image_size": SIDE, "patch_size": 8},
        text_config={
            **tower,
            "num_hidden_layers": 3,
            "vocab_size": len(words),
            "max_position_embeddings": LENGTH,
            "pad_token_id": PAD,
            "bos_token_id": START,
            "eos_token_id": END,
        },
        projection_dim=64,
        attn_implementation="eager",
    )
    return {"model": CLIPModel(config)}


def square(scenes, indices, generator):
    images = scenes.images[indices]
    left = int(torch.randint(images.shape[2] - SIDE + 1, (1,), generator=generator))
    return images[:, :, left : left + SIDE]


def losses(built, scenes, words, indices, generator, _progress):
    which = torch.randint(2, (len(indices),), generator=generator)
    captions = scenes.captions[indices, which]
    images, captions = flip(square(scenes, indices, generator), captions, words, generator)
    output = built["model"](
        input_ids=captions, attention_mask=captions.ne(PAD), pixel_values=scenes.pixels(images), return_loss=True
    )
    return {"loss": output.loss}


def prompt_scores(model, embeddings, words, names, labels):
    """Accuracy of the nearest prompt "A picture of a {category}.", the words of the training captions."""
    prompts = words.encode([f"A picture of a {name}." for name in names])
    text = torch.nn.functional.normalize(
        model.get_text_features(input_ids=prompts, attention_mask=prompts.ne(PAD)).pooler_output, dim=-1
    )
    return ((embeddings @ text.T).argmax(1) == labels).float().mean()


def scores(built, scenes, words):
    model = built["model"]
    images = torch.cat(
        [model.get_image_features(pixel_values=scenes.pixels(part)).pooler_output for part in scenes.images.split(250)]
    )
    captions = scenes.captions[:, 0]
    texts = model.get_text_features(input_ids=captions, attention_mask=captions.ne(PAD)).pooler_output
    images, texts = (torch.nn.functional.normalize(part, dim=-1) for part in (images, texts))
    similarity = torch.stack([i @ t.T for i, t in zip(images.split(100), texts.split(100))])
    right = torch.arange(100)
    return {
        "image_to_text_of_100": (similarity.argmax(2) == right).float().mean(),
        "text_to_image_of_100": (similarity.argmax(1) == right).float().mean(),
        "zero_shot_main_of_2": prompt_scores(model, images, words, PRIMARIES, scenes.primary),
        "zero_shot_second_of_4": prompt_scores(model, images, words, SECONDARIES, scenes.secondary),
        "logit_scale": model.logit_scale.exp(),
    }
