"""What a performance saw and played, kept from its beginning to its end, for the picture of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import Affect, Cue, NoteEvent, StepPlan


@dataclass(slots=True)
class Trace:
    """Collected as the performance goes; all times are session seconds.

    Attributes:
        duration: of the performance; the time axis ends here.
        thumbnails: time and RGB uint8 [h, w, 3], about one a second.
        motion: time and motion 0–1, one a frame.
        events: hits, cuts and flashes.
        affects: time and mood, one a window.
        plans: onset and duration in seconds, and the plan, one a step.
        notes: what was sent to sound.
    """

    title: str
    duration: float = 0.0
    thumbnails: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)
    motion: list[tuple[float, float]] = field(default_factory=list)
    events: list[Cue] = field(default_factory=list)
    affects: list[tuple[float, Affect]] = field(default_factory=list)
    plans: list[tuple[float, float, StepPlan]] = field(default_factory=list)
    notes: list[NoteEvent] = field(default_factory=list)
