"""Real streams: each sender is killed and comes back while the music goes on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Thread

import pytest

from stream_v2m.core.commands.performance import SetSource
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.source import SourceConfig
from tests.support.performing import QUICK, Performing, performing
from tests.support.publisher import number_of
from tests.support.publishers import ffmpeg, free_port
from tests.support.require import missing, require
from tests.support.rtsp_server import rtsp_server
from tests.support.transport_stream import Sender, calling

pytestmark = pytest.mark.integration


async def seen(music: Performing) -> None:
    """Pictures of the right size arrive, and chords come of them."""
    state = await music.more()
    assert (state.source.status, state.source.width, state.source.height) == ("playing", 160, 90)
    await music.steps()


async def missed(music: Performing) -> None:
    """The sender has gone, and the music does not stop for that."""
    await music.lost()
    await music.until(lambda state: state.affect is None and state.cue is not None and state.cue.motion == 0)
    await music.steps(2)
    assert music.state.phase == "playing"


async def test_rtmp_waits_for_a_publisher_and_for_the_next_one():
    require("ffmpeg")
    port = free_port()
    publish = partial(ffmpeg, "-f", "flv", f"rtmp://127.0.0.1:{port}/live")
    async with performing([f"rtmp-listen://127.0.0.1:{port}/live"]) as music:
        await music.until(lambda state: state.source.status == "waiting for a publisher")
        assert music.state.phase == "starting"
        with publish():
            await seen(music)
        await missed(music)
        await music.until(lambda state: state.source.status == "waiting for a publisher")
        with publish():
            await seen(music)


async def test_a_transport_stream_over_udp_comes_back():
    require("ffmpeg")
    port = free_port(socket.SOCK_DGRAM)
    publish = partial(ffmpeg, "-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316")
    async with performing([f"udp://127.0.0.1:{port}"]) as music:
        with publish():
            await seen(music)
        await missed(music)
        with publish():
            await seen(music)


async def test_srt_waits_for_a_caller_and_for_the_next_one():
    _require_srt()
    port = free_port(socket.SOCK_DGRAM)
    publish = partial(ffmpeg, "-f", "mpegts", f"srt://127.0.0.1:{port}?pkt_size=1316")
    async with performing([f"srt://127.0.0.1:{port}?mode=listener"]) as music:
        await music.until(lambda state: state.source.status == "waiting for a caller")
        await _published(music, publish)
        await missed(music)
        await _published(music, publish)


async def test_srt_calls_a_listener():
    _require_srt()
    port = free_port(socket.SOCK_DGRAM)
    async with performing([f"srt://127.0.0.1:{port}"], [*QUICK, "source.patient=true"]) as music:
        with ffmpeg("-f", "mpegts", f"srt://127.0.0.1:{port}?mode=listener"):
            await seen(music)


@pytest.mark.parametrize("scheme", ["udp", "srt"])
def test_a_picture_of_a_transport_stream_does_not_wait_for_the_next_one(scheme: str):
    if scheme == "srt":
        _require_srt()
    address = f"{scheme}://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    source = open_source(address if scheme == "udp" else f"{address}?mode=listener", SourceConfig())
    with (
        ThreadPoolExecutor() as pool,
        calling(address) if scheme == "srt" else nullcontext(f"{address}?pkt_size=1316") as to,
    ):
        opening = pool.submit(source.open)
        sender = Sender(to)
        try:
            opening.result(30)
            numbers = map(number_of, source.frames())
            first = next(numbers)
            sender.stop()
            assert pool.submit(lambda: sender.last in chain([first], numbers)).result(20)
        finally:
            source.close()


async def test_rtsp_comes_back(tmp_path: Path):
    require("ffmpeg")
    port = free_port()
    address = f"rtsp://anna:secret@127.0.0.1:{port}/live"
    async with performing([address], [*QUICK, "source.patient=true"]) as music:
        with rtsp_server(port, tmp_path):
            await seen(music)
        await missed(music)
        assert "secret" not in repr(music.state)
        with rtsp_server(port, tmp_path):
            await seen(music)


async def test_hls_comes_back_and_plays_evenly(tmp_path: Path):
    require("ffmpeg")
    port = free_port()
    segments = ("-hls_time", "1", "-hls_list_size", "4", "-hls_flags", "delete_segments", "-f", "hls")
    publish = partial(ffmpeg, *segments, str(tmp_path / "live.m3u8"))
    async with performing([f"http://127.0.0.1:{port}/live.m3u8"], [*QUICK, "source.patient=true"]) as music:
        with publish(), _served(tmp_path, port):
            await seen(music)
            dropped = music.state.source.dropped
            await music.more(40)
            assert music.state.source.dropped - dropped < 20, "the pictures of a segment came all at once"
        await missed(music)
        with publish(), _served(tmp_path, port):
            await seen(music)


async def test_another_source_takes_over_while_the_music_goes_on():
    require("ffmpeg")
    port = free_port(socket.SOCK_DGRAM)
    async with performing(["cam=film:rate=10", f"backup=udp://127.0.0.1:{port}"]) as music:
        await music.more()
        assert music.state.sources == ("cam", "backup")
        music.session.command(SetSource(source="backup"))
        await music.more()
        assert music.state.source.name == "cam"
        with ffmpeg("-f", "mpegts", f"udp://127.0.0.1:{port}"):
            await music.until(lambda state: state.source.name == "backup")
            await seen(music)
        music.session.command(SetSource(source="cam"))
        await music.until(lambda state: state.source.name == "cam")
        await music.more()


@pytest.mark.parametrize("address", ["rtsp://127.0.0.1:{}/a", "http://127.0.0.1:{}/a.m3u8", "rtmp://127.0.0.1:{}/a/b"])
def test_a_server_that_accepts_and_never_answers_is_given_up(address: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = address.format(listener.getsockname()[1])
        source = open_source(address, SourceConfig(open_timeout_s=0.5))
        with pytest.raises(SourceError, match=r"cannot be opened, got no answer in time"):
            source.open()


def test_closing_ends_an_opening_at_once_though_ffmpeg_still_waits():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = open_source(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/a", SourceConfig(open_timeout_s=3600))
        with ThreadPoolExecutor() as pool:
            opening = pool.submit(source.open)
            client, _ = listener.accept()
            source.close()
            with client, pytest.raises(SourceError, match="ended before its first picture"):
                opening.result(20)


def test_a_client_that_is_no_publisher_costs_the_next_one_nothing():
    require("ffmpeg")
    port = free_port()
    source = open_source(f"rtmp-listen://127.0.0.1:{port}/live", SourceConfig(open_timeout_s=1))
    opening = Thread(target=source.open, daemon=True)
    opening.start()
    for said in (b"GET / HTTP/1.1\r\n\r\n", b""):
        with _connected(port) as client:
            client.sendall(said)
            client.settimeout(20)
            while client.recv(4096):
                pass
    for _ in range(20):
        with ffmpeg("-f", "flv", f"rtmp://127.0.0.1:{port}/live") as publisher:
            while publisher.poll() is None and opening.is_alive():
                opening.join(0.1)
        if not opening.is_alive():
            break
    assert not opening.is_alive()
    source.close()


def test_a_playlist_cannot_open_files_of_this_machine(tmp_path: Path):
    require("ffmpeg")
    film = tmp_path / "private" / "film.ts"
    film.parent.mkdir()
    made = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:duration=1", str(film)]
    subprocess.run(made, check=True)
    (tmp_path / "served").mkdir()
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{film}\n#EXT-X-ENDLIST\n"
    (tmp_path / "served" / "evil.m3u8").write_text(playlist)
    port = free_port()
    with _served(tmp_path / "served", port), pytest.raises(SourceError):
        open_source(f"http://127.0.0.1:{port}/evil.m3u8", SourceConfig(open_timeout_s=5)).open()


def test_a_film_over_http_ends_at_its_end(tmp_path: Path):
    require("ffmpeg")
    film = str(tmp_path / "film.mp4")
    made = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:duration=1", film]
    subprocess.run(made, check=True)
    port = free_port()
    with _served(tmp_path, port):
        source = open_source(f"http://127.0.0.1:{port}/film.mp4", SourceConfig())
        source.open()
        assert len(list(source.frames())) > 5


# After the interpreter's end the process goes on until somebody writes to it: FFmpeg, which waits for the server, has
# then long called back into what is no more.
LINGERING = """
import ctypes
libc = ctypes.CDLL(None)
libc["__cxa_atexit"](libc.getchar, None, None)
from stream_v2m.cli.main import main
main()
"""


async def test_quitting_while_a_server_is_silent_ends_the_program_soon_and_without_a_crash(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"rtsp://127.0.0.1:{listener.getsockname()[1]}/a"
        command = [sys.executable, "-c", LINGERING, "play", address, "--to", f"file:{tmp_path / 'a.mid'}", "--quiet"]
        limits = ["--set", "source.open_timeout_s=3600"]
        process = await asyncio.create_subprocess_exec(*command, *limits, stdin=asyncio.subprocess.PIPE)
        listener.settimeout(40)
        client, _ = await asyncio.to_thread(listener.accept)
        with client:
            process.terminate()
            async with asyncio.timeout(20):
                assert await process.wait() == 0


async def _published(music: Performing, publish: partial[object]) -> None:
    """A caller that comes before the listener is there gives up, so it is started until it is heard."""
    async with asyncio.timeout(40):
        while True:
            with publish() as process:  # type: ignore[attr-defined]
                while process.poll() is None:
                    if music.state.source.status == "playing":
                        await seen(music)
                        return
                    await asyncio.sleep(0.1)


def _connected(port: int) -> socket.socket:
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=0.1)
        except OSError:
            continue
    raise AssertionError("nobody listens")


@contextmanager
def _served(folder: Path, port: int):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _require_srt() -> None:
    require("ffmpeg")
    asked = subprocess.run(["ffmpeg", "-hide_banner", "-protocols"], capture_output=True, text=True, check=True)
    if "srt" not in asked.stdout.split():
        missing("this ffmpeg has no SRT")
