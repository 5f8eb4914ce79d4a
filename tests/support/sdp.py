"""SDP offers as they come: one that is right, and ways to spoil it."""

from __future__ import annotations

from hypothesis import strategies as st

UFRAG, PASSWORD = "abcd", "0123456789abcdefghijklmn"
FINGERPRINT = ":".join(["AB"] * 32)
CODECS = "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96"
HEAD = "v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE 0"
TRANSPORT = f"""\
a=ice-ufrag:{UFRAG}
a=ice-pwd:{PASSWORD}
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
a=rtcp-mux"""
CANDIDATE = "a=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host"


def offer(*, codecs: str = CODECS, direction: str = "a=sendonly", more: str = CANDIDATE, mid: str = "a=mid:0") -> str:
    """An offer of one picture."""
    media = f"m=video 9 UDP/TLS/RTP/SAVPF 96 97\nc=IN IP4 0.0.0.0\n{mid}\n{direction}\n{TRANSPORT}\n{codecs}\n{more}"
    return "\r\n".join(line for line in f"{HEAD}\n{media}\n".split("\n") if line) + "\r\n"


_LINES = tuple(offer().splitlines())
_BEGINNINGS = ("m=", "a=", "a=mid:", "a=fmtp:", "a=ssrc:", "a=extmap:", "a=group:BUNDLE ")
_WORDS = st.one_of(
    st.sampled_from(["", " ", ":", "=", "0", "-1", "4294967296", "x" * 300, "é", "\x00", "\x0b", "VP8/0", "apt=x"]),
    st.text(max_size=12),
)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """The right offer with lines lost, doubled, moved, or changed somewhere inside."""
    lines = list(_LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["lose", "double", "move", "cut", "put", "word", "new"])):
            case "lose" if len(lines) > 1:
                del lines[place]
            case "double":
                lines.insert(draw(st.integers(0, len(lines))), lines[place])
            case "move" if len(lines) > 1:
                line = lines.pop(place)
                lines.insert(draw(st.integers(0, len(lines))), line)
            case "cut":
                lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
            case "put":
                at = draw(st.integers(0, len(lines[place])))
                lines[place] = lines[place][:at] + draw(_WORDS) + lines[place][at:]
            case "word":
                words = lines[place].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(_WORDS)
                lines[place] = " ".join(words)
            case "new":
                lines.insert(place, draw(st.sampled_from(_BEGINNINGS)) + draw(_WORDS))
            case _:
                pass
    return "\r\n".join(lines) + "\r\n"


texts = st.one_of(st.text(max_size=200), spoiled())
