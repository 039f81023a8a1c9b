"""Exports a vision encoder without an ONNX file, with everything that Probeline needs to use and check it.

    python export_encoder.py google/vit-base-patch16-224-in21k -o encoders/vit
    python export_encoder.py ./my-finetuned-clip               -o encoders/mine
    python export_encoder.py timm:vit_small_patch14_dinov2.lvd142m     -o encoders/dinov2s
    python export_encoder.py open_clip:ViT-B-32/laion2b_s34b_b79k      -o encoders/laion
    python export_encoder.py open_clip:hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K -o encoders/laion
    python export_encoder.py google/vit-base-patch16-224-in21k --initial-weights --seed 0 -o encoders/vit-random-0
    npx probeline encoders check encoders/vit

Run it with the Python in which the model already works. Tested with Python 3.11, torch 2.15, transformers 5.23,
timm 1.0.31, open_clip_torch 3.3.0, onnx 1.23, onnxscript 0.7, Pillow 13. It refuses versions older than torch 2.6,
transformers 5.0, timm 1.0 or open_clip_torch 2.24. Every model needs torch, onnx, onnxscript, safetensors, numpy and
Pillow; transformers models also need transformers, the others torchvision.

It writes

    DIR/model.onnx                 the vision encoder alone (and model.onnx.data, if the weights exceed 1 GiB)
    DIR/preprocessor_config.json   the *resolved* preprocessing, with all defaults
    DIR/config.json                the model's own configuration
    DIR/reference/image.png        a synthetic image
    DIR/reference/pixels.npy       float32 [1, 3, H, W]: that image after the Python preprocessing
    DIR/reference/states.safetensors   float32 [1, tokens, width] by tap: embed, block.{i}.resid_post, final.norm, pooled
    DIR/reference/manifest.json    the model and the versions of the packages

The script refuses preprocessing that Probeline cannot repeat exactly; it never approximates. Models of transformers use
their PIL backend, which Probeline repeats bit for bit.
"""

import argparse
import dataclasses
import json
import pathlib
import platform
import sys
from importlib import metadata

OPSETS_TORCHSCRIPT = range(14, 18)  # by the TorchScript exporter, which torch is phasing out
OPSETS_DYNAMO = range(18, 22)
LARGE = 1 << 30  # weights of this many bytes or more go into a separate file
LEAST = {"torch": (2, 6), "transformers": (5, 0), "timm": (1, 0), "open_clip_torch": (2, 24)}
NOISE = 0.1  # added to random weights: a fresh norm scales by one and a fresh class token is zero, which would hide mistakes


class Refusal(Exception):
    """The request cannot be done correctly; the message says why, and what to do."""


@dataclasses.dataclass
class Encoder:
    name: str
    module: object  # torch.nn.Module: pixels [B, 3, H, W] -> a tuple of outputs
    outputs: list  # their names
    blocks: object  # torch.nn.ModuleList
    final_norm: object  # torch.nn.Module or None
    preprocess: object  # PIL.Image -> torch.Tensor [3, H, W]
    preprocessor_config: dict
    config: dict
    packages: list  # whose versions are recorded


# ---- versions ----------------------------------------------------------------------------------------------------
def version_of(package):
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        raise Refusal(f"{package} is not installed: pip install {package}") from None
    least = LEAST.get(package)
    if least is not None and tuple(int(n) for n in version.split("+")[0].split(".")[:2]) < least:
        raise Refusal(f"{package} {version} is too old: {'.'.join(map(str, least))} or later is needed")
    return version


