"""SDP offers as they come: one that is right, ways to spoil it, and what OBS really sends."""

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


# As OBS Studio 30.2.3 with libdatachannel 0.24.6 sent it, but for names, numbers and keys.
OBS = f"""\
v=0
o=rtc 1 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=group:LS 0 1
a=msid-semantic:WMS *
a=ice-options:ice2 trickle
a=fingerprint:sha-256 {FINGERPRINT}
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=ssrc:1000000001 cname:cnameOfThisOBS00
a=ssrc:1000000001 msid:streamOfThisOBS0 streamOfThisOBS0-audio
a=msid:streamOfThisOBS0 streamOfThisOBS0-audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
a=setup:actpass
a=ice-ufrag:{UFRAG}
a=ice-pwd:{PASSWORD}
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=sendonly
a=ssrc:1000000002 cname:cnameOfThisOBS00
a=ssrc:1000000002 msid:streamOfThisOBS0 streamOfThisOBS0-video
a=msid:streamOfThisOBS0 streamOfThisOBS0-video
a=rtcp-mux
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
a=setup:actpass
a=ice-ufrag:{UFRAG}
a=ice-pwd:{PASSWORD}
""".replace("\n", "\r\n")

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
