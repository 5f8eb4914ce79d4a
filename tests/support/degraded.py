"""What cameras and codecs do to a picture, for tests and benchmarks: none of it is a cut."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import av
import numpy as np

from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH, Frame
from stream_v2m.sources.picture import FrameMaker
from tests.support.scenes import exposed, noisy

Degrade = Callable[[Sequence[Frame]], Iterable[Frame]]

WIDTH, HEIGHT = 320, 180


def as_it_is(frames: Sequence[Frame]) -> Iterable[Frame]:
    return frames


def exposure_steps(frames: Sequence[Frame]) -> Iterator[Frame]:
    """A camera's exposure jumps every 1.7 seconds, by up to a stop."""
    rng = np.random.default_rng(1)
    gains = rng.uniform(0.5, 1.0, 10_000)
    for frame in frames:
        yield replace(frame, small=exposed(frame.small, float(gains[int(frame.time / 1.7)])))


def exposure_ramps(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The automatic exposure swings slowly, down to half and back."""
    for frame in frames:
        yield replace(frame, small=exposed(frame.small, 0.75 + 0.25 * float(np.cos(2 * frame.time))))


def gain_noise(frames: Sequence[Frame]) -> Iterator[Frame]:
    """A sensor in the dark: noise, and a gain that is never quite the same."""
    rng = np.random.default_rng(2)
    for frame in frames:
        yield replace(frame, small=noisy(exposed(frame.small, float(rng.normal(0.8, 0.03))), rng, 6.0))


def flicker(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Lamps on the mains against the shutter: brightness beats by a sixth, nine times a second."""
    for frame in frames:
        yield replace(frame, small=exposed(frame.small, 0.86 + 0.14 * float(np.sin(2 * np.pi * 9 * frame.time))))


def shake(frames: Sequence[Frame], pixels: int = 6) -> Iterator[Frame]:
    """A hand that holds the camera shakes by up to ``pixels`` of 160 in every frame."""
    rng = np.random.default_rng(3)
    for frame in frames:
        y, x = rng.integers(0, 2 * pixels + 1, 2)
        wide = np.pad(frame.small, ((0, 0), (pixels, pixels), (pixels, pixels)), mode="reflect")
        yield replace(frame, small=np.ascontiguousarray(wide[:, y : y + SMALL_HEIGHT, x : x + SMALL_WIDTH]))


def knocks(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Someone knocks the tripod every 2.3 seconds: the picture jumps by up to 24 pixels of 160 and stays there."""
    reach = 12
    places = np.random.default_rng(4).integers(0, 2 * reach + 1, (10_000, 2))
    for frame in frames:
        y, x = places[int(frame.time / 2.3)]
        wide = np.pad(frame.small, ((0, 0), (reach, reach), (reach, reach)), mode="reflect")
        yield replace(frame, small=np.ascontiguousarray(wide[:, y : y + SMALL_HEIGHT, x : x + SMALL_WIDTH]))


def fades(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Every four seconds the picture fades to black within half a second, and comes back."""
    for frame in frames:
        place = frame.time % 4
        yield replace(frame, small=exposed(frame.small, min(1.0, abs(place - 2) * 2)))


def repeated(frames: Sequence[Frame]) -> Iterator[Frame]:
    """A slower film in a quicker stream: of five pictures the fifth is the fourth again."""
    shown = frames[0]
    for number, frame in enumerate(frames):
        shown = shown if number % 5 == 4 else frame
        yield replace(frame, small=shown.small)


DEGRADATIONS: dict[str, Degrade] = {
    "as it is": as_it_is,
    "exposure steps": exposure_steps,
    "exposure ramps": exposure_ramps,
    "gain noise": gain_noise,
    "flicker": flicker,
    "shake": shake,
    "knocks": knocks,
    "fades": fades,
    "repeated pictures": repeated,
}


def reencoded(frames: Sequence[Frame], *, kbits: float, gop: int = 50) -> Iterator[Frame]:
    """Through H.264 at so many kilobits a second, with a key frame every ``gop`` frames, whose picture pulses."""
    rate = round(1 / (frames[1].time - frames[0].time))
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "x264-params": f"keyint={gop}:scenecut=0:intra-refresh=0",
        }
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", round(kbits * 1000)
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame.picture(WIDTH, HEIGHT), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    file.seek(0)
    maker = FrameMaker()
    with av.open(file) as container:
        for frame, decoded in zip(frames, container.decode(video=0), strict=True):
            yield maker.frame(frame.time, decoded)
