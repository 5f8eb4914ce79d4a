"""What a performance saw and played, kept from its beginning to its end, for the picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import Affect, Cue, FeatureWindow, Frame, MusicEvent, NoteEvent, StepPlan
from stream_v2m.core.witness import Witness

THUMBNAIL_EVERY = 1.0  # seconds, at first
THUMBNAILS = 256  # 11 MB; with so many every other goes, and they come half as often
AFFECT_EVERY = 0.2  # seconds
THUMBNAIL_SIZE = (160, 90)


@dataclass(slots=True)
class Trace(Witness):
    """Collected as the performance goes; all times are session seconds.

    Attributes:
        duration: of the performance; the time axis ends here.
        thumbnails: time and RGB uint8 [h, w, 3], about one each ``thumbnail_every`` seconds.
        motion: time and motion 0–1, one a frame.
        events: hits, cuts and flashes.
        affects: time and mood, at most five a second.
        plans: onset and duration in seconds, and the plan, one a step.
        notes: what was sent to sound.
    """

    title: str
    duration: float = 0.0
    thumbnail_every: float = THUMBNAIL_EVERY
    thumbnails: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)
    motion: list[tuple[float, float]] = field(default_factory=list)
    events: list[Cue] = field(default_factory=list)
    affects: list[tuple[float, Affect]] = field(default_factory=list)
    plans: list[tuple[float, float, StepPlan]] = field(default_factory=list)
    notes: list[NoteEvent] = field(default_factory=list)

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        if not self.thumbnails or frame.time - self.thumbnails[-1][0] >= self.thumbnail_every:
            self.thumbnails.append((frame.time, frame.picture(*THUMBNAIL_SIZE)))
            if len(self.thumbnails) == THUMBNAILS:
                del self.thumbnails[1::2]
                self.thumbnail_every *= 2
        self.motion.append((frame.time, cues[0].motion))
        self.events.extend(cue for cue in cues if cue.event is not None)
        if affect is not None and (not self.affects or frame.time - self.affects[-1][0] >= AFFECT_EVERY):
            self.affects.append((frame.time, affect))

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        if self.plans and self.plans[-1][2].step == plan.step:
            del self.plans[-1]  # it was decided anew
        self.plans.append((onset, duration, plan))

    def played(self, events: Sequence[MusicEvent]) -> None:
        self.notes.extend(event for event in events if isinstance(event, NoteEvent))

    def ended(self, at: float) -> None:
        self.duration = at
