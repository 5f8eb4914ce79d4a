"""FFmpeg's own WHIP muxer as a publisher: ``python tests/support/ffmpeg_whip.py URL CERTIFICATE KEY``.

A process of its own: the muxer connects with the interpreter's lock held.
"""

from __future__ import annotations

import sys
import time

import av
import numpy as np

RATE = 30

if __name__ == "__main__":
    url, certificate, key = sys.argv[1:]
    with av.open(url, "w", format="whip", options={"cert_file": certificate, "key_file": key}) as container:
        options = {"tune": "zerolatency", "profile": "baseline", "preset": "ultrafast", "g": "30"}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(20 * RATE):
            picture = np.full((270, 320), number * 3 % 255, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts = number
            for packet in stream.encode(frame):
                container.mux(packet)
            time.sleep(1 / RATE)
