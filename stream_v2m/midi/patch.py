"""What a port was told that outlasts a note: programs and controllers, to be told again when it comes back."""

from __future__ import annotations

from stream_v2m.core.lasting import Lasting
from stream_v2m.midi.channel_message import channel_of, resets, silence


class Patch:
    """The channels in use on one port, with the newest program and controller values of each."""

    def __init__(self) -> None:
        self._channels: dict[int, None] = {}
        self._lasting: Lasting[bytes] = Lasting()

    def note(self, message: bytes) -> None:
        """Remember what ``message`` changes."""
        channel = channel_of(message)
        if channel is None:
            return
        self._channels[channel] = None
        self._lasting.note(message, message)

    def silence(self) -> list[bytes]:
        """Sustain off and all notes off on every channel in use."""
        return [message for channel in self._channels for message in silence(channel)]

    def resets(self) -> list[bytes]:
        """Silence and default controllers on every channel in use."""
        return [message for channel in self._channels for message in resets(channel)]

    def restore(self) -> list[bytes]:
        """Resets, then the programs and controllers as they were last."""
        return [*self.resets(), *self._lasting]
