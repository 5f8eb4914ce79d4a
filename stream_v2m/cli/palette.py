"""Colours and short names of the performance's picture; they stay apart for colour-blind eyes."""

from __future__ import annotations

import math

from stream_v2m.core.chords import INTERVALS, SYMBOLS, Chord, spell
from stream_v2m.core.emotions import EMOTIONS

RGB = tuple[float, float, float]

INK, MUTED, FAINT, GRID = "#2b2b2b", "#7a7a7a", "#b8b8b8", "#e9e9e9"
SEEN, ASKED, PLAYED = "#4a6785", "#2b2b2b", "#a9bccf"

# Paul Tol's "light" scheme, SRON/EPS/TN/09-002, for areas that touch.
EMOTION_COLORS = dict(zip(EMOTIONS, ("#eedd88", "#ffaabb", "#ee8866", "#77aadd", "#44bb99", "#dddddd"), strict=True))
# Okabe & Ito 2008, without black and yellow, for lines and small marks; for a seventh part and more Tol's "muted".
VALENCE_COLOR, AROUSAL_COLOR = "#009e73", "#d55e00"
_PART_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#882255", "#999933", "#332288")


def part_color(index: int) -> str:
    """The colour of the ``index``-th part."""
    return _PART_COLORS[index % len(_PART_COLORS)]


def chord_name(chord: Chord) -> str:
    """As on a lead sheet: ``E♭m7``; empty for 'no chord'."""
    if chord.root is None:
        return ""
    return root_name(chord.root, flats=chord.key is not None and chord.key.flats) + SYMBOLS[chord.quality]


def root_name(root: int, *, flats: bool) -> str:
    """A pitch class with the printed signs: ``F♯``."""
    return spell(root, flats=flats).replace("#", "♯").replace("b", "♭")


def chord_color(chord: Chord) -> RGB:
    """Hue by the root's place on the circle of fifths; a minor third darkens, no third pales."""
    if chord.root is None:
        return (0.95, 0.95, 0.95)
    intervals = INTERVALS[chord.quality]
    lightness, chroma = (0.84, 0.10) if 4 in intervals else (0.74, 0.09) if 3 in intervals else (0.90, 0.06)
    return oklch(lightness, chroma, 30.0 * (chord.root * 7 % 12) + 30.0)


def oklch(lightness: float, chroma: float, hue: float) -> RGB:
    """sRGB 0–1 of a colour that looks equally light at every hue, in degrees (Ottosson 2020, OKLab)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def _gamma(linear: float) -> float:
    """One channel by the sRGB transfer function, IEC 61966-2-1."""
    linear = min(1.0, max(0.0, linear))
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
