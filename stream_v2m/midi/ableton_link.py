"""Ableton Link: tempo, place in the bar and transport shared with whoever is on the network; the extra ``link``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import PortError
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.clock_in import Transport

if TYPE_CHECKING:
    from link import Link, SessionState

CLOSE = 0.002  # beats, as for a MIDI clock
SAME = 1e-5  # share of a tempo
LOOKS, AT_ONCE = 5, 1e-4  # times to look at two clocks, until that took less than so many seconds


class LinkConfig(BaseModel):
    """How an Ableton Link session is shared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_stop: bool = Field(False, description="share start and stop too, with those peers that do so")
    offset_ms: float = Field(
        0.0, ge=-500, le=500, description="our beats come this much later than the session's (earlier, below 0)"
    )


class LinkPeer:
    """One peer of the session on this network, from construction to ``close``.

    Alone it gives the session our tempo and bars. With others it steers our tempo to theirs: the same beats a
    minute, the same place in the bar, by gliding; whoever sets the tempo last sets it for all. Nobody's bar
    can be moved while there are others, so a nudge of ours is undone.

    Args:
        clock: the one by whose seconds ``tempo`` goes.

    Raises:
        PortError: the library is not installed.
    """

    def __init__(self, tempo: InternalTempo, config: LinkConfig, *, beats_per_bar: int, clock: Clock) -> None:
        self._tempo, self._bar, self._clock = tempo, float(beats_per_bar), clock
        self._offset = config.offset_ms / 1000
        self._link = _open(tempo.bpm)
        self._link.startStopSyncEnabled = config.start_stop
        self._playing = False
        self._peers = 0
        self._link.enabled = True

    @property
    def peers(self) -> int:
        """How many others there were at the last ``poll``."""
        return self._peers

    @property
    def status(self) -> str:
        """In words, for people."""
        if not self._peers:
            return f"Link: alone at {self._tempo.bpm:.1f} bpm"
        return f"Link: {self._tempo.bpm:.1f} bpm with {self._peers} other{'s' if self._peers > 1 else ''}"

    def poll(self) -> Transport | None:
        """Steer the tempo or, alone, the session; several times a second. Give what a peer asks of the music."""
        state, micros, now = self._look()
        self._peers = self._link.numPeers()
        if self._peers:
            self._follow(state, micros, now)
        else:
            self._lead(state, micros, now)
        playing = state.isPlaying()
        if playing == self._playing:
            return None
        self._playing = playing
        return Transport.START if playing else Transport.STOP

    def set_tempo(self, bpm: float) -> None:
        """Give the whole session the tempo that we have just taken."""
        state, micros, _ = self._look()
        state.setTempo(bpm, micros)
        self._link.commitAppSessionState(state)

    def set_playing(self, playing: bool) -> None:
        """Tell the peers that our music starts or stops."""
        state, micros, _ = self._look()
        state.setIsPlaying(playing, micros)
        self._link.commitAppSessionState(state)
        self._playing = playing

    def locate(self) -> None:
        """Leap forward to the session's place in the bar; only while the music rests, as before it starts."""
        state, micros, now = self._look()
        at = now + self._offset
        beat = self._tempo.beat_at(at)
        self._tempo.locate(beat + (state.beatAtTime(micros, self._bar) - beat) % self._bar, at)

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

    def _look(self) -> tuple[SessionState, int, float]:
        """The session, and one moment by its clock in microseconds and by ours."""
        for _ in range(LOOKS):
            before, micros, after = self._clock.now(), self._link.clock().micros(), self._clock.now()
            if after - before < AT_ONCE:
                break
        return self._link.captureAppSessionState(), micros, (before + after) / 2

    def _follow(self, state: SessionState, micros: int, now: float) -> None:
        ours, at, bpm = self._tempo.segment, now + self._offset, state.tempo()
        here = ours.beat_at(at)
        off = math.remainder(state.beatAtTime(micros, self._bar) - here, self._bar)
        if abs(off) > CLOSE or abs(bpm / ours.bpm - 1) > SAME:
            self._tempo.steer(here + off, bpm, at)

    def _lead(self, state: SessionState, micros: int, now: float) -> None:
        ours = self._tempo.segment
        here = ours.beat_at(now + self._offset)
        off = math.remainder(state.beatAtTime(micros, self._bar) - here, self._bar)
        if abs(off) > CLOSE or abs(state.tempo() / ours.bpm - 1) > SAME:
            state.setTempo(ours.bpm, micros)
            state.requestBeatAtTime(here, micros, self._bar)
            self._link.commitAppSessionState(state)


def _open(bpm: float) -> Link:
    try:
        from link import Link
    except ModuleNotFoundError as error:
        raise PortError("Ableton Link is not installed", cure="`pip install 'stream-v2m[link]'`") from error
    return Link(bpm)
