"""The figures of one run: each stage and each way through the house, from the stamps of all that took part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_v2m.cli.bench.matching import Score

Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """What one figure measures: from one moment to another."""

    name: str
    begins: str
    ends: str


STAGES = (
    Row("age", "the camera has the picture", "the performance has it, with its time stamp"),
    Row("capture", "the camera has the picture", "its packet is read"),
    Row("decode", "its packet is read", "its picture is decoded (H.264)"),
    Row("convert", "its picture is taken from the reader", "it is made small, 160 × 90 YUV"),
    Row("hand-over", "time stamp", "vision begins; the newest picture wins"),
    Row("vision", "vision begins", "cuts, motion, colour and mood are measured"),
    Row("features", "they are measured", "the window for the models is made"),
    Row("AMT", "the transformer is asked", "it has answered"),
    Row("GRU", "the GRU is asked", "it has answered"),
    Row("step", "a step begins", "chord, loudness and density are decided (with AMT, GRU, sampling)"),
    Row("arrange", "the performer wakes", "its notes are written"),
    Row("queue", "notes are handed to the player", "they are due"),
    Row("pipe", "what is due at once is handed to the player", "the driver has it"),
    Row("player", "a message is due", "the driver's send has returned"),
    Row("wire", "the driver's send has returned", "a peer in another process has it"),
)
PATHS = (
    Row("cut → accent", "the first picture of a cut or flash is there", "its accent is at the peer"),
    Row("confirmation → accent", "the picture that tells cut from flash is there", "the accent is at the peer"),
    Row("cut → confirmed", "the first picture of a cut or flash is there", "the performer knows which it is"),
    Row("motion → CC", "a picture is there", "the controller that tells its motion is at the peer"),
    Row(
        "picture → accent",
        "a cut's or flash's picture is decoded, small, stamped",
        "the driver's send has returned",
    ),
    Row("picture → CC", "a picture is decoded, small, stamped", "the driver's send of its controller has returned"),
    Row("frame → chord", "the newest picture that a step sees is there", "its chord is decided"),
    Row("deadline → wire", "a message is due", "it is at the peer"),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution in milliseconds; percentiles are values that occurred (nearest rank)."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: Seconds) -> Summary | None:
        """None where nothing was measured."""
        if not len(seconds):
            return None
        p50, p99 = np.quantile(seconds, (0.5, 0.99), method="inverted_cdf")
        return cls(len(seconds), *(round(float(value) * 1000, 3) for value in (p50, p99, seconds.max())))


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What a kind of process took: CPU in percent of a core, resident memory at most and what nobody shares in MB.

    Of all its instances together, and ``most`` of one. Of the resident memory, JACK's own segment is a large part.
    """

    name: str
    count: int
    cpu_percent: float
    cpu_most_percent: float
    rss_mb: float
    rss_most_mb: float
    own_mb: float
    own_most_mb: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What there was, and what became of it.

    Attributes:
        pictures, seen: that there were, and that were measured; the others were out of date by then.
        messages, heard: that drivers had, and that arrived.
        cuts, flashes: of the film, against what was told; accents: of both together.
        minutes: for rates.
    """

    minutes: float
    pictures: int
    seen: int
    steps: int
    messages: int
    heard: int
    cuts: Score
    flashes: Score
    accents: Score

    @property
    def recall(self) -> float | None:
        """Share of the cuts that were told; None if there was none."""
        return self.cuts.found / self.cuts.known if self.cuts.known else None

    @property
    def false_a_minute(self) -> float:
        """Cuts that were told and were none."""
        return self.cuts.false / self.minutes


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about one run; a figure that nothing was measured for is None.

    Attributes:
        stolen_percent: of this machine's time, all cores, that its host took for others; None where the system does
            not tell.
    """

    sessions: int
    seconds: float
    realtime: bool
    stolen_percent: float | None
    stages: dict[str, Summary | None]
    paths: dict[str, Summary | None]
    counts: Counts
    processes: tuple[ProcessUse, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of one picture's trip: what happened, from and to, in seconds after the picture was there."""

    name: str
    begin: float
    end: float
