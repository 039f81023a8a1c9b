"""Writes a trained encoder as hub exports are: one ONNX file with final outputs alone, no hidden states."""

import numpy as np
import onnx
import onnxruntime
import torch

from scenes import SIDE
from words import LENGTH


class Outputs(torch.nn.Module):
    """forward(input) → a tuple of named outputs, of a function of modules."""

    def __init__(self, modules, function):
        super().__init__()
        self.parts = torch.nn.ModuleList(modules)
        self.function = function

    def forward(self, value):
        return self.function(*self.parts, value)


def vision_of(family, built):
    """The vision tower, its configuration, the exported outputs by name, and the function that computes them."""
    if family == "vit":
        model = built["model"]

        def classify(vit, head, pixels):
            states = vit(pixel_values=pixels).last_hidden_state
            return states, head(states[:, 0])

        return model.vit, model.config, ["last_hidden_state", "logits"], Outputs([model.vit, model.classifier], classify)
    if family == "clip":
        model = built["model"]

        def project(vision, projection, pixels):
            output = vision(pixel_values=pixels)
            return output.last_hidden_state, projection(output.pooler_output)

        outputs = Outputs([model.vision_model, model.visual_projection], project)
        return model.vision_model, model.config, ["last_hidden_state", "image_embeds"], outputs
    if family == "blip":
        vision = built["captioner"].vision_model

        def pool(vision, pixels):
            output = vision(pixel_values=pixels)
            return output.last_hidden_state, output.pooler_output

        return vision, built["captioner"].config, ["last_hidden_state", "pooler_output"], Outputs([vision], pool)
    model = built["model"].flava

    def embed(vision, projection, pixels):
        states = vision(pixel_values=pixels).last_hidden_state
        return states, projection(states[:, 0])

    # the pooler is in no loss of FLAVA's: it would be random
    model.image_model.pooler = None
    outputs = Outputs([model.image_model, model.image_projection], embed)
    return model.image_model, built["model"].config, ["last_hidden_state", "image_embeds"], outputs


def write(module, example, inputs, outputs, path):
    torch.onnx.export(
        module.eval(),
        (example,),
        path,
        input_names=[inputs],
        output_names=outputs,
        dynamic_shapes={"value": {0: torch.export.Dim("batch", min=1, max=1024)}},
        opset_version=18,
        external_data=False,
        dynamo=True,
    )
    strip(path)


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


def same(path, name, example, expected):
    """The file gives what torch gives, within float32's rounding."""
    got = onnxruntime.InferenceSession(path).run(None, {name: example.numpy()})
    for array, tensor in zip(got, expected):
        worst = np.abs(array - tensor.numpy()).max() / np.abs(tensor.numpy()).max()
        if worst > 1e-4:
            raise ValueError(f"{path}: the export differs by {worst:.1e} of its largest value")


def export(family, built, words, to, fixtures):
    """Writes the folder `to` (config.json, model.onnx, for CLIP the text tower), and what tests compare with."""
    for module in built.values():
        module.eval()
    vision, config, names, outputs = vision_of(family, built)
    config.architectures = [type(next(iter(built.values()))).__name__]
    for part in (config, *(getattr(config, name, None) for name in ("vision_config", "image_config", "text_config"))):
        if part is not None:
            part._attn_implementation_internal = None
    (to / "config.json").write_text(config.to_json_string())

    pixels = np.random.default_rng(20240609).integers(0, 256, (2, 3, SIDE, SIDE), dtype=np.uint8)
    inputs = torch.from_numpy(pixels.astype(np.float32) / 128 - 1)
    write(outputs, inputs, "pixel_values", names, to / "model.onnx")
    with torch.no_grad():
        same(to / "model.onnx", "pixel_values", inputs, outputs(inputs))
        states = vision(pixel_values=inputs, output_hidden_states=True).hidden_states
    # for tests: hidden_states of two images at every third token, float32 [5, 2, 22, 96]
    fixtures.mkdir(parents=True, exist_ok=True)
    np.save(fixtures / "pixels.npy", pixels)
    np.save(fixtures / f"{family}.npy", torch.stack(states)[:, :, ::3].numpy())

    if family == "clip":
        export_text(built["model"], words, to, fixtures)


def export_text(model, words, to, fixtures):
    """text_model.onnx: input_ids int64 [batch, length 32] → text_embeds [batch, 64]; <pad> after the first <end> is ignored."""
    tokenizer = words.tokenizer()
    captions = ["A picture of a disc.", "A small red striped star above a square, and an arrow too."]
    ids = words.encode(captions)
    again = tokenizer(captions, padding="max_length", max_length=LENGTH, return_tensors="pt")["input_ids"]
    if not torch.equal(ids, again):
        raise ValueError("the tokenizer's ids are not those of training")
    tokenizer.save_pretrained(to)

    def embed(text, projection, input_ids):
        return (projection(text(input_ids=input_ids).pooler_output),)

    outputs = Outputs([model.text_model, model.text_projection], embed)
    write(outputs, ids, "input_ids", ["text_embeds"], to / "text_model.onnx")
    with torch.no_grad():
        same(to / "text_model.onnx", "input_ids", ids, outputs(ids))
        # for tests: of these two captions, float32 [2, 64]
        np.save(fixtures / "clip-text.npy", outputs(ids)[0].numpy())
        masked = model.get_text_features(input_ids=ids, attention_mask=ids.ne(0)).pooler_output
        if not torch.allclose(outputs(ids)[0], masked, atol=1e-5):
            raise ValueError("the text tower without a mask differs")
