"""An offer as aiortc takes it, and aiortc's answer as the offer wants it.

aiortc knows H.264 as (constrained) baseline in packetization mode 1 alone, though it decodes every profile, and
mode 0; and it bundles whatever it answers, which is wrong where the offer does not (RFC 9143, 7.3).
"""

from __future__ import annotations

import re

H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
_RTPMAP = re.compile(r"a=rtpmap:(\d+) H264/90000$", re.IGNORECASE)
_FMTP = re.compile(r"a=fmtp:(\d+) (.*)$")
_ANSWERED = ("level-asymmetry-allowed", "packetization-mode", "profile-level-id")  # RFC 6184, 8.2.2
_BUNDLE = "a=group:BUNDLE "


def for_aiortc(offer: str) -> str:
    """The offer with its H.264 called by the name that aiortc knows."""
    lines = []
    for section in _sections(offer):
        h264 = _h264(section)
        for line in section:
            if (format := _FMTP.match(line)) and format[1] in h264:
                continue
            lines.append(line)
            if (codec := _RTPMAP.match(line)) and codec[1] in h264:
                lines.append(f"a=fmtp:{codec[1]} {H264}")
    return _text(lines)


def for_sender(answer: str, offer: str) -> str:
    """The answer with what is bundled in ``offer`` and nothing else, and H.264 of the profiles that are offered."""
    lines = []
    bundled = next((line for line in offer.splitlines() if line.startswith(_BUNDLE)), None)
    for section, offered in zip(_sections(answer), _sections(offer), strict=True):
        h264 = _h264(offered)
        for line in section:
            format = _FMTP.match(line)
            if line.startswith(_BUNDLE):
                lines += [bundled] if bundled else []
            elif format is None or format[1] not in h264:
                lines.append(line)
            elif parameters := h264[format[1]]:
                lines.append(f"a=fmtp:{format[1]} {parameters}")
    return _text(lines)


def _h264(section: list[str]) -> dict[str, str]:
    """Of each payload type that is H.264 of a kind that can be decoded, what its answer says of it."""
    formats = {line[1]: line[2] for line in map(_FMTP.match, section) if line}
    found = {}
    for codec in filter(None, map(_RTPMAP.match, section)):
        parameters = [each.strip() for each in formats.get(codec[1], "").split(";")]
        if "packetization-mode=2" not in parameters:  # interleaved: NAL units out of their order
            found[codec[1]] = ";".join(each for each in parameters if each.partition("=")[0] in _ANSWERED)
    return found


def _sections(sdp: str) -> list[list[str]]:
    """Lines of the session, and of each of its media."""
    found: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            found.append([])
        found[-1].append(line)
    return found


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
