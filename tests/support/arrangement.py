"""A style with every role, for tests of what is arranged."""

from __future__ import annotations

from stream_v2m.music.style import Style

BASS = {"name": "bass", "role": "bass", "channel": 1, "program": 33, "low": 28, "high": 45} | {
    "density": [[0, 1], [10, 1], [20, 2]],
    "figures": ["1 | 5", "1 - | - 5 | a 1 | 8"],
}
PAD = {"name": "pad", "role": "pad", "channel": 2, "program": 88, "low": 48, "high": 71, "density": [[0, 3]]}
KEYS = {"name": "keys", "role": "arpeggio", "channel": 3, "program": 4, "low": 60, "high": 84} | {
    "density": [[0, 0], [20, 8]],
    "figures": ["1 2 | 3 4", "1 2 3 4 | 4 3 2 1"],
}
LEAD = {"name": "lead", "role": "melody", "channel": 4, "program": 73, "low": 62, "high": 86} | {
    "density": [[0, 0], [4, 0.5], [8, 1], [20, 4]],
    "figures": [
        "3 | - | 2 | -",
        "1 - | 2 - | 3 - | 5 -",
        "5 4 | 3 2 | 3 4 | 5 -",
        "1 2 3 4 | 5 - 4 3 | 2 1 7, 1 | 2 3 4 5",
    ],
}
DRUMS = {"name": "drums", "role": "drums", "density": [[0, 0], [4, 2], [20, 12]]} | {
    "figures": ["k | s | k | s", "k+h h | s+h h | k+h h | s+h h", "k+h h h h | s+h h s h | k+h k h h | s+h h o h"],
    "fill": ["s s t t | m m b b"],
}
CRASH = {"name": "crash", "role": "accent", "kit": True, "figures": ["x+k!"]}
STAB = {"name": "stab", "role": "accent", "channel": 5, "program": 11, "low": 72, "high": 100, "figures": ["1+5!"]}


def style(*parts: dict[str, object], **settings: object) -> Style:
    return Style.model_validate({"name": "made", "parts": list(parts), **settings})


BAND = style(BASS, PAD, KEYS, LEAD, DRUMS, CRASH, STAB)
