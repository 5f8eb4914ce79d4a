"""The drum kit: what each letter of a drum figure strikes, and which strokes a groove can spare last."""

from __future__ import annotations

CHANNEL = 10  # where General MIDI has its drums

# General MIDI level 1, percussion key map.
KIT = {
    "k": 36,  # kick
    "s": 38,  # snare
    "r": 37,  # rim, side stick
    "p": 39,  # clap
    "h": 42,  # closed hat
    "o": 46,  # open hat
    "f": 44,  # pedal hat
    "t": 50,  # high tom
    "m": 47,  # mid tom
    "b": 43,  # low tom
    "x": 49,  # crash
    "d": 51,  # ride
    "c": 56,  # cowbell
    "g": 70,  # maracas, shaker
}
KICK, SNARE, CRASH = KIT["k"], KIT["s"], KIT["x"]
HATS = frozenset(KIT[letter] for letter in "hofg")
_BACKBEAT = frozenset(KIT[letter] for letter in "srp")
_TIME = frozenset(KIT[letter] for letter in "hofdcg")  # what keeps the time

BEAT = 2  # the metric level of a beat (``figures.metric_level``)


def spared(pitch: int, level: int) -> int:
    """How early a stroke may be left out of a groove (0: last), by what is struck and how weak its place is.

    The kick on the bar line stays longest, then the backbeat, then kicks on beats, and what keeps the time on them.
    """
    if pitch == KICK:
        return 0 if level == 0 else 2 if level <= BEAT else 4
    if pitch in _BACKBEAT:
        return 1 if level <= BEAT else 5
    if pitch in _TIME:
        return 3 if level <= BEAT else 4
    return 2 if level == 0 else 4
