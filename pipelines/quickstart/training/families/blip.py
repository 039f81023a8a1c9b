"""BLIP, by captioning and image–text matching: two models of transformers around one vision tower (Li et al. 2022)."""

import torch
from transformers import BlipConfig, BlipForConditionalGeneration, BlipForImageTextRetrieval

from scenes import SIDE, flip
from words import END, LENGTH, PAD, START

RATE = 5e-4
SEED = 13
EPOCHS = 3
BATCH = 64
PROCESSOR = {
    "image_processor_type": "BlipImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"height": SIDE, "width": SIDE},
    "resample": 3,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
CROP = True
IGNORED = -100
# transformers' default for the vision tower, 1e-10, is for weights that are loaded afterwards; and .02, that of the
# text towers, is for a width of 768
START_RANGE = 0.1


def build(words):
    config = BlipConfig(
        vision_config={
            "hidden_size": 96,
            "intermediate_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "image_size": SIDE,
            "patch_size": 8,
            "initializer_range": START_RANGE,
        },
        text_config={
            "vocab_size": len(words),
            "hidden_size": 96,
            "encoder_hidden_size": 96,
            "intermediate_size": 384,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": LENGTH,
            "pad_token_id": PAD,
            "bos_token_id": START,
            "eos_token_id": END,
            "sep_token_id": END,
            "initializer_range": START_RANGE,
        },
        image_text_hidden_size=64,
    )
    captioner, matcher = BlipForConditionalGeneration(config), BlipForImageTextRetrieval(config)
    for model in (captioner, matcher):
        model.set_attn_implementation("eager")
    with torch.no_grad():  # transformers draws these from a normal distribution of width 1
        captioner.vision_model.embeddings.position_embedding.mul_(START_RANGE)
        captioner.vision_model.embeddings.class_embedding.mul_(START_RANGE)
    matcher.vision_model = captioner.vision_model
    return {"captioner": captioner, "matcher": matcher}


def captioning(captioner, states, captions):
    """Logits [n, length − 1, vocabulary] of each next word, and the words."""
    output = captioner.text_decoder(
        input_ids=captions, attention_mask=captions.ne(PAD).long(), encoder_hidden_states=states
    )
    return output.logits[:, :-1].float(), captions[:, 1:].masked_fill(captions[:, 1:].eq(PAD), IGNORED)


def matching(matcher, states, captions):
    output = matcher.text_encoder(
        input_ids=captions, attention_mask=captions.ne(PAD).long(), encoder_hidden_states=states
    )
    return matcher.itm_head(output.last_hidden_state[:, 0]).float()


def shifted(captions):
    """The caption of the next scene in each third place; and which are an image's own."""
    own = (torch.arange(len(captions)) % 2).eq(0)
    return torch.where(own[:, None], captions, captions.roll(1, 0)), own.long()


def losses(built, scenes, words, indices, generator, _progress):
    which = torch.randint(2, (len(indices),), generator=generator)
    images, captions = flip(scenes.images[indices], scenes.captions[indices, which], words, generator)
    states = built["captioner"].vision_model(pixel_values=scenes.pixels(images)).last_hidden_state
    logits, targets = captioning(built["captioner"], states, captions)
    words_loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    paired, own = shifted(captions)
    match_loss = torch.nn.functional.cross_entropy(matching(built["matcher"], states, paired), own)
    return {"loss": words_loss + match_loss, "captioning": words_loss, "matching": match_loss}


def scores(built, scenes, words):
    loss, count, right, named, matched = 0.0, 0, 0, 0, 0
    for images, captions in zip(scenes.images.split(250), scenes.captions[:, 0].split(250)):
        states = built["captioner"].vision_model(pixel_values=scenes.pixels(images)).last_hidden_state
        logits, targets = captioning(built["captioner"], states, captions)
        loss += torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        count += targets.ne(IGNORED).sum()
        category = torch.isin(targets, words.categories)
        right += (logits.argmax(-1) == targets)[category].sum()
        named += category.sum()
        paired, own = shifted(captions)
        matched += (matching(built["matcher"], states, paired).argmax(1) == own).sum()
    return {
        "captioning": loss / count,
        "category_words_given_those_before": right / named,
        "matching_accuracy": matched / len(scenes),
    }