# ---- transformers ------------------------------------------------------------------------------------------------
# the class that loads a checkpoint, and the attribute that holds its vision encoder
FAMILIES = {
    "vit": ("ViTModel", None),  # also DINO
    "dinov2": ("Dinov2Model", None),
    "dinov2_with_registers": ("Dinov2WithRegistersModel", None),
    "clip": ("CLIPModel", "vision_model"),
    "clip_vision_model": ("CLIPVisionModel", None),
    "blip": ("BlipModel", "vision_model"),
    "blip_vision_model": ("BlipVisionModel", None),
    "flava": ("FlavaModel", "image_model"),
    "flava_image_model": ("FlavaImageModel", None),
    "siglip": ("SiglipModel", "vision_model"),
    "siglip_vision_model": ("SiglipVisionModel", None),
}
PROCESSORS = ["ViT", "CLIP", "Bit", "Blip", "Flava", "DeiT", "Beit", "Siglip"]  # + "ImageProcessor"
PIXEL_SETTINGS = [
    "do_convert_rgb", "do_resize", "size", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor", "do_normalize",
    "image_mean", "image_std",
]  # fmt: skip
RESAMPLE = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}  # PIL's codes


def from_transformers(name, revision=None, seed=None, noise=NOISE):
    import torch

    version_of("transformers")
    import transformers

    config = transformers.AutoConfig.from_pretrained(name, revision=revision)
    if config.model_type not in FAMILIES:
        raise Refusal(
            f"{name} is of the family {config.model_type}, which is not known here: {', '.join(FAMILIES)}. "
            f"If it is a plain vision transformer, add a line to FAMILIES in {pathlib.Path(__file__).name}"
        )
    processor = load_processor(name, revision)
    processor_config = resolve_processor(processor)
    class_name, part = FAMILIES[config.model_type]
    model_class = getattr(transformers, class_name)
    missing = []
    if seed is None:
        model, info = model_class.from_pretrained(name, revision=revision, output_loading_info=True)
        prefix = "" if part is None else f"{part}."
        missing = [key.removeprefix(prefix) for key in info["missing_keys"] if key.startswith(prefix)]
    else:
        torch.manual_seed(seed)
        model = model_class(config)
    tower = model if part is None else getattr(model, part)
    if any(key.startswith("pooler.") for key in missing):
        tower.pooler = None  # the checkpoint has none: its pooled output would be noise
        missing = [key for key in missing if not key.startswith("pooler.")]
    if missing:
        raise Refusal(f"{name} has no weights for {', '.join(sorted(missing)[:5])}: is it a whole checkpoint?")
    tower = prepare(tower, seed, noise)

    def forward(pixels):
        output = tower(pixel_values=pixels)
        pooled = getattr(output, "pooler_output", None)
        return (output.last_hidden_state,) if pooled is None else (output.last_hidden_state, pooled)

    has_pooled = "pooler" not in tower._modules or tower._modules["pooler"] is not None
    return Encoder(
        name=name,
        module=wrap(tower, forward),
        outputs=["last_hidden_state", "pooler_output"] if has_pooled else ["last_hidden_state"],
        blocks=find_blocks(name, tower, ["encoder.layers", "encoder.layer", "layers", "layer"]),
        final_norm=find(tower, ["layernorm", "post_layernorm"]),
        preprocess=lambda image: torch.from_numpy(processor(images=image, return_tensors="np")["pixel_values"][0]),
        preprocessor_config=processor_config,
        config=tower.config.to_dict(),
        packages=["transformers"],
    )


def load_processor(name, revision=None):
    import transformers

    try:
        return transformers.AutoImageProcessor.from_pretrained(name, revision=revision, backend="pil")
    except (ValueError, ImportError) as error:  # an unknown class, or one in the checkpoint's own code
        # the rest of the message lists all families
        reason = str(error).strip().split("\n")[0].split(". ")[0]
        raise Refusal(
            f"transformers {transformers.__version__} cannot make the image processor of {name}: {reason}. "
            f"Known here are {', '.join(PROCESSORS)} (ImageProcessor): if one of them does the same, name it as "
            "image_processor_type in a copy's preprocessor_config.json"
        ) from error


