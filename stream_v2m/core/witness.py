"""Who listens to a performance: the stages tell each witness what happens, and wait for none."""

from __future__ import annotations

from collections.abc import Sequence

from stream_v2m.core.commands.command import Command
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import Affect, Cue, FeatureWindow, Frame, MidiEvent, MusicEvent, StepPlan, Track


class Witness:
    """Told what happens, as it happens; a witness overrides what it wants to know.

    Called on the event loop, so every method returns at once. All times are session seconds.
    """

    __slots__ = ()

    def began(self, at: float) -> None:
        """The source is open and the performance begins."""

    def arranged(self, tracks: Sequence[Track]) -> None:
        """These parts play from now on; told at the beginning, and when the style changes."""

    def retimed(self, segment: Segment) -> None:
        """The tempo goes on by ``segment``, from its moment on; told once at the beginning too."""

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        """A frame was measured, at ``at``: the cue of its motion, then those of its events, and the mood."""

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        """A step was decided from ``window``, or blindly; onset and duration in seconds by the tempo of now."""

    def wrote(self, since: float, at: float) -> None:
        """Something was written, from when the performer woke to the moment ``at``: the time that arranging takes."""

    def played(self, events: Sequence[MusicEvent]) -> None:
        """These were written, for parts."""

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        """The same as messages, handed to the outputs."""

    def released(self, at: float) -> None:
        """Everything that sounded was ended, and what was due later is forgotten."""

    def marked(self, text: str, at: float) -> None:
        """A word about a moment: a chord's name."""

    def commanded(self, command: Command, at: float) -> None:
        """A command was given; it may wait for its beat or bar."""

    def ended(self, at: float) -> None:
        """Nothing comes any more."""
