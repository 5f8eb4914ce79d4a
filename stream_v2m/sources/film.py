"""``film:``, the synthetic film: an invented scenario, drawn frame by frame, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from threading import Event

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.canvas import HEIGHT, WIDTH, Planes
from stream_v2m.sources.picture import FrameMaker
from stream_v2m.sources.scenario import FADE, FLASH, Shot, write_scenario
from stream_v2m.sources.shots import Draw, build
from stream_v2m.sources.source import SourceConfig, SourceInfo

_FLASH_STRENGTH = 0.85
# A frame's time may fall just before the moment that it stands for.
_EPSILON = 1e-6


class Film:
    """A film without a file, for demonstrations, tests and measurements; its truth is in ``scenario``.

    Args:
        seed: varies the order of the moods, the lengths, the colours and the motion.
        seconds: length of the film.
        rate_hz: frames a second.
        size: width and height; drawn at 320 × 180 and enlarged if it is another.
    """

    live = False

    def __init__(
        self,
        config: SourceConfig,
        *,
        seed: int = 0,
        seconds: float = 60.0,
        rate_hz: float = 30.0,
        size: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> None:
        self.name = f"film:seed={seed}"
        self.scenario = write_scenario(seed, seconds)
        self._rate_hz, self._size = rate_hz, size
        self._seek_s, self._loop = config.seek_s, config.loop
        self._drawn: dict[int, Draw] = {}
        self._closed = Event()

    def open(self) -> SourceInfo:
        """Raises: SourceError: the film would begin after its end."""
        duration = self.scenario.duration
        if self._seek_s >= duration:
            raise SourceError(
                "the film is over before it begins",
                where=self.name,
                got=f"seek_s = {self._seek_s:g}",
                expected=f"less than its {duration:g} s",
            )
        return SourceInfo(self.name, *self._size, self._rate_hz, None if self._loop else duration - self._seek_s)

    def frames(self) -> Iterator[Frame]:
        """Draw every frame in turn."""
        maker = FrameMaker()
        length = self.scenario.duration - self._seek_s
        for number in count():
            time = number / self._rate_hz
            lap, place = divmod(time + _EPSILON, length)
            if self._closed.is_set() or (lap and not self._loop):
                return
            picture = VideoFrame.from_ndarray(self.render(self._seek_s + place), format="rgb24")
            if self._size != (WIDTH, HEIGHT):
                picture = picture.reformat(*self._size, format="yuv420p", threads=1)
            yield maker.frame(time, picture)

    def close(self) -> None:
        """End ``frames``."""
        self._closed.set()

    def render(self, time: float) -> NDArray[np.uint8]:
        """The picture at ``time``, RGB uint8 [180, 320, 3]."""
        index = self.scenario.index_at(time)
        shot = self.scenario.shots[index]
        planes = self._shot(index, time)
        if index and shot.transition == "fade" and time < shot.start + FADE:
            before = self._shot(index - 1, time)
            planes = before + np.float32((time - shot.start) / FADE) * (planes - before)
        if _flashing(shot, time):
            planes = planes + np.float32(_FLASH_STRENGTH) * (255 - planes)
        rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        for channel, plane in enumerate(np.clip(planes, 0, 255)):
            rgb[:, :, channel] = plane
        return rgb

    def _shot(self, index: int, time: float) -> Planes:
        shot = self.scenario.shots[index]
        draw = self._drawn.get(index)
        if draw is None:
            # a fade needs the shot before; more would pile up over the hours
            self._drawn = {near: kept for near, kept in self._drawn.items() if abs(near - index) == 1}
            draw = self._drawn[index] = build(shot.mood.name, np.random.default_rng((self.scenario.seed, index)))
        return draw(time - shot.start)


def _flashing(shot: Shot, time: float) -> bool:
    return any(start <= time + _EPSILON < start + FLASH for start in shot.flashes)
