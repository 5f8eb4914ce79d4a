"""How musical MIDI files are, beside real pieces: ``python -m models.musicality --pop909 POP909 MIDI…``.

Excerpts of the real pieces are as long as the files, since repetition and irregularity depend on length. Files are
summed up by folder too, so that settings can be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from models.data.pop909_pieces import ACCOMPANIMENT, load_pieces
from models.metrics.likeness import Bins, bar_features
from models.metrics.musicality import (
    SIXTEENTHS,
    change_places,
    grooving_similarity,
    pitch_class_entropy,
    progression_irregularity,
)
from models.metrics.piece import Piece, read_midi
from models.metrics.structure import structureness
from stream_v2m.core.errors import ConfigError, StreamV2MError

BINS = 20
_FIGURES = ("h1", "h4", "gs", "cpi", "si_short", "si_mid", "si_long", "changes_on_1", "changes_on_3")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="python -m models.musicality", description=__doc__)
    parser.add_argument("midi", type=Path, nargs="+", help="files that `stream-v2m render` or `play --to file:` wrote")
    parser.add_argument("--pop909", type=Path, required=True, help="the archive or folder as published")
    parser.add_argument("--sample", type=int, default=100, help="real pieces to compare with")
    parser.add_argument("--seed", type=int, default=0, help="which real pieces, and where they are cut")
    parser.add_argument("--report", type=Path, help="write all figures there as JSON; else they are printed")
    options = parser.parse_args(arguments)
    try:
        report = compare(options.midi, options.pop909, sample=options.sample, seed=options.seed)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    text = json.dumps(report, indent=2) + "\n"
    if options.report is None:
        print(text, end="")
    else:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(text, encoding="utf-8")
    return 0


def compare(midi: Sequence[Path], pop909: Path, *, sample: int, seed: int) -> dict[str, object]:
    """Every figure of the files and of a sample of real accompaniments of the same length.

    Raises:
        ConfigError: a file cannot be read or has no notes; there are too few real pieces.
    """
    played = {str(path): _read(path) for path in midi}
    seconds = float(np.median([piece.end.max() - piece.start.min() for piece in played.values()]))
    rng = np.random.default_rng(seed)
    excerpts = (
        cut for piece in load_pieces(pop909, rng, tracks=ACCOMPANIMENT) if (cut := excerpt(piece, seconds, rng))
    )
    pieces = list(islice(excerpts, 2 * sample))
    if len(pieces) < 2 * sample:
        wanted = f"twice {sample} of {seconds:.0f} s"
        raise ConfigError("too few real pieces", where=pop909, got=len(pieces), expected=wanted)
    real, held_out = pieces[:sample], pieces[sample:]
    bins = Bins.fit(np.concatenate([bar_features(piece) for piece in real]), BINS, seed)
    own = {path: figures(piece) for path, piece in played.items()}
    reference = summary([figures(piece) for piece in real])
    folders: dict[str, list[dict[str, float]]] = {}
    for path, found in own.items():
        folders.setdefault(str(Path(path).parent), []).append(found)
    return {
        "seconds": seconds,
        "real_pieces": sample,
        "places_per_bar": SIXTEENTHS,
        "bins": len(bins.counts),
        "files": own,
        "played": summary(list(own.values())),
        "folders": {name: _beside(summary(scores), reference) for name, scores in folders.items()},
        "pop909": reference,
        "different_bins": {
            "played": bins.different(np.concatenate([bar_features(piece) for piece in played.values()])),
            "pop909_held_out": _held_out(bins, held_out, len(played)),
        },
    }


def figures(piece: Piece) -> dict[str, float]:
    """Every musicality figure of one piece."""
    structure, places = structureness(piece), change_places(piece)
    return {
        "h1": pitch_class_entropy(piece, 1),
        "h4": pitch_class_entropy(piece, 4),
        "gs": grooving_similarity(piece),
        "cpi": progression_irregularity(piece.chords),
        **{f"si_{name}": value for name, value in structure.items()},
        "changes_on_1": float(places[0]),
        "changes_on_3": float(places[2]),
    }


def summary(scores: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation of every figure over pieces, leaving out pieces where it is NaN."""
    table = {name: np.array([score[name] for score in scores]) for name in _FIGURES}
    return {
        name: {"mean": float(np.nanmean(values)), "std": float(np.nanstd(values))}
        for name, values in table.items()
        if not np.isnan(values).all()
    }


def _beside(own: dict[str, dict[str, float]], real: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """A summary, and how many of the real pieces' standard deviations each mean is from theirs."""
    return {
        name: {**found, "deviations": (found["mean"] - real[name]["mean"]) / real[name]["std"]}
        for name, found in own.items()
        if name in real and real[name]["std"] > 0
    }


def excerpt(piece: Piece, seconds: float, rng: np.random.Generator) -> Piece | None:
    """``seconds`` of whole bars from anywhere in ``piece``; None if it has not so many."""
    ends = np.searchsorted(piece.bar_starts, piece.bar_starts + seconds)
    possible = np.flatnonzero(ends < len(piece.bar_starts))
    if len(possible) == 0:
        return None
    first = int(rng.choice(possible))
    found = piece.cut(first, int(ends[first]) - first)
    return found if len(found.start) else None


def _held_out(bins: Bins, pieces: list[Piece], count: int) -> float:
    """What as many real pieces as are judged get, on average over disjoint groups of ``count``."""
    groups = [pieces[first : first + count] for first in range(0, max(1, len(pieces) - count + 1), count)]
    return float(np.mean([bins.different(np.concatenate([bar_features(each) for each in group])) for group in groups]))


def _read(path: Path) -> Piece:
    try:
        piece = read_midi(path)
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(f"cannot be read as MIDI ({error})", where=path) from error
    if len(piece.start) == 0:
        raise ConfigError("has no notes", where=path)
    return piece


if __name__ == "__main__":
    sys.exit(main())