def resolve_processor(processor):
    """A transformers image processor's settings that touch pixels, defaults included."""
    settings = processor.to_dict()
    kind = str(settings.get("image_processor_type", type(processor).__name__))
    family = kind.removesuffix("Pil").removesuffix("Fast").removesuffix("ImageProcessor")
    if family not in PROCESSORS:
        raise Refusal(f"its image processor is {kind}, which is not known: {', '.join(PROCESSORS)} (ImageProcessor) are")
    if settings.get("do_pad"):
        raise Refusal(f"{kind} pads images (do_pad), which Probeline does not")
    config = {"image_processor_type": f"{family}ImageProcessor"}
    for name in PIXEL_SETTINGS:
        value = settings.get(name)
        if value is not None:
            config[name] = list(value) if isinstance(value, tuple) else value
    config["do_convert_rgb"] = bool(config.get("do_convert_rgb", False))  # whether alpha is blended onto white
    config["do_center_crop"] = bool(config.get("do_center_crop", False))
    if config.get("do_resize"):
        config["resample"] = check_resample(kind, config.get("resample"))
        sides = {key: value for key, value in dict(config["size"]).items() if value is not None}
        if set(sides) not in ({"shortest_edge"}, {"height", "width"}):
            raise Refusal(f"{kind} resizes to {sides}: only height and width, or shortest_edge, are known")
        config["size"] = sides
    return config


def check_resample(kind, code):
    if code is None or int(code) not in RESAMPLE:
        raise Refusal(f"{kind} resizes by PIL's filter {code!r}: only {', '.join(RESAMPLE.values())} are known")
    return int(code)


# ---- timm and open_clip ------------------------------------------------------------------------------------------
def from_timm(name, seed=None, noise=NOISE, **arguments):
    """`arguments` go to timm.create_model, for a model with another size than its name implies."""
    import torch

    version_of("timm")
    version_of("torchvision")
    import timm

    timm.layers.set_fused_attn(False)
    if seed is not None:
        torch.manual_seed(seed)
    model = timm.create_model(name, pretrained=seed is None, num_classes=0, **arguments)
    settings = timm.data.resolve_model_data_config(model)
    transform = timm.data.create_transform(**settings, is_training=False)
    model = prepare(model, seed, noise)

    def forward(pixels):
        tokens = model.forward_features(pixels)
        return tokens, model.forward_head(tokens, pre_logits=True)

    return Encoder(
        name=f"timm:{name}",
        module=wrap(model, forward),
        outputs=["last_hidden_state", "pooler_output"],
        blocks=find_blocks(f"timm:{name}", model, ["blocks"]),
        final_norm=find(model, ["norm"]),
        preprocess=transform,
        preprocessor_config=resolve_transform(transform),
        config=jsonable(
            {
                "timm": name,
                "tag": model.pretrained_cfg.get("tag"),
                **settings,
                **class_token_config(model),
                "arguments": arguments,
            }
        ),
        packages=["timm", "torchvision"],
    )


def class_token_config(model):
    """The config.json entry of a timm model without a class token: only registers may precede its patches."""
    return {"class_token": False} if getattr(model, "cls_token", True) is None else {}


def from_open_clip(name, seed=None, noise=NOISE):
    import torch

    version_of("open_clip_torch")
    version_of("torchvision")
    import open_clip

    torch.backends.mha.set_fastpath_enabled(False)  # its fused kernel hides the blocks and cannot be exported
    # open_clip's own syntax for a checkpoint on the hub or in a folder; it includes the weights
    whole = name.startswith(("hf-hub:", "local-dir:"))
    architecture, _, pretrained = (name, "", "") if whole else name.partition("/")
    if seed is None and not pretrained and not whole:
        raise Refusal(f"open_clip:{name} names no weights: write open_clip:{architecture}/PRETRAINED")
    if seed is not None:
        torch.manual_seed(seed)
    model, _, transform = open_clip.create_model_and_transforms(
        architecture, pretrained=None if seed is not None or whole else pretrained
    )
    visual = prepare(model.visual, seed, noise)
    trunk = getattr(visual, "trunk", visual)  # a timm model inside
    config = {} if whole else open_clip.get_model_config(architecture) or {}
    return Encoder(
        name=f"open_clip:{name}",
        module=wrap(visual, lambda pixels: (first(visual(pixels)),)),  # CoCa's also returns its tokens
        outputs=["image_embeds"],
        blocks=find_blocks(f"open_clip:{name}", trunk, ["transformer.resblocks", "blocks"]),
        final_norm=find(trunk, ["ln_post", "norm"]),
        preprocess=transform,
        preprocessor_config=resolve_transform(transform),
        config={
            "open_clip": architecture,
            "pretrained": pretrained or None,
            **jsonable(config),
            **class_token_config(trunk),
        },
        packages=["open_clip_torch", "torchvision"],
    )


