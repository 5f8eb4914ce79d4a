"""Lead: who sets the tempo that everybody plays by, ourselves, a MIDI clock, or an Ableton Link session."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board
from stream_v2m.core.tempo import USUAL_BPM, InternalTempo
from stream_v2m.midi.ableton_link import LinkConfig, LinkPeer
from stream_v2m.midi.clock_in import ClockFollower, FollowConfig, Transport
from stream_v2m.music.pace import Pace, PaceConfig

INTERNAL, LINK = "internal", "link"
SAME_TEMPO = 0.001  # share; a tempo map stays readable


class TempoConfig(BaseModel):
    """Who leads the tempo."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sync: str = Field(
        INTERNAL,
        description="internal, link, or the input that brings a MIDI clock: virtual, virtual:NAME, port:NAME",
    )
    transport: bool = Field(True, description="obey Start, Stop and Continue of a clock that is followed")
    follow: FollowConfig = FollowConfig()
    link: LinkConfig = LinkConfig()
    pace: PaceConfig = PaceConfig()

    @property
    def clock_input(self) -> str | None:
        """The input that brings a MIDI clock."""
        return None if self.sync in (INTERNAL, LINK) else self.sync


class Leader:
    """We lead: the tempo is what was asked for, bent by the picture's pace if that is wanted."""

    def __init__(self, tempo: InternalTempo, config: TempoConfig, board: Board) -> None:
        self._tempo, self._board = tempo, board
        self._pace, self._beat = Pace(config.pace), 0
        self._bent = 1.0  # the pace's share of the tempo now

    @property
    def status(self) -> str:
        """How it goes, in words for people."""
        return ""

    def begin(self) -> None:
        """The music is about to start."""

    def tend(self, now: float) -> Transport | None:
        """Steer the tempo; several times a second. What the leader asks of the music."""
        controls, cue = self._board.controls, self._board.state.cue
        if cue is not None:
            self._pace.observe(cue.motion, now)
        if (beat := int(self._tempo.beat_at(now))) > self._beat:
            base, self._beat = controls.bpm or USUAL_BPM, beat
            bent = self._pace.bpm(base, controls.pace_strength) / base
            if abs(bent / self._bent - 1) > SAME_TEMPO:
                self._bent = bent
                self._tempo.change(base * bent, now)
        return None

    def receive(self, moment: float, message: bytes) -> Transport | None:
        """Take a message of the clock that is followed, and the moment of its arrival."""
        raise AssertionError("no input brings us a clock")

    def joins(self) -> float | None:
        """The beat from which a Start or Continue holds; the next bar if None."""
        return None

    def check(self) -> None:
        """Whether the tempo may be set here.

        Raises:
            ConfigError: it is somebody else's.
        """

    def set_tempo(self, bpm: float, at: float) -> None:
        """Go at ``bpm``, bent as the picture has it, from session second ``at`` on."""
        self._tempo.change(bpm * self._bent, at)

    def set_playing(self, playing: bool) -> None:
        """Our music starts or stops."""

    def close(self) -> None:
        """Lead no more."""


class MidiClock(Leader):
    """A MIDI clock leads."""

    def __init__(self, tempo: InternalTempo, config: TempoConfig, board: Board, *, beats_per_bar: int) -> None:
        super().__init__(tempo, config, board)
        self._sync = config.sync
        self._follower = ClockFollower(tempo, config.follow, beats_per_bar=beats_per_bar)

    @property
    def status(self) -> str:
        return self._follower.status

    def tend(self, now: float) -> Transport | None:
        self._follower.tend(now)
        return None

    def receive(self, moment: float, message: bytes) -> Transport | None:
        return self._follower.receive(moment, message)

    def joins(self) -> float | None:
        return self._follower.joined

    def check(self) -> None:
        raise ConfigError("the tempo is the clock's", where=f"--sync {self._sync}", cure="set it there")


class LinkSession(Leader):
    """An Ableton Link session leads, whose tempo anybody may set."""

    def __init__(
        self, tempo: InternalTempo, config: TempoConfig, board: Board, *, beats_per_bar: int, clock: Clock
    ) -> None:
        super().__init__(tempo, config, board)
        self._peer = LinkPeer(tempo, config.link, beats_per_bar=beats_per_bar, clock=clock)

    @property
    def status(self) -> str:
        return self._peer.status

    def begin(self) -> None:
        self._peer.locate()

    def tend(self, now: float) -> Transport | None:
        return self._peer.poll()

    def set_tempo(self, bpm: float, at: float) -> None:
        super().set_tempo(bpm, at)
        self._peer.set_tempo(bpm)

    def set_playing(self, playing: bool) -> None:
        self._peer.set_playing(playing)

    def close(self) -> None:
        self._peer.close()


def leader(tempo: InternalTempo, config: TempoConfig, board: Board, *, beats_per_bar: int, clock: Clock) -> Leader:
    """Whoever ``config`` says.

    Raises:
        PortError: Ableton Link is not installed.
    """
    if config.sync == INTERNAL:
        return Leader(tempo, config, board)
    if config.sync == LINK:
        return LinkSession(tempo, config, board, beats_per_bar=beats_per_bar, clock=clock)
    return MidiClock(tempo, config, board, beats_per_bar=beats_per_bar)
