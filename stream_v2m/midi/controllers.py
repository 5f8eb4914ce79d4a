"""Controllers: what is seen and decided, sent as MIDI control changes for whatever a studio binds to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.state import State
from stream_v2m.core.values import ALL_PORTS, MidiEvent
from stream_v2m.midi.channel_message import control_change

ZONE = "zone:"  # a signal for each zone: this, and the zone's name
ZoneSignal = Annotated[str, Field(pattern=r"^zone:[A-Za-z][A-Za-z0-9_-]*$")]
Signal = Literal[
    "valence",
    "arousal",
    "motion",
    "flow_x",
    "flow_y",
    "loudness",
    "density",
    "exciting",
    "fearful",
    "tense",
    "sad",
    "relaxing",
    "neutral",
]
# What each signal may be; what is beyond is sent as the end of the range.
RANGES: dict[Signal, tuple[float, float]] = {
    "valence": (-1.0, 1.0),
    "arousal": (-1.0, 1.0),
    "motion": (0.0, 1.0),
    "flow_x": (-1.0, 1.0),  # to the right
    "flow_y": (-1.0, 1.0),  # downwards
    "loudness": (0.0, 0.4),  # linear RMS; the 99th percentile of MuVi-Sync
    "density": (0.0, 26.0),  # notes sounding in a second; the same
    "exciting": (0.0, 1.0),
    "fearful": (0.0, 1.0),
    "tense": (0.0, 1.0),
    "sad": (0.0, 1.0),
    "relaxing": (0.0, 1.0),
    "neutral": (0.0, 1.0),
}
_EMOTION_SIGNALS: tuple[Signal, ...] = ("exciting", "fearful", "tense", "sad", "relaxing", "neutral")
assert _EMOTION_SIGNALS == EMOTIONS
LSB = 32  # MIDI 1.0: the fine half of controller n is controller n + 32
HIGHEST_FINE, HIGHEST = 31, 119
# (Non-)registered parameters: a value sent there changes whatever parameter was chosen last.
_PARAMETERS = frozenset({6, 38, 96, 97, 98, 99, 100, 101})


class ControllerMapping(BaseModel):
    """One signal on one controller."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signal: Signal | ZoneSignal = Field(description="what is sent; zone:NAME is a zone's motion")
    controller: int = Field(ge=0, le=HIGHEST, description="controller number; up to 31 where it has 14 bits")
    channel: int = Field(16, ge=1, le=16, description="MIDI channel 1–16")
    bits: Literal[7, 14] = Field(7, description="7, or 14 with the fine half on controller + 32")
    low: int = Field(0, ge=0, le=127, description="value of the signal's lowest; above high it is turned round")
    high: int = Field(127, ge=0, le=127, description="value of the signal's highest")

    @model_validator(mode="after")
    def _sendable(self) -> Self:
        if self.bits == 14 and self.controller > HIGHEST_FINE:
            raise ValueError(f"a controller up to {HIGHEST_FINE} for 14 bits, not {self.controller}")
        if _PARAMETERS & {self.controller, self.controller + LSB * (self.bits == 14)}:
            raise ValueError(f"controller {self.controller} chooses or sets a registered parameter; take another")
        return self

    def value(self, signal: float) -> int:
        """The signal's value as 0–127, or 0–16383."""
        bottom, top = RANGES["motion" if self.signal.startswith(ZONE) else cast(Signal, self.signal)]
        share = min(1.0, max(0.0, (signal - bottom) / (top - bottom)))
        fine = 1 if self.bits == 7 else 129  # 127 · 129 = 16383: both halves at their highest
        return round((self.low + (self.high - self.low) * share) * fine)

    def messages(self, value: int) -> list[bytes]:
        """Coarse half first, as the standard wants."""
        if self.bits == 7:
            return [control_change(self.channel, self.controller, value)]
        return [
            control_change(self.channel, self.controller, value >> 7),
            control_change(self.channel, self.controller + LSB, value & 0x7F),
        ]


class ControllersConfig(BaseModel):
    """Which signals leave as controllers; none unless a mapping says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_hz: float = Field(30.0, gt=0, le=200, description="each controller is sent at most so often")
    map: tuple[ControllerMapping, ...] = Field((), description="the mappings")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        taken: dict[tuple[int, int], str] = {}
        for mapping in self.map:
            for number in {mapping.controller, mapping.controller + LSB * (mapping.bits == 14)}:
                other = taken.setdefault((mapping.channel, number), mapping.signal)
                if other != mapping.signal:
                    raise ValueError(
                        f"{other} and {mapping.signal} both go to controller {number} of channel {mapping.channel}"
                    )
        return self


class Controllers:
    """Sends a mapped signal when its value has changed, and not too often; what was held back follows."""

    def __init__(self, config: ControllersConfig) -> None:
        self._config = config
        self._sent: dict[int, tuple[float, int]] = {}  # by place in the map: when, and which value

    def events(self, signals: Mapping[str, float], *, at: float) -> list[MidiEvent]:
        """What is to be sent at session second ``at``; a signal that is not there keeps its last value."""
        events = []
        for place, mapping in enumerate(self._config.map):
            if mapping.signal not in signals:
                continue
            value = mapping.value(signals[mapping.signal])
            moment, before = self._sent.get(place, (-math.inf, -1))
            if value == before or at < moment + 1 / self._config.rate_hz:
                continue
            self._sent[place] = at, value
            events += [MidiEvent(at, ALL_PORTS, message) for message in mapping.messages(value)]
        return events


def signals_of(state: State) -> dict[str, float]:
    """The signals as they are now; those that nothing is known of are left out."""
    signals: dict[str, float] = {ZONE + name: motion for name, motion in state.zones.items()}
    if state.cue is not None:
        signals["motion"], (signals["flow_x"], signals["flow_y"]) = state.cue.motion, state.flow
    if state.affect is not None:
        signals["valence"], signals["arousal"] = state.affect.valence, state.affect.arousal
        signals |= dict(zip(_EMOTION_SIGNALS, state.affect.probabilities, strict=True))
    if state.dynamics is not None:
        signals["loudness"], signals["density"] = state.dynamics.loudness, state.dynamics.note_density
    return signals
