"""The values that flow between stages. Frozen; times are session seconds on one monotonic clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import Chord
from stream_v2m.core.emotions import EMOTIONS

SMALL_WIDTH, SMALL_HEIGHT = 160, 90


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture with its capture time.

    Attributes:
        time: capture, session seconds; a source that is not live gives its own time, from 0.
        small: planar YUV 4:4:4, full range, uint8 [3, 90, 160]; enough for motion, cuts and colour.
        picture: called with (width, height), gives RGB uint8 [height, width, 3]; costs a conversion,
            and holds the decoder's buffer for as long as the frame lives.
        aspect: width by height of the picture as it is to be seen.
        stream: number of the opening that it comes from; another one does not continue what was seen before.
    """

    time: float
    small: NDArray[np.uint8]
    picture: Callable[[int, int], NDArray[np.uint8]]
    aspect: float = SMALL_WIDTH / SMALL_HEIGHT
    stream: int = 0


class Event(Enum):
    """What the fast path saw happen; the first frame of a cut and of a flash look alike."""

    HIT = "hit"  # provisional: a cut or a flash
    CUT = "cut"  # confirmed
    FLASH = "flash"  # confirmed
    ONSET = "onset"  # what moved little moves much: a gesture begins


@dataclass(frozen=True, slots=True)
class Cue:
    """What the fast path saw in one frame.

    Attributes:
        time: capture time of the frame.
        motion: ranged 0–1; a state, of which only the newest matters.
        event: a cut, a flash or an onset, if any; none may be lost.
        origin: capture time of the frame where the event began; for a confirmed event earlier than ``time``.
        flow: where to what moves goes, right and down, each −1…1; a state like motion.
        zones: motion of each zone, in the order of the configuration; a state too.
    """

    time: float
    motion: float
    event: Event | None = None
    origin: float | None = None
    flow: tuple[float, float] = (0.0, 0.0)
    zones: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Affect:
    """The picture's mood: six probabilities in the order of ``EMOTIONS``, valence and arousal in −1…1."""

    probabilities: tuple[float, ...]
    valence: float
    arousal: float

    def __post_init__(self) -> None:
        assert len(self.probabilities) == len(EMOTIONS), self.probabilities

    @property
    def emotion(self) -> str:
        """The leading emotion's name."""
        return EMOTIONS[max(range(len(EMOTIONS)), key=self.probabilities.__getitem__)]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureWindow:
    """The picture of the last ``span`` seconds before ``time`` in one vector.

    Attributes:
        features: float32 [FEATURE_SIZE] in the data's units, schema ``core.features``.
        present: bool [CONDITIONS], true for the conditions that ``features`` fills.
        affect: the same window's mood; None while nothing has been seen.
        motion: ranged 0–1, mean over the window.
        schema: version of the schema.
    """

    time: float
    span: float
    features: NDArray[np.float32]
    present: NDArray[np.bool_]
    affect: Affect | None
    motion: float
    schema: int


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Loudness (linear RMS) and density (notes sounding in the second), both as in the data."""

    loudness: float
    note_density: float


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What the models decided for one coming step: ``onset`` and ``duration`` in beats.

    Beats, since the tempo may change between plan and sound; the sequencer turns them into seconds.
    """

    step: int
    onset: float
    duration: float
    chord: Chord
    dynamics: Dynamics
    affect: Affect | None


@dataclass(frozen=True, slots=True)
class Cadence:
    """The chords to end on; no plan comes after it."""

    chords: tuple[Chord, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """One part of the arrangement as others see it: its name, MIDI channel 1–16, and General MIDI program 0–127."""

    name: str
    channel: int
    program: int | None = None

    def __post_init__(self) -> None:
        assert 1 <= self.channel <= 16, self


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """One note of one part: onset and duration in session seconds."""

    onset: float
    duration: float
    pitch: int
    velocity: int
    part: str

    def __post_init__(self) -> None:
        assert 0 <= self.pitch <= 127 and 1 <= self.velocity <= 127 and self.duration > 0, self


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """One controller value 0–127 of one part, at session seconds ``time``."""

    time: float
    controller: int
    value: int
    part: str

    def __post_init__(self) -> None:
        assert 0 <= self.controller <= 127 and 0 <= self.value <= 127, self


@dataclass(frozen=True, slots=True)
class ProgramEvent:
    """A General MIDI program 0–127 for one part, at session seconds ``time``."""

    time: float
    program: int
    part: str


MusicEvent = NoteEvent | ControlEvent | ProgramEvent

ALL_PORTS = -1


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One MIDI message and when it is due.

    Attributes:
        due: session seconds.
        port: index of the output, or ``ALL_PORTS``.
        message: the bytes of one channel or system message.
        release: for a note-on, the latest time of its note-off, which whoever plays the note-on
            sends by itself; None for everything else.
    """

    due: float
    port: int
    message: bytes
    release: float | None = None