def resolve_transform(transform):
    """The steps of a torchvision transform, as a preprocessor_config.json; refuses unknown steps."""
    from torchvision import transforms as tv

    resamples = {
        tv.InterpolationMode.NEAREST: 0,
        tv.InterpolationMode.LANCZOS: 1,
        tv.InterpolationMode.BILINEAR: 2,
        tv.InterpolationMode.BICUBIC: 3,
    }
    # each step and its possible ranks: steps must come in this order
    config = {"do_resize": False, "do_center_crop": False, "do_rescale": False, "do_normalize": False}
    rank = 0
    for step in transform.transforms:
        kind = getattr(step, "__name__", type(step).__name__)
        if type(step) is tv.Resize and rank < 1:
            rank = 1
            if step.max_size is not None:
                raise Refusal(f"the transform's resize has a maximum, {step}, which Probeline does not know")
            if step.interpolation not in resamples:
                raise Refusal(f"the transform resizes by {step.interpolation}: {', '.join(RESAMPLE.values())} are known")
            sides = [step.size] if isinstance(step.size, int) else [int(side) for side in step.size]
            size = {"shortest_edge": sides[0]} if len(sides) == 1 else {"height": sides[0], "width": sides[1]}
            config.update(do_resize=True, size=size, resample=resamples[step.interpolation])
        elif type(step) is tv.CenterCrop and rank < 2:
            rank = 2
            height, width = step.size
            config.update(do_center_crop=True, crop_size={"height": int(height), "width": int(width)})
            config.update(crop_rounding="half_even")  # torchvision; transformers rounds down
        elif kind in ("MaybeConvertMode", "_convert_to_rgb") and rank < 3:
            pass  # images are RGB already
        elif isinstance(step, tv.ToTensor) and kind in ("ToTensor", "MaybeToTensor") and rank < 3:
            rank = 3
            config.update(do_rescale=True, rescale_factor=1 / 255)
        elif type(step) is tv.Normalize and rank == 3:
            rank = 4
            config.update(do_normalize=True, image_mean=numbers(step.mean), image_std=numbers(step.std))
        else:
            raise Refusal(
                f"the transform's step {step} is not one that Probeline can repeat exactly: only Resize, CenterCrop, "
                "ToTensor and Normalize are, in this order"
            )
    if rank < 3:
        raise Refusal("the transform makes no tensor of 0 to 1 (ToTensor)")
    return config


def numbers(values):
    values = [float(value) for value in values]
    # tensors hold float32: take the shortest decimal with the same value
    import numpy as np

    return [float(str(np.float32(value))) for value in values]


# ---- modules -----------------------------------------------------------------------------------------------------
def prepare(module, seed, noise):
    import torch

    module = module.float().eval().requires_grad_(False)
    if seed is not None and noise > 0:
        for parameter in module.parameters():
            parameter += noise * torch.randn_like(parameter)
    return module


