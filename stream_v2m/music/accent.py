"""Accents: which of the things that happen in the picture are struck, and where on the grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stream_v2m.core.controls import Controls
from stream_v2m.core.values import Cue, Event
from stream_v2m.music.chance import chance
from stream_v2m.music.figures import EPSILON

_ACCENTED = {
    "all": (Event.HIT, Event.CUT, Event.FLASH),  # the first that is told of an event; a cut may come without its hit
    "cuts": (Event.CUT,),
    "off": (),
}
LIGHT = 0.5  # of what an accent adds to the loudness, where it is a gesture's
_CHORDS = 0x63686F7264  # sets this draw apart from others with the same seed


@dataclass(frozen=True, slots=True)
class Accent:
    """What is to be struck: by how much it stands out, 0–1, and whether it is a gesture's, which is ``light``."""

    strength: float
    light: bool


class Accents:
    """Decides what is accented.

    Args:
        gap: seconds; events that begin closer together are one accent.
    """

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._struck = self._lightly = -math.inf  # when the last accented event began: of cuts and flashes, of gestures

    def asked(self, cues: Sequence[Cue], controls: Controls) -> Accent | None:
        """The accent that these cues ask for together.

        An event is known by the frame where it began, so a hit and the cut or flash that confirms it are one. A cut is
        struck even where a gesture has just been, a gesture never where a cut has.
        """
        found = None
        for cue in cues:
            began = cue.time if cue.origin is None else cue.origin
            if cue.event in _ACCENTED[controls.accents] and began >= self._struck + self._gap:
                self._struck = began
                strength = controls.cue_strength * controls.accent_strength * (0.4 + 0.6 * cue.motion)
                found = louder(found, Accent(strength, light=False))
            elif cue.event is Event.ONSET and began >= max(self._struck, self._lightly) + self._gap:
                self._lightly = began
                strength = controls.cue_strength * controls.motion_onsets * LIGHT * (0.4 + 0.6 * cue.motion)
                found = louder(found, Accent(strength, light=True))
        return found if found and found.strength > 0 else None


def louder(one: Accent | None, other: Accent) -> Accent:
    """What is struck where two accents fall together."""
    if one is None:
        return other
    return Accent(max(one.strength, other.strength), one.light and other.light)


def on_grid(beat: float, unit: float) -> float:
    """The first multiple of ``unit`` beats from ``beat`` on; ``beat`` itself if the unit is 0."""
    return math.ceil(beat / unit - EPSILON) * unit if unit else beat


def brings_chord(cue: Cue, controls: Controls) -> bool:
    """Whether this is a cut that brings the coming chord forward: the same for whoever asks."""
    if cue.event is not Event.CUT or cue.origin is None:
        return False
    return chance(controls.seed, _CHORDS, round(cue.origin * 1000)) < controls.chord_on_cut
