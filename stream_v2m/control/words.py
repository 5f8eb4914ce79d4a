"""The performance's state in JSON's words: every field is written once, however many visitors read it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, Cue, MidiEvent, NoteEvent, Track

VERSION = 1  # of the API; it changes when a word changes its meaning
DIGITS = 4
# These change all the time and say little new: a visitor goes on counting by itself.
DRIFTING = frozenset({"time", "beat", "source", "player"})
DRIFT = 0.25  # seconds between two words about them
_NOTHING = object()


def written(value: object) -> str:
    """One line of ASCII JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def word(value: Any) -> Any:
    """A value of ``core`` as JSON knows it; keys and chords by name, sets sorted, numbers rounded."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return round(value, DIGITS) if math.isfinite(value) else None
        case Key():
            return str(value)
        case Chord():
            return value.symbol
        case Affect():
            return {
                "emotion": value.emotion,
                "valence": word(value.valence),
                "arousal": word(value.arousal),
                "probabilities": dict(zip(EMOTIONS, map(word, value.probabilities), strict=True)),
            }
        case Cue():
            return word(value.motion)
        case frozenset():
            return sorted(value)
        case tuple() | list():
            return [word(item) for item in value]
        case Mapping():
            return {str(name): word(item) for name, item in value.items()}
    assert is_dataclass(value), type(value)
    return {field.name: word(getattr(value, field.name)) for field in fields(value)}


class Sheet:
    """All fields as JSON, each with the number of the change that wrote it.

    Args:
        fixed: fields beside those of ``State`` that do not change.
    """

    def __init__(self, fixed: Mapping[str, object]) -> None:
        self.version = 0
        self._values: dict[str, object] = {}
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._drifted = -math.inf
        self._fixed = dict(fixed)

    def refresh(self, state: State, tracks: Sequence[Track], now: float) -> None:
        """Write what has changed since the last time; costs little if nothing has."""
        drift = now >= self._drifted + DRIFT
        if drift:
            self._drifted = now
        changed = self.version + 1
        for name, value in self._named(state, tracks):
            if self._values.get(name, _NOTHING) is value or (name in DRIFTING and not drift):
                continue
            self._values[name] = value
            text = written(word(value))
            if text != self._texts.get(name):
                self._texts[name], self._versions[name], self.version = text, changed, changed

    def all(self) -> str:
        """Every field: a JSON object."""
        return _object(self._texts)

    def since(self, version: int) -> str | None:
        """The fields that were written after ``version`` as a JSON object; None if there are none."""
        newer = {name: self._texts[name] for name, written_at in self._versions.items() if written_at > version}
        return _object(newer) if newer else None

    def _named(self, state: State, tracks: Sequence[Track]) -> list[tuple[str, object]]:
        of_state = [("motion" if name == "cue" else name, getattr(state, name)) for name in _FIELDS]
        return [*of_state, ("tracks", tracks), *self._fixed.items()]


def notes(events: Sequence[NoteEvent], channels: Mapping[str, int]) -> str:
    """Notes as they were written; ``channels`` are MIDI channels 1–16 by part."""
    told = [
        {
            "onset": word(event.onset),
            "duration": word(event.duration),
            "pitch": event.pitch,
            "velocity": event.velocity,
            "part": event.part,
            "channel": channels.get(event.part),
        }
        for event in events
    ]
    return written({"type": "notes", "notes": told})


def midi(messages: Sequence[MidiEvent]) -> str:
    """Messages as they were handed to the outputs."""
    told = [
        {"due": word(message.due), "data": list(message.message), "release": word(message.release)}
        for message in messages
    ]
    return written({"type": "midi", "messages": told})


def cue(event: Cue) -> str:
    """A cut, a flash, or what may become either."""
    assert event.event is not None
    return written({"type": "cue", "event": event.event.value, "time": word(event.time)})


def released(at: float) -> str:
    """All that sounded was ended."""
    return written({"type": "released", "at": word(at)})


def _object(texts: Mapping[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"


_FIELDS = tuple(field.name for field in fields(State))
