"""
Makes versions of the quickstart's ViT, as research groups get them: exported in another way, in float16, in int8, and
fine-tuned. Runs after the ViT was trained, from its checkpoint in the same store:

    python make_versions.py --scenes STORE
"""

import argparse
import pathlib
import shutil
import sys

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "quickstart/training"))

from export import strip, vision_of  # noqa: E402
from families import vit  # noqa: E402
from loop import train  # noqa: E402
from scenes import CATEGORIES, SECONDARIES, Scenes, rows  # noqa: E402
from words import Words  # noqa: E402

ORIGINAL = HERE.parent / "quickstart/vit"
SEED = 21


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--scenes", required=True, help="the store with the scenes and the checkpoint vit.pt")
    store = pathlib.Path(arguments.parse_args().scenes)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    original = onnx.load(ORIGINAL / "model.onnx")
    onnx.save(convert_float_to_float16(original, keep_io_types=True), folder("float16") / "model.onnx")
    quantize_dynamic(ORIGINAL / "model.onnx", folder("int8") / "model.onnx", weight_type=QuantType.QInt8)

    built = trained(store)
    export(built, folder("re-export"))
    fine_tune(built, store)
    export(built, folder("fine-tuned"))


def folder(name):
    to = HERE / name
    to.mkdir(exist_ok=True)
    for file in ("config.json", "preprocessor_config.json"):
        shutil.copy(ORIGINAL / file, to / file)
    return to


def trained(store):
    built = vit.build(None)
    built["model"].load_state_dict(torch.load(store / "vit.pt")["modules"]["model"])
    return built


def export(built, to):
    """With PyTorch's older exporter, which traces; the quickstart's encoders were exported with the one on torch.export."""
    _, _, outputs, module = vision_of("vit", built)
    torch.onnx.export(
        module.eval(),
        (torch.zeros(2, 3, 64, 64),),
        to / "model.onnx",
        input_names=["pixel_values"],
        output_names=outputs,
        dynamic_axes={name: {0: "batch"} for name in ["pixel_values", *outputs]},
        opset_version=17,
        dynamo=False,
    )
    strip(to / "model.onnx")


def fine_tune(built, store):
    """One epoch of whole scenes, now for the category of the second object."""
    words = Words(caption for row in rows(store, "train") for caption in row["captions"])
    scenes = Scenes(store, "train", ORIGINAL, words)
    held_out = Scenes(store, "held-out", ORIGINAL, words)
    first = CATEGORIES.index(SECONDARIES[0])

    def losses(indices, generator):
        pixels = vit.symmetric(scenes.pixels(scenes.images[indices]), generator)
        logits = built["model"](pixel_values=pixels).logits
        return {"loss": torch.nn.functional.cross_entropy(logits, first + scenes.secondary[indices])}

    def scores():
        logits = torch.cat(
            [built["model"](pixel_values=held_out.pixels(part)).logits for part in held_out.images.split(250)]
        )
        among = logits[:, first : first + len(SECONDARIES)].argmax(1)
        return {"second_object_accuracy_of_4": (among == held_out.secondary).float().mean()}

    train(
        built,
        losses,
        len(scenes),
        seed=SEED,
        epochs=1,
        cycles=1,
        batch=vit.BATCH,
        rate=3e-4,
        scores=scores,
        checkpoint=store / "vit-fine-tuned.pt",
    )


if __name__ == "__main__":
    main()
