"""
Trains one of the quickstart's encoders and exports it: see README.md beside this file.

    python train.py vit --scenes STORE
"""

import argparse
import importlib
import pathlib

import torch

from export import export
from loop import train
from scenes import Scenes, rows, write_json
from start import start
from words import Words

HERE = pathlib.Path(__file__).parent


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("family", choices=["vit", "clip", "blip", "flava"])
    arguments.add_argument("--scenes", required=True, help="the store in which scenes.ts was run")
    arguments.add_argument("--trained", type=pathlib.Path, help="export what an earlier run left here: no training")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    family = importlib.import_module(f"families.{given.family}")
    to, fixtures = HERE.parent / given.family, HERE.parents[2] / "test/fixtures/quickstart"
    to.mkdir(exist_ok=True)
    write_json(to / "preprocessor_config.json", family.PROCESSOR)

    words = Words(caption for row in rows(given.scenes, "train") for caption in row["captions"])
    torch.manual_seed(family.SEED)
    built = family.build(words)
    if given.family != "vit" and given.trained is None:
        start(given.family, built, torch.load(objects_in(given.scenes)))
    if given.trained is None:
        write_json(HERE / "logs" / f"{given.family}.json", trained(family, built, words, given.scenes, to))
    else:
        for name, state in torch.load(given.trained).items():
            built[name].load_state_dict(state)
    export(given.family, built, words, to, fixtures)


def objects_in(store):
    """The ViT as it is after its first phase, which `vit` leaves for the others to start from."""
    return pathlib.Path(store) / "objects.pt"


def trained(family, built, words, store, folder):
    """Trains in place, saves the state in the store, and returns the log."""
    scenes = Scenes(store, "train", folder, words, crop=family.CROP)
    held_out = Scenes(store, "held-out", folder, words)
    if hasattr(family, "prepare"):
        family.prepare(built, scenes)
    log = train(
        list(built.values()),
        lambda *step: family.losses(built, scenes, words, *step),
        len(scenes),
        seed=family.SEED,
        epochs=family.EPOCHS,
        batch=family.BATCH,
        rate=family.RATE,
        scores=lambda: family.scores(built, held_out, words),
    )
    if hasattr(built.get("model"), "objects"):
        torch.save(built["model"].objects, objects_in(store))
    states = {name: module.state_dict() for name, module in built.items()}
    torch.save(states, pathlib.Path(store) / f"{folder.name}.pt")
    return log


if __name__ == "__main__":
    main()
