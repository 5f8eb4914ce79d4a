"""Evaluate by the published protocol: ``python -m models.evaluate --data FILE --split val --report out.json``."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.baselines.ngram import NGram, repeat_last
from models.baselines.ridge import Ridge
from models.data import corpus
from models.data.song import Song
from models.data.views import LIVE, PICTURE, Sequence, first, whole
from models.dynamics_task import dynamics_scores
from models.metrics import protocol
from models.predict import PaperPredictor, Predictor, choose
from models.report import markdown, text
from stream_v2m.core.errors import ConfigError, StreamV2MError
from stream_v2m.core.features import Condition
from stream_v2m.inference.runtime import weights_folder

_SHUFFLE_SEED = 0
# What the models are given of the picture.
_CONDITIONS: dict[str, tuple[Condition, ...]] = {
    "model, whole picture": PICTURE,
    "model, live defaults (no semantics)": LIVE,
    "model, no picture": (),
}
_SHUFFLED = "model, picture shuffled in time"
_PAPER = "published model, whole film"
_PAPER_SHUFFLED = "published model, film shuffled"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="MuVi-Sync, packed or as published")
    parser.add_argument("--split", default="val", help="train, val or test; n-grams and ridge are fitted on train")
    parser.add_argument("--amt", type=Path, help="an .onnx or .pt file; default: the shipped one")
    parser.add_argument("--dynamics", type=Path, help="the same for the dynamics model")
    parser.add_argument("--paper", type=Path, help="a checkpoint of the published offline model, for rows of its own")
    parser.add_argument("--report", type=Path, help="write all figures there as JSON, and beside it as .md")
    options = parser.parse_args(arguments)
    try:
        paper = None if options.paper is None else PaperPredictor(options.paper)
        report = evaluate(options.data, options.split, choose(options.amt, options.dynamics), paper)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    report["models"] = {
        "/".join(path.parts[-2:]): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (
            options.amt or weights_folder() / "amt.onnx",
            options.dynamics or weights_folder() / "dynamics.onnx",
            options.paper,
        )
        if path is not None
    }
    print(text(report))
    if options.report is not None:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        options.report.with_suffix(".md").write_text(markdown(report) + "\n", encoding="utf-8")
    return 0


def evaluate(
    paths: list[Path], split: str, predictor: Predictor, paper: PaperPredictor | None = None
) -> dict[str, object]:
    """Every figure for models and baselines, fitted and measured in this one run; the published model's if given.

    Raises:
        ConfigError: the data has no song of this split.
    """
    songs = [song for song in corpus.load(paths) if song.seconds is not None and song.picture is not None]
    chosen = [song for song in songs if song.split == split]
    train = [song for song in songs if song.split == "train"]
    if not chosen:
        raise ConfigError("no song of this split", where=paths[0], got=split)
    chords, levels = _baselines(chosen, train)
    pictured = [whole(song) for song in chosen]
    rng = np.random.default_rng(_SHUFFLE_SEED)
    mixed = [shuffled(sequence, rng) for sequence in pictured]
    if paper is not None:
        chords[_PAPER] = _score_chords(paper, chosen, pictured)
        chords[_PAPER_SHUFFLED] = _score_chords(paper, chosen, mixed)
    for name, picture in _CONDITIONS.items():
        chords[name], levels[name] = _score(predictor, chosen, [whole(song, picture=picture) for song in chosen])
    chords[_SHUFFLED], levels[_SHUFFLED] = _score(predictor, chosen, mixed)
    unknown = predictor.dynamics(pictured, chords_known=False)
    levels["model, whole picture, chords unknown"] = _mean_levels(unknown, chosen)
    return {
        "split": split,
        "songs": len(chosen),
        "train_songs": len(train),
        "protocol": "teacher-forced, first 300 s, mean over songs, END is a target, PAD is not",
        "chords": chords,
        "dynamics": levels,
    }


Scores = dict[str, dict[str, float]]


def _baselines(chosen: list[Song], train: list[Song]) -> tuple[Scores, Scores]:
    pairs = [protocol.protocol_targets(song.by_seconds()) for song in chosen]
    chords = {"repeat the last chord": _mean_chords([repeat_last(before) for before, _ in pairs], pairs)}
    levels: Scores = {}
    if train:
        for order, name in ((2, "bigram"), (3, "trigram")):
            gram = NGram(order, train)
            chords[name] = _mean_chords([gram.logits(before) for before, _ in pairs], pairs)
        ridge = Ridge.fit(train)
        constant = [np.tile(ridge.mean, (len(song.by_seconds()) + 1, 1)) for song in chosen]
        levels["constant (train mean)"] = _mean_levels(constant, chosen)
        levels["ridge on one second"] = _mean_levels([ridge.predict(song) for song in chosen], chosen)
    return chords, levels


def _score(
    predictor: Predictor, songs: list[Song], sequences: list[Sequence]
) -> tuple[dict[str, float], dict[str, float]]:
    levels = _mean_levels(predictor.dynamics(sequences), songs)
    return _score_chords(predictor, songs, sequences), levels


def _score_chords(
    predictor: Predictor | PaperPredictor, songs: list[Song], sequences: list[Sequence]
) -> dict[str, float]:
    pairs = [protocol.protocol_targets(song.by_seconds()) for song in songs]
    limited = [first(sequence, protocol.PROTOCOL_SECONDS) for sequence in sequences]
    # Row 0 predicts the first chord, which the protocol gives.
    logits = [found[1 : len(target) + 1] for found, (_, target) in zip(predictor.chords(limited), pairs, strict=True)]
    return _mean_chords(logits, pairs)


def _mean_chords(
    logits: list[protocol.Floats], pairs: list[tuple[protocol.Labels, protocol.Labels]]
) -> dict[str, float]:
    return protocol.mean_over_songs(
        [protocol.chord_scores(found, *pair) for found, pair in zip(logits, pairs, strict=True)]
    )


def _mean_levels(found: list[protocol.Floats], songs: list[Song]) -> dict[str, float]:
    scores = []
    for levels, song in zip(found, songs, strict=True):
        assert song.picture is not None
        n = min(len(levels), len(song.picture.loudness))
        scores.append(dynamics_scores(levels[:n], song.picture.loudness[:n], song.picture.density[:n]))
    return protocol.mean_over_songs(scores)


def shuffled(sequence: Sequence, rng: np.random.Generator) -> Sequence:
    """The sequence with its pictures in random order; chords and music stay."""
    return replace(sequence, features=sequence.features[rng.permutation(len(sequence.features))])


if __name__ == "__main__":
    sys.exit(main())
