"""A picture as a JPEG, by FFmpeg's encoder."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from stream_v2m.core.values import Frame

PREVIEW = 320, 180  # pixels
_QUALITY = 5  # FFmpeg's quantiser, 2 (best) to 31
_LAMBDA = 118  # FFmpeg's FF_QP2LAMBDA


def preview(frame: Frame) -> bytes:
    """A frame as a small JPEG, 320×180, whatever its proportions."""
    return jpeg(frame.picture(*PREVIEW))


def jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """RGB uint8 [height, width, 3] as a JPEG (JFIF: BT.601, full range, 4:2:0)."""
    picture = VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuvj420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG, threads=1
    )
    picture.pts = 0
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.options = {"flags": "+qscale", "global_quality": str(_LAMBDA * _QUALITY)}
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))
