"""What one receiver of MIDI clock was told: whether its song position moves with our pulses."""

from __future__ import annotations

from stream_v2m.midi.channel_message import CONTINUE, START, STOP, TIMING_CLOCK


class Transport:
    """Stands between the clock's generator and a receiver, which counts pulses to know where it is.

    A pulse that is a little late is sent all the same, so that the count stays right. One that is far
    too late is not: the burst of pulses after a stall would be played as a burst of notes, and to leave
    some out would let the position slip unseen. The receiver is stopped instead, which everybody sees,
    ``slips`` says so, and the generator is expected to send it to the right place and on. Pulses on
    time go through meanwhile: they move nothing, and keep the receiver's tempo.

    Attributes:
        runs: Start or Continue was sent, and no Stop since.
        slips: how often it was stopped because pulses came too late.
    """

    def __init__(self) -> None:
        self.runs = False
        self.slips = 0

    def admit(self, message: bytes, *, stale: bool, muted: bool) -> list[bytes]:
        """What to send in place of a clock pulse, transport message or song position.

        Args:
            stale: it is far too late.
            muted: nobody leads the performance now.
        """
        kind = message[0]
        if kind == TIMING_CLOCK and stale:
            self.slips += self.runs
            return self.halt()
        if muted and kind in (TIMING_CLOCK, START, CONTINUE):
            return self.halt()
        if kind in (START, CONTINUE):
            self.runs = True
        elif kind == STOP:
            self.runs = False
        return [message]

    def halt(self) -> list[bytes]:
        """Stop, if it runs."""
        ran, self.runs = self.runs, False
        return [bytes((STOP,))] if ran else []
