"""Everything that a performance plays to: a player for the ports, a recorder for the file."""

from __future__ import annotations

from collections.abc import Iterable

from stream_v2m.core.state import PlayerState
from stream_v2m.core.values import MidiEvent
from stream_v2m.midi.player import Player
from stream_v2m.midi.recorder import Recorder

RENDER_LOOKAHEAD = 0.05  # seconds; as with a player by default


class Outputs:
    """Sends the same events to whichever of the two is there."""

    def __init__(self, player: Player | None = None, recorder: Recorder | None = None) -> None:
        self.player, self.recorder = player, recorder
        self._begun = False

    @property
    def lookahead(self) -> float:
        """Seconds by which events are handed over before they are due."""
        return RENDER_LOOKAHEAD if self.player is None else self.player.lookahead

    def start(self) -> None:
        """Open the ports that are there; ``tend`` tells of the others at once."""
        if self.player is not None:
            self.player.start()

    def begin(self, at: float) -> None:
        """The performance begins; session second ``at`` is where the file begins."""
        self._begun = True
        if self.recorder is not None:
            self.recorder.origin = at

    def send(self, events: Iterable[MidiEvent]) -> None:
        """Never waits."""
        events = list(events)
        for output in (self.player, self.recorder):
            if output is not None:
                output.send(events)

    def mark(self, text: str, at: float) -> None:
        """Write a word into the file: a chord's name."""
        if self.recorder is not None:
            self.recorder.marker(text, at)

    def set_tempo(self, bpm: float, at: float) -> None:
        """The file's tempo changes at ``at``; the ports need not know."""
        if self.recorder is not None:
            self.recorder.set_tempo(bpm, at)

    def release_all(self, at: float) -> None:
        """End what sounds at session second ``at``, forget what is due later."""
        if self.player is not None:
            self.player.release_all()
        if self.recorder is not None:
            self.recorder.release_all(at)

    def tend(self) -> PlayerState:
        """Say that we are alive; tell how the player does. Called several times a second."""
        if self.player is None:
            return PlayerState(status="recording" if self.recorder else "closed")
        self.player.heartbeat()
        return self.player.poll()

    def close(self) -> None:
        """Close the ports and save the file, the one even if the other fails; what never began is no file."""
        try:
            if self.player is not None:
                self.player.close()
        finally:
            if self.recorder is not None and self._begun:
                self.recorder.save()
