"""Where a performance is heard: at the ports of a player, or nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from stream_v2m.core.state import PlayerState
from stream_v2m.core.values import MidiEvent
from stream_v2m.midi.player import Player, PlayerConfig

SILENT_LOOKAHEAD = PlayerConfig().lookahead_ms / 1000  # seconds; as with a player by default


class Outputs:
    """Hands everything to the player, if there is one."""

    def __init__(self, player: Player | None = None) -> None:
        self.player = player

    @property
    def lookahead(self) -> float:
        """Seconds by which events are handed over before they are due."""
        return SILENT_LOOKAHEAD if self.player is None else self.player.lookahead

    def start(self) -> None:
        """Open the ports that are there; ``tend`` tells of the others at once."""
        if self.player is not None:
            self.player.start()

    def send(self, events: Iterable[MidiEvent]) -> None:
        """Never waits."""
        if self.player is not None:
            self.player.send(events)

    def release_all(self, at: float) -> None:
        """End what sounds at session second ``at``, forget what is due later."""
        if self.player is not None:
            self.player.release_all()

    def tend(self) -> PlayerState:
        """Say that we are alive; tell how the player does. Called several times a second."""
        if self.player is None:
            return PlayerState()
        self.player.heartbeat()
        return self.player.poll()

    def close(self) -> None:
        """Close the ports."""
        if self.player is not None:
            self.player.close()
