"""FLAVA, by masked modelling of images and text together, matching and contrast (Singh et al. 2022)."""

import numpy as np
import torch
from sklearn.cluster import MiniBatchKMeans
from transformers import FlavaConfig, FlavaForPreTraining

from scenes import SIDE, flip
from words import LENGTH, MASK, PAD, START

RATE = 5e-4
SEED = 14
EPOCHS = 2
BATCH = 64
PROCESSOR = {
    "image_processor_type": "FlavaImageProcessor",
    "do_resize": True,
    "size": {"height": SIDE, "width": SIDE},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
CROP = True
IGNORED = -100
PATCHES = 64
# FLAVA predicts the codes of DALL-E's dVAE; ours are the nearest of so many centres of patches (k-means)
CODES = 128


def build(words):
    # .02, transformers' default, is for a width of 768
    tower = {"hidden_size": 96, "intermediate_size": 384, "num_attention_heads": 4, "initializer_range": 0.1}
    config = FlavaConfig(
        image_config={**tower, "num_hidden_layers": 4, "image_size": SIDE, "patch_size": 8, "vocab_size": CODES},
        text_config={
            **tower,
            "num_hidden_layers": 2,
            "vocab_size": len(words),
            "max_position_embeddings": LENGTH,
            "pad_token_id": PAD,
        },
        multimodal_config={**tower, "num_hidden_layers": 2},
        hidden_size=96,
        projection_dim=64,
        init_codebook=False,
    )
    return {"model": FlavaForPreTraining(config)}


def patches(images):
    """uint8 [n, 64, 64, 3] → float32 [n × 64, 8 × 8 × 3], row by row."""
    cut = images.view(-1, 8, 8, 8, 8, 3).permute(0, 1, 3, 2, 4, 5)
    return cut.reshape(-1, 192).float() / 255


def prepare(built, scenes):
    """Finds the codes' centres, in the patches of 2,000 scenes."""
    kmeans = MiniBatchKMeans(CODES, random_state=SEED, batch_size=4096, n_init=1, max_iter=20)
    kmeans.fit(patches(scenes.images[:2000]).numpy())
    scenes_of = np.ascontiguousarray(kmeans.cluster_centers_, dtype=np.float32)
    built["model"].register_buffer("centres", torch.from_numpy(scenes_of), persistent=False)


def codes(model, images):
    """int64 [n, 64]: the nearest centre of each patch."""
    return torch.cdist(patches(images), model.centres).argmin(1).view(-1, PATCHES)


def masked_words(captions, generator):
    """BERT's masking: of 15 % of the words 80 % become <mask>, 10 % another word, 10 % stay; and what they were."""
    chosen = (torch.rand(captions.shape, generator=generator) < 0.15) & captions.ne(PAD) & captions.ne(START)
    labels = captions.masked_fill(~chosen, IGNORED)
    fate = torch.rand(captions.shape, generator=generator)
    others = torch.randint(MASK + 1, int(captions.max()) + 1, captions.shape, generator=generator)
    masked = torch.where(chosen & (fate < 0.8), MASK, captions)
    return torch.where(chosen & (fate >= 0.9), others, masked), labels


def run(model, pixels, images, captions, generator, own):
    """One pass with all its losses; `own` says which captions are their image's own."""
    masked, labels = masked_words(captions, generator)
    hidden = torch.rand((len(images), PATCHES), generator=generator) < 0.4
    return model(
        input_ids=captions,
        input_ids_masked=masked,
        pixel_values=pixels,
        attention_mask=captions.ne(PAD).long(),
        bool_masked_pos=hidden,
        mlm_labels=labels,
        mim_labels=codes(model, images),
        itm_labels=own,
        return_loss=True,
    )


def mismatched(captions):
    """Each fourth caption is the next scene's; and which are an image's own."""
    own = (torch.arange(len(captions)) % 4).ne(0)
    return torch.where(own[:, None], captions, captions.roll(1, 0)), own.long()


def losses(built, scenes, words, indices, generator, _progress):
    which = torch.randint(2, (len(indices),), generator=generator)
    images, captions = flip(scenes.images[indices], scenes.captions[indices, which], words, generator)
    captions, own = mismatched(captions)
    output = run(built["model"], scenes.pixels(images), images, captions, generator, own)
    info = output.loss_info
    return {
        "loss": output.loss,
        "masked_patches": info.mmm_image,
        "masked_words": info.mmm_text,
        "matching": info.itm,
        "contrast": info.global_contrastive,
    }


def scores(built, scenes, words):
    model, generator = built["model"], torch.Generator().manual_seed(SEED)
    sums = {}
    for part in torch.arange(len(scenes)).split(100):
        images, captions = scenes.images[part], scenes.captions[part, 0]
        pixels = scenes.pixels(images)
        whole = run(model, pixels, images, captions, generator, torch.ones(100, dtype=torch.long))
        similarity = whole.contrastive_logits_per_image
        paired, own = mismatched(captions)
        matched = run(model, pixels, images, paired, generator, own).itm_logits.argmax(1) == own
        # every category's name masked, read off the words that are left and the image
        names = torch.isin(captions, words.categories)
        output = model(
            input_ids_masked=captions.masked_fill(names, MASK),
            input_ids=captions,
            pixel_values=pixels,
            attention_mask=captions.ne(PAD).long(),
            bool_masked_pos=torch.zeros((100, PATCHES), dtype=torch.bool),
                return_loss=False,
        )
        guessed = output.mmm_text_logits.view(100, LENGTH, -1).argmax(-1)
        row = {
            "masked_patches": whole.loss_info.mmm_image,
            "masked_words": whole.loss_info.mmm_text,
            "masked_category_words_right": (guessed == captions)[names].float().mean(),
            "matching_accuracy": matched.float().mean(),
            "image_to_text_of_100": (similarity.argmax(1) == torch.arange(100)).float().mean(),
        }
        for name, value in row.items():
            sums[name] = sums.get(name, 0.0) + float(value) / (len(scenes) / 100)
    return sums