def wrap(inner, function):
    import torch

    class Exported(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def forward(self, pixel_values):
            return function(pixel_values)

    return Exported().eval()


def first(value):
    return value[0] if isinstance(value, tuple) else value


def find(module, names):
    for name in names:
        found = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    return None


def find_blocks(name, module, names):
    import torch

    blocks = find(module, names)
    if isinstance(blocks, (torch.nn.ModuleList, torch.nn.Sequential)) and len(blocks) > 0:
        return blocks
    raise Refusal(f"{name} is no plain vision transformer: {type(module).__name__} has no {' or '.join(names)}")


# ---- states ------------------------------------------------------------------------------------------------------
def hidden_states(encoder, pixels):
    """States by tap, from hooks on the modules, not from output_hidden_states, because its meaning has changed."""
    import torch

    states = {}

    def keep(tap):
        def hook(_module, _inputs, output):
            states.setdefault(tap, first(output))  # and returns nothing: a hook's return value would replace the output

        return hook

    def keep_input(_module, arguments, keywords):
        states.setdefault("embed", arguments[0] if arguments else keywords["hidden_states"])

    hooks = [encoder.blocks[0].register_forward_pre_hook(keep_input, with_kwargs=True)]
    hooks += [block.register_forward_hook(keep(f"block.{i}.resid_post")) for i, block in enumerate(encoder.blocks)]
    norm = encoder.final_norm
    if norm is not None and not isinstance(norm, torch.nn.Identity):
        hooks.append(norm.register_forward_hook(keep("final.norm")))
    with torch.no_grad():
        outputs = dict(zip(encoder.outputs, encoder.module(pixels), strict=True))
    for hook in hooks:
        hook.remove()

    shape = states["embed"].shape
    if len(shape) != 3 or shape[0] != 1 or any(states[t].shape != shape for t in states if t.startswith("block.")):
        raise Refusal(f"{encoder.name} has states of shape {tuple(shape)}, not [1, tokens, width] in every block")
    if "final.norm" in states and states["final.norm"].shape != shape:
        del states["final.norm"]  # CLIP's, of the class token alone
    pooled = next((value for value in outputs.values() if value.dim() == 2 and value.shape[1] == shape[2]), None)
    if pooled is not None:
        states["pooled"] = pooled
    for tap, state in states.items():
        if not torch.isfinite(state).all():
            raise Refusal(f"{encoder.name} gives NaN or infinity at {tap}")
    return {tap: state.contiguous().numpy() for tap, state in states.items()}


def synthetic_image():
    """RGB, 322 x 241: not square, with an odd edge, so that crops round; rings of every frequency, and sharp edges."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:241, 0:322]
    rings = ((x - 120) ** 2 + (y - 90) ** 2) // 96 % 256
    ramp = x * 255 // 321
    tiles = np.where((x // 23 + y // 17) % 2 == 0, 230, 40)
    disc = (x - 230) ** 2 + (y - 150) ** 2 < 60**2
    return Image.fromarray(np.stack([np.where(disc, 250, ramp), tiles, rings], axis=-1).astype(np.uint8), "RGB")


# ---- files -------------------------------------------------------------------------------------------------------
def export_onnx(encoder, pixels, path, opset):
    import onnx
    import torch

    size = sum(p.numel() * p.element_size() for p in encoder.module.parameters())
    names = {"input_names": ["pixel_values"], "output_names": encoder.outputs, "opset_version": opset}
    # the exporter would treat a batch of one as a constant
    batch = pixels.repeat(2, 1, 1, 1)
    if opset in OPSETS_TORCHSCRIPT:
        if size > LARGE:
            raise Refusal(f"weights of {size} bytes need opset {OPSETS_DYNAMO[0]} or later")
        axes = {name: {0: "batch"} for name in ["pixel_values", *encoder.outputs]}
        torch.onnx.export(encoder.module, (batch,), path, dynamic_axes=axes, dynamo=False, **names)
    else:
        shapes = {"pixel_values": {0: torch.export.Dim("batch", min=1, max=1024)}}
        torch.onnx.export(
            encoder.module, (batch,), path, dynamic_shapes=shapes, external_data=size > LARGE, dynamo=True, **names
        )
    # exporters' notes for people: source lines and stack traces, which contain this machine's paths
    model = onnx.load(path, load_external_data=False)
    del model.metadata_props[:]
    model.doc_string = ""
    graph = model.graph
    del graph.metadata_props[:]
    for part in [graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    onnx.save(model, path)


def export(encoder, folder, opset=18, seed=None, noise=NOISE):
    """Writes the folder described at the top of this file."""
    import numpy as np
    import safetensors.numpy
    import torch

    if opset not in OPSETS_TORCHSCRIPT and opset not in OPSETS_DYNAMO:
        raise Refusal(f"opset {opset} cannot be exported: {OPSETS_TORCHSCRIPT[0]} to {OPSETS_DYNAMO[-1]} can")
    versions = {"python": platform.python_version()}
    for package in ["torch", *encoder.packages, "onnx", "onnxscript", "numpy", "pillow"]:
        versions[package] = version_of(package)

    folder = pathlib.Path(folder)
    reference = folder / "reference"
    reference.mkdir(parents=True, exist_ok=True)
    # written last and deleted first: a folder without it is incomplete
    manifest_file = reference / "manifest.json"
    manifest_file.unlink(missing_ok=True)
    image = synthetic_image()
    image.save(reference / "image.png", optimize=True)
    # contiguous: a processor may return a transposed view, and its strides confuse the exporter
    pixels = torch.as_tensor(encoder.preprocess(image), dtype=torch.float32).unsqueeze(0).contiguous()
    np.save(reference / "pixels.npy", pixels.numpy())
    states = hidden_states(encoder, pixels)
    (reference / "states.safetensors").write_bytes(safetensors.numpy.save(states))
    write_json(folder / "preprocessor_config.json", encoder.preprocessor_config)
    write_json(folder / "config.json", encoder.config)
    export_onnx(encoder, pixels, folder / "model.onnx", opset)
    manifest = {
        "format": 1,
        "model": encoder.name,
        "random_weights": seed,
        **({} if seed is None or noise > 0 else {"initial_weights": True}),
        "opset": opset,
        "versions": versions,
        "taps": list(states),
    }
    write_json(manifest_file, manifest)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def jsonable(value):
    return json.loads(json.dumps(value, default=str))


def load(model, revision=None, seed=None, noise=NOISE):
    """With a seed: random weights, the library's own initialisation plus normal noise of that standard deviation."""
    kind, colon, name = model.partition(":")
    if colon and kind in ("timm", "open_clip"):
        if revision is not None:
            raise Refusal("--revision is for models of transformers alone")
        return from_timm(name, seed, noise) if kind == "timm" else from_open_clip(name, seed, noise)
    # the initialisation of a checkpoint's architecture needs its configuration alone, which the hub has, too
    if seed is not None and noise > 0 and not pathlib.Path(model).is_dir():
        raise Refusal(f"--random-weights needs a folder with config.json and preprocessor_config.json: {model} is none")
    return from_transformers(model, revision, seed, noise)


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("model", help="a model on the hub, a local folder, timm:NAME or open_clip:NAME/PRETRAINED")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder to write")
    parser.add_argument("--revision", help="of a model on the hub: a branch, tag or commit")
    parser.add_argument("--opset", type=int, default=18, help="of ONNX: 18 to 21; 14 to 17 by torch's older exporter")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--random-weights", action="store_true", help="for tests: initial weights plus noise, no download")
    kinds.add_argument("--initial-weights", action="store_true", help="the library's own initialisation: a baseline")
    parser.add_argument("--seed", type=int, default=0, help="of random or initial weights")
    parser.add_argument("--overwrite", action="store_true", help="replace what is in DIR")
    options = parser.parse_args(argv)
    seed = options.seed if options.random_weights or options.initial_weights else None
    noise = 0.0 if options.initial_weights else NOISE
    try:
        for package in ["torch", "onnx", "onnxscript", "safetensors", "numpy", "pillow"]:
            version_of(package)
        folder = pathlib.Path(options.output)
        if (folder / "model.onnx").exists() and not options.overwrite:
            raise Refusal(f"{folder / 'model.onnx'} is there already: name another folder, or say --overwrite")
        export(load(options.model, options.revision, seed, noise), folder, options.opset, seed, noise)
    except (Refusal, OSError) as error:  # OSError: no such model, no connection, no space
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"wrote {folder}; to see that it is the model you meant: npx probeline encoders check {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
