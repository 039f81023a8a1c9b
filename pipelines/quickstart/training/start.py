"""
Where the image towers of CLIP, BLIP and FLAVA start: at a ViT that has learned to tell single objects apart.

BLIP's starts at a ViT trained on ImageNet (Li et al. 2022, section 4.1), and FLAVA's at DINO's (Singh et al. 2022,
section 4); CLIP's own has none. Ours need one: from random weights, ten minutes of a CPU core do not get a transformer
with patches of eight pixels to see outlines.
"""

import torch

LAYERS = {
    "clip": ("encoder.layers.", "self_attn.{}_proj", "self_attn.out_proj", "layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"),
    "blip": ("encoder.layers.", None, "self_attn.projection", "layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"),
    "flava": (
        "encoder.layer.",
        "attention.attention.{}",
        "attention.output.dense",
        "layernorm_before",
        "layernorm_after",
        "intermediate.dense",
        "output.dense",
    ),
}
HEADS = {
    "clip": ("embeddings.class_embedding", "embeddings.position_embedding.weight", "embeddings.patch_embedding", "post_layernorm"),
    "blip": ("embeddings.class_embedding", "embeddings.position_embedding", "embeddings.patch_embedding", "post_layernorm"),
    "flava": ("embeddings.cls_token", "embeddings.position_embeddings", "embeddings.patch_embeddings.projection", "layernorm"),
}
FLAVAS = {"q": "query", "k": "key", "v": "value"}


def tower(family, built):
    if family == "flava":
        return built["model"].flava.image_model
    return built["captioner" if family == "blip" else "model"].vision_model


def renamed(family, vit):
    """A ViT's weights under the names of another family's image tower."""
    classes, places, patches, last = HEADS[family]
    prefix, qkv, out, before, after, fc1, fc2 = LAYERS[family]
    positions = vit["embeddings.position_embeddings"].clone()
    if family == "clip":  # whose patches have no bias of their own
        positions[:, 1:] += vit["embeddings.patch_embeddings.projection.bias"]
    state = {classes: vit["embeddings.cls_token"], places: positions}
    for part in ("weight", "bias"):
        state[f"{patches}.{part}"] = vit[f"embeddings.patch_embeddings.projection.{part}"]
        state[f"{last}.{part}"] = vit[f"layernorm.{part}"]
    layers = 1 + max(int(name.split(".")[1]) for name in vit if name.startswith("layers."))
    for layer in range(layers):
        of = lambda name, part: vit[f"layers.{layer}.{name}.{part}"]
        for part in ("weight", "bias"):
            own = [(out, "attention.o_proj"), (before, "layernorm_before"), (after, "layernorm_after"), (fc1, "mlp.fc1"), (fc2, "mlp.fc2")]
            for name, theirs in own:
                state[f"{prefix}{layer}.{name}.{part}"] = of(theirs, part)
            each = {letter: of(f"attention.{letter}_proj", part) for letter in "qkv"}
            if qkv is None:
                state[f"{prefix}{layer}.self_attn.qkv.{part}"] = torch.cat(list(each.values()))
            else:
                for letter, value in each.items():
                    state[f"{prefix}{layer}.{qkv.format(FLAVAS[letter] if family == 'flava' else letter)}.{part}"] = value
    return state


def start(family, built, vit):
    module = tower(family, built)
    own = module.state_dict()
    given = {name: value.reshape(own[name].shape) for name, value in renamed(family, vit).items() if name in own}
    absent = sorted(set(own) - set(given))
    # CLIP's patches have no bias and its stream a norm more; FLAVA has a token for masked patches, and a pooler
    if any(not name.startswith(("pre_layrnorm", "embeddings.mask_token", "embeddings.position_ids", "pooler")) for name in absent):
        raise ValueError(f"no weights for {absent}")
    module.load_state_dict(given, strict=False)
