"""Makes the quickstart's encoder: a small vision transformer with RANDOM weights, as a hub export would look.

    pip install torch==2.15.0 transformers==5.23.0 onnx==1.23.2 onnxscript
    python export_vit.py [--reference FOLDER]

Writes model.onnx (opset 18, one file, outputs last_hidden_state and pooler_output alone) and config.json beside this
script. With --reference it also writes, for tests, vit-pixels.npy (uint8 [2, 3, 64, 64]; the encoder's input is
value / 128 - 1) and vit-states.npy (float32 [7, 2, 22, 96]: transformers' hidden_states at every third token).
"""

import argparse
import pathlib

import numpy as np
import onnx
import torch
from transformers import ViTConfig, ViTModel

HERE = pathlib.Path(__file__).parent
SEED = 20240609
CONFIG = ViTConfig(
    image_size=64,
    patch_size=8,
    num_hidden_layers=6,
    hidden_size=96,
    num_attention_heads=4,
    intermediate_size=384,
    pooler_output_size=96,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


class Exported(torch.nn.Module):
    """The outputs of a hub export: no hidden states."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        output = self.model(pixel_values=pixel_values)
        return output.last_hidden_state, output.pooler_output


def strip(path):
    """Drops what exporters note for people: source lines and stack traces, with this machine's paths in them."""
    model = onnx.load(path)
    del model.metadata_props[:]
    model.doc_string = ""
    graph = model.graph
    graph.doc_string = ""
    del graph.metadata_props[:]
    for part in [*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    onnx.save(model, path)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--reference", type=pathlib.Path)
    reference = arguments.parse_args().reference

    torch.manual_seed(SEED)
    model = ViTModel(CONFIG).eval()
    model.config.architectures = ["ViTModel"]
    (HERE / "config.json").write_text(model.config.to_json_string())

    pixels = np.random.default_rng(SEED).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8)
    inputs = torch.from_numpy(pixels.astype(np.float32) / 128 - 1)
    torch.onnx.export(
        Exported(model).eval(),
        (inputs,),
        HERE / "model.onnx",
        input_names=["pixel_values"],
        output_names=["last_hidden_state", "pooler_output"],
        dynamic_shapes={"pixel_values": {0: torch.export.Dim("batch", min=1, max=1024)}},
        opset_version=18,
        external_data=False,
        dynamo=True,
    )
    strip(HERE / "model.onnx")

    if reference is not None:
        with torch.no_grad():
            states = model(pixel_values=inputs, output_hidden_states=True).hidden_states
        np.save(reference / "vit-pixels.npy", pixels)
        np.save(reference / "vit-states.npy", torch.stack(states)[:, :, ::3].numpy())


main()
