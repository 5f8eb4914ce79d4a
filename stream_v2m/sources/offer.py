"""What somebody offers to send: an SDP offer, cut down to what is used here and checked before a socket opens."""

from __future__ import annotations

import ipaddress
import re

from aiortc.sdp import MediaDescription, SessionDescription

from stream_v2m.core.errors import PublishError

MAX_OFFER = 64 * 1024  # characters; browsers offer 3,000 to 10,000
MAX_MEDIA = 8
MAX_CANDIDATES = 32
FINGERPRINTS = {"sha-256", "sha-384", "sha-512"}

_SESSION = {"group", "fingerprint", "setup", "ice-ufrag", "ice-pwd", "ice-options", "msid-semantic"}
_MEDIA = {
    *("mid", "rtpmap", "fmtp", "rtcp-fb", "extmap", "rtcp-mux", "ssrc", "fingerprint", "setup"),
    *("ice-ufrag", "ice-pwd", "ice-options", "candidate", "sendrecv", "sendonly", "recvonly", "inactive"),
}
# RFC 8839, 5.4
_UFRAG, _PASSWORD = re.compile(r"[A-Za-z0-9+/]{4,256}"), re.compile(r"[A-Za-z0-9+/]{22,256}")
_DIGEST = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+")
_DIRECTIONS = {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
# How aiortc's parser says that it does not understand.
_NOT_UNDERSTOOD = (ValueError, AssertionError, LookupError, AttributeError, TypeError, StopIteration)


def read_offer(text: str) -> tuple[str, list[str]]:
    """The offer as it is handed on, and the names of its video codecs.

    Left out is what is not used: attributes that nothing here reads, TCP candidates, and ``.local``
    names, which would have to be looked up by multicast (the sender's own checks tell its address as
    well); ``end-of-candidates`` too, since without it a sender that lists none may still come.

    Raises:
        PublishError: it is no offer of a picture.
    """
    if len(text) > MAX_OFFER:
        raise malformed("it is too long", got=f"{len(text)} characters", expected=f"at most {MAX_OFFER}")
    lines = [_UNPRINTABLE.sub("?", line.rstrip()) for line in re.split(r"\r?\n", text)]
    lines = [line for line in lines if line]
    if not lines or lines[0] != "v=0":
        raise malformed("it is not SDP", got=repr(lines[0][:40]) if lines else "nothing", expected="v=0 first")
    offer = "\r\n".join(_used(lines)) + "\r\n"
    try:
        session = SessionDescription.parse(offer)
    except _NOT_UNDERSTOOD as error:
        raise malformed("it cannot be understood", got=str(error) or type(error).__name__) from error
    _check(session)
    return offer, [codec.name for media in session.media if media.kind == "video" for codec in media.rtp.codecs]


def malformed(what: str, **details: str) -> PublishError:
    """The offer is wrong."""
    return PublishError(what, reason="malformed", where="SDP offer", **details)


def _used(lines: list[str]) -> list[str]:
    used: list[str] = []
    media, candidates, direction = 0, 0, True
    for line in lines:
        if line.startswith("m="):
            if not direction:
                used.append("a=sendrecv")  # RFC 8866, 6.7: the direction if none is told
            media, direction = media + 1, False
            used.append(line)
        elif not line.startswith("a="):
            if not media and line[:2] in ("v=", "o=", "s=", "t="):
                used.append(line)
        elif line[2:].partition(":")[0] in (_MEDIA if media else _SESSION):
            if line.startswith("a=candidate:"):
                candidates += 1
                if candidates > MAX_CANDIDATES or not _is_reachable(line):
                    continue
            direction = direction or line in _DIRECTIONS
            used.append(line)
    if not direction:
        used.append("a=sendrecv")
    return used


def _is_reachable(line: str) -> bool:
    """Whether a candidate is one to try: ``a=candidate:FOUNDATION 1 udp PRIORITY ADDRESS PORT typ host …``."""
    match line.partition(":")[2].split():
        case [_, "1", protocol, priority, address, port, "typ", "host" | "srflx" | "relay", *_]:
            if protocol.lower() != "udp" or not (priority + port).isdecimal() or not 0 < int(port) < 2**16:
                return False
            try:
                ipaddress.ip_address(address)
            except ValueError:
                return False
            return int(priority) < 2**32
    return False


def _check(session: SessionDescription) -> None:
    kinds = [media.kind for media in session.media]
    if "video" not in kinds:
        raise malformed("no picture in it", got=", ".join(kinds) or "no media", expected="a video section")
    if len(kinds) > MAX_MEDIA or not set(kinds) <= {"audio", "video"}:
        raise malformed("more than picture and sound in it", got=", ".join(kinds[: MAX_MEDIA + 1]))
    if not any(media.kind == "video" and media.direction in ("sendonly", "sendrecv") for media in session.media):
        raise malformed("it sends no picture", expected="a video section that says sendonly")
    mids = [media.rtp.muxId or "" for media in session.media]  # of a bare `a=mid` aiortc makes None
    if "" in mids or len(set(mids)) < len(mids):
        raise malformed("each section needs a mid of its own", got=", ".join(mids))
    for group in session.group:
        if group.semantic == "BUNDLE" and not set(group.items) <= set(mids):
            raise malformed("it bundles what is not there", got=str(group))
    for media in session.media:
        _check_transport(media)


def _check_transport(media: MediaDescription) -> None:
    where = f"of section {media.rtp.muxId}"
    ice = media.ice
    if ice is None or not _UFRAG.fullmatch(ice.usernameFragment or "") or not _PASSWORD.fullmatch(ice.password or ""):
        raise malformed(f"ice-ufrag or ice-pwd {where} is missing or wrong")
    if media.dtls is None or not any(
        fingerprint.algorithm.lower() in FINGERPRINTS and _DIGEST.fullmatch(fingerprint.value)
        for fingerprint in media.dtls.fingerprints
    ):
        raise malformed(f"setup or fingerprint {where} is missing or wrong", expected="a SHA-256 fingerprint")
    if not media.rtcp_mux:
        raise malformed(f"rtcp-mux {where} is missing")
    if any(not 0 <= source.ssrc < 2**32 for source in media.ssrc):
        raise malformed(f"an ssrc {where} is no 32 bit number")
