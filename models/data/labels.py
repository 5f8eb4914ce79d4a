"""Published chord labels to the 157 of the vocabulary."""

from __future__ import annotations

import re
from functools import lru_cache

from stream_v2m.core.chords import INTERVALS, NO_CHORD, QUALITIES, ROOTS, parse_pitch_class

# Harte's shorthands that the vocabulary lacks, to the nearest quality that keeps third and seventh
# (Harte et al. 2005, table 1). Power chords and bare roots count as major, as in MuVi-Sync.
_SHORTHAND = {
    "": "maj",
    "1": "maj",
    "5": "maj",
    "6": "maj6",
    "9": "7",
    "11": "7",
    "13": "7",
    "maj9": "maj7",
    "maj11": "maj7",
    "maj13": "maj7",
    "min9": "min7",
    "min11": "min7",
    "min13": "min7",
    "minmaj7": "min",
    "sus": "sus4",
    "m": "min",
    "M": "maj",
}

# Bare interval lists, after Harte's 'C:(3,5,b7)'.
_SEVENTHS = {("maj", True): "7", ("min", True): "min7"}

_LABEL = re.compile(r"([A-G][b#]*)(?::?([^/]*))?(?:/.*)?$")


@lru_cache(maxsize=4096)
def parse_label(text: str) -> int | None:
    """The vocabulary's label 0…156 of a published chord label at sounding pitch.

    Bass notes and added degrees are dropped; a bare list of intervals is read for its third and seventh.

    Returns:
        None where the annotator gave up (``"X"``) or the label cannot be read.
    """
    text = text.strip()
    if text in ("N", "&pause", "silence"):
        return NO_CHORD
    match = _LABEL.match(text)
    if match is None:
        return None
    root = parse_pitch_class(match[1])
    shorthand, _, degrees = (match[2] or "").partition("(")
    degrees = degrees.rstrip(")")
    quality = shorthand if shorthand in INTERVALS else _SHORTHAND.get(shorthand)
    if quality is None:
        return None
    if not shorthand and degrees:
        listed = degrees.split(",")
        quality = "min" if "b3" in listed else "maj"
        quality = _SEVENTHS[quality, True] if "b7" in listed else quality
    return 1 + root * len(QUALITIES) + QUALITIES.index(quality)


def transpose_label(label: int, semitones: int) -> int:
    """``label`` 0…156 moved by ``semitones``; 'no chord' stays."""
    if label == NO_CHORD:
        return NO_CHORD
    root, quality = divmod(label - 1, len(QUALITIES))
    return 1 + (root + semitones) % ROOTS * len(QUALITIES) + quality
