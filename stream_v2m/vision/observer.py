"""The observer: everything that is measured about one stream of frames."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.values import Cue, Event, FeatureWindow, Frame
from stream_v2m.vision.affect import TOGETHER, AffectConfig, AffectEstimator, Measures
from stream_v2m.vision.color import measure_color
from stream_v2m.vision.color_affect import ColorAffect, ColorConfig
from stream_v2m.vision.cut import CutConfig, CutDetector, Happening
from stream_v2m.vision.flow import FlowMeter
from stream_v2m.vision.mood import Mood, Voice
from stream_v2m.vision.motion import REFERENCE, MotionMeter
from stream_v2m.vision.onset import OnsetConfig, OnsetDetector, is_light
from stream_v2m.vision.ranging import Range, RangeConfig
from stream_v2m.vision.window import Sample, WindowBuilder
from stream_v2m.vision.zones import ZoneMeter, Zones

_MOTION_PRIOR = 14.0  # MuVi-Sync's motion is below this in 85 % of seconds
_CUT_MEMORY = 30.0  # seconds over which the rate of cuts is counted


class VisionConfig(BaseModel):
    """How the picture is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    motion_release_s: float = Field(0.15, gt=0, description="how fast the cue of motion falls; it rises at once")
    motion: RangeConfig = RangeConfig()
    zones: Zones = Field(
        default_factory=dict,
        description="parts of the picture by name, each [left, top, right, bottom] 0–1, or a grid as '2x1' or '4x3'",
    )
    onset: OnsetConfig = OnsetConfig()
    cut: CutConfig = CutConfig()
    color: ColorConfig = ColorConfig()


@dataclass(frozen=True, slots=True)
class Sight:
    """What one frame gave: the cue of its motion, then those of its events; the window that it ends.

    Attributes:
        measures: for estimators that look at the frame too; None where nothing was measured.
        voices: who told the mood.
    """

    cues: tuple[Cue, ...]
    window: FeatureWindow
    measures: Measures | None = None
    voices: tuple[Voice, ...] = ()


class Observer:
    """Sees frames in the order of time; less than half a millisecond each.

    Args:
        estimator: is asked about every frame, so it must be quick; the colours if not given.
        mood: where slow estimators are heard too; of ``estimator`` alone if not given.
    """

    def __init__(
        self, config: VisionConfig, estimator: AffectEstimator | None = None, *, mood: Mood | None = None
    ) -> None:
        self._config = config
        self._estimator: AffectEstimator = estimator or ColorAffect(config.color)
        self._mood = mood or Mood(AffectConfig(), [self._estimator.info.name])
        self._meter, self._cuts, self._windows = MotionMeter(), CutDetector(config.cut), WindowBuilder()
        self._range = Range(config.motion, prior=_MOTION_PRIOR)
        self._cut_times: deque[float] = deque()
        self._time: float | None = None
        self._scene_start = 0.0
        self._energy = 0.0
        self._flow, self._onsets = FlowMeter(), OnsetDetector(config.onset)
        self._zones = ZoneMeter(config.zones)
        self._zone_range = Range(config.motion, prior=_MOTION_PRIOR)
        self._zone_energies = (0.0,) * len(config.zones)
        self._stream = 0

    @property
    def estimator(self) -> str:
        """Who is listened to for the mood."""
        return TOGETHER.join(self._mood.listening)

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones, in the order in which cues tell of them."""
        return self._zones.names

    def freeze(self, on: bool) -> None:
        """Let the ranging of motion and mood stand still, or follow again."""
        self._range.frozen = self._zone_range.frozen = self._meter.frozen = on
        self._estimator.freeze(on)

    def see(self, frame: Frame, *, span: float) -> Sight:
        """Measure one frame; the window covers the last ``span`` seconds."""
        now = frame.time
        if self._time is None:
            self._time, self._scene_start, self._stream = now - REFERENCE, now, frame.stream
        elif frame.stream != self._stream:  # no cut: nobody cut to what another source shows
            self._scene_start, self._stream = now, frame.stream
            self._cuts.restart()
            self._meter.restart()
            self._onsets.restart()
        elapsed, self._time = max(0.0, now - self._time), now

        happenings = self._cuts.see(frame.small, now)
        if not self._cuts.settled:
            self._meter.restart()  # the difference across a cut is no motion
        motion = self._meter.measure(frame.small[0], now)
        ranged = self._range(self._meter.energy, elapsed)
        falling = math.exp(-elapsed / self._config.motion_release_s)
        self._energy = max(ranged, self._energy * falling)
        self._measure_zones(elapsed, falling)
        light = self._measure_flow(elapsed)
        if self._onsets.see(ranged, now, elapsed, light=light) and not happenings:
            happenings.append(Happening(Event.ONSET, now))
        for each in happenings:
            if each.event is Event.CUT:
                self._scene_start = each.origin
                self._cut_times.append(each.origin)
        while self._cut_times and now - self._cut_times[0] > _CUT_MEMORY:
            self._cut_times.popleft()

        measures = Measures(elapsed, measure_color(frame.small), ranged, len(self._cut_times) * 60 / _CUT_MEMORY)
        self._mood.hear(self._estimator.info.name, self._estimator.estimate(frame, measures))
        feeling = self._mood.feel(now, elapsed, scene=now - self._scene_start)
        sample = Sample(now, elapsed, motion, ranged, feeling.affect, feeling.semantics)
        window = self._windows.add(sample, span=span, scene_start=self._scene_start)
        cue = Cue(now, self._energy, flow=self._flow.flow, zones=self._zone_energies)
        events = (replace(cue, event=each.event, origin=each.origin) for each in happenings)
        return Sight((cue, *events), window, measures, feeling.voices)

    def _measure_zones(self, elapsed: float, falling: float) -> None:
        """Range all zones alike, so that they can be compared: 1 is the busiest one at its height."""
        if not self._zones.names:
            return
        means = self._zones.means(self._meter.blocks)
        self._zone_range(max(means), elapsed)
        ranged = map(self._zone_range.share, means)
        self._zone_energies = tuple(
            max(now, before * falling) for now, before in zip(ranged, self._zone_energies, strict=True)
        )

    def _measure_flow(self, elapsed: float) -> bool:
        """Follow the direction; true if what changed was the light."""
        if self._meter.compared is None:
            return False
        before, after, between = self._meter.compared
        self._flow.compare(before, after, between, elapsed)
        return is_light(before, after)
