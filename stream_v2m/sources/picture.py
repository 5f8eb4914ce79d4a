"""From a decoded picture to a ``Frame``: the small YUV picture at once, the full RGB picture on demand."""

from __future__ import annotations

from threading import Lock

import numpy as np
from av import FFmpegError, VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH, Frame

# AVColorSpace and AVColorRange: "unspecified"
_UNKNOWN_SPACE = 2
# Players take an untagged picture above this height for BT.709, else for BT.601 (as mpv does).
_SD_HEIGHT = 576
# One scaler thread: a second one would cost its neighbours more than it gains at 160×90.
_THREADS = 1


class FrameMaker:
    """Makes frames of one source; keeps the scalers, which are costly to set up.

    ``small`` is JFIF's YUV: BT.601 matrix, full range, whatever matrix and range the source has.
    """

    def __init__(self) -> None:
        self._small = VideoReformatter()
        self._full = VideoReformatter()
        # frames outlive their making, and their pictures are asked for in other threads
        self._full_lock = Lock()

    def frame(self, time: float, decoded: VideoFrame) -> Frame:
        """Make a frame; a quarter-turn in the display matrix is undone, other proportions are squeezed.

        Raises:
            SourceError: a pixel format that swscale cannot read.
        """
        turns = quarter_turns(decoded)
        width, height = (SMALL_HEIGHT, SMALL_WIDTH) if turns % 2 else (SMALL_WIDTH, SMALL_HEIGHT)
        small = _planes(self._convert(self._small, decoded, width, height, "yuv444p"))
        if turns:
            small = np.ascontiguousarray(np.rot90(small, turns, axes=(1, 2)))

        def picture(width: int, height: int) -> NDArray[np.uint8]:
            across, down = (height, width) if turns % 2 else (width, height)
            with self._full_lock:
                rgb = np.asarray(self._convert(self._full, decoded, across, down, "rgb24").to_ndarray(), np.uint8)
            return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb

        upright_width, upright_height = upright_size(decoded)
        return Frame(time, small, picture, upright_width / upright_height)

    @staticmethod
    def _convert(scaler: VideoReformatter, decoded: VideoFrame, width: int, height: int, to: str) -> VideoFrame:
        try:
            return scaler.reformat(
                decoded,
                width,
                height,
                to,
                src_colorspace=_source_colorspace(decoded),
                dst_colorspace=Colorspace.ITU601,
                # averages over what it shrinks: FAST_BILINEAR drops pixels, and would see motion in fine detail
                interpolation=Interpolation.AREA,
                dst_color_range=ColorRange.JPEG,
                threads=_THREADS,
            )
        except FFmpegError as error:
            raise SourceError(
                "pictures in a pixel format that cannot be converted",
                got=decoded.format.name,
                cure="convert the film to yuv420p",
            ) from error


def _planes(picture: VideoFrame) -> NDArray[np.uint8]:
    """Its planes [3, height, width], copied once; ``to_ndarray`` takes twice as long."""
    planes = [np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size) for plane in picture.planes]
    return np.stack([plane[: picture.height, : picture.width] for plane in planes])


def quarter_turns(decoded: VideoFrame) -> int:
    """How often the decoded picture must be turned counterclockwise by 90° to be seen upright, 0–3."""
    return round(decoded.rotation / 90) % 4


def upright_size(decoded: VideoFrame) -> tuple[int, int]:
    """Width and height of the picture as it is to be seen."""
    size = decoded.width, decoded.height
    return (size[1], size[0]) if quarter_turns(decoded) % 2 else size


def _source_colorspace(decoded: VideoFrame) -> Colorspace | None:
    if decoded.colorspace != _UNKNOWN_SPACE or decoded.format.is_rgb:
        return None
    return Colorspace.ITU709 if decoded.height > _SD_HEIGHT else Colorspace.ITU601
