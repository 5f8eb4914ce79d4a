"""Letting others watch and steer a performance: the server with its parts, and what is told when it opens."""

from __future__ import annotations

import datetime
import io
import ssl
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from stream_v2m.config import Config, style_names
from stream_v2m.control.feed import Feed
from stream_v2m.control.preview import Preview
from stream_v2m.control.route import Route
from stream_v2m.control.server import Server
from stream_v2m.control.server_config import ServerConfig
from stream_v2m.core.clock import Clock
from stream_v2m.core.resources import data_folder
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.session import Session

WITHOUT_TLS = (
    "without TLS browsers refuse camera and MIDI to other machines, and the token travels in the clear; "
    "--tls-self-signed or --tls CERT KEY cures both"
)


def open_server(
    config: Config, session: Session, feed: Feed, clock: Clock, console: Console, *, routes: Sequence[Route] = ()
) -> Server:
    """A server of ``session`` that has its address, which is told on ``console``.

    Args:
        feed: one of the session's witnesses.
        routes: addresses beside its own.

    Raises:
        ConfigError: a certificate or a token that is none.
        PortError: the address is taken.
    """
    from stream_v2m.sources.jpeg import preview

    server = Server(
        config.serve,
        board=session.board,
        command=session.command,
        clock=clock,
        feed=feed,
        tls=_tls(config.serve),
        preview=Preview(feed, preview, worker=ThreadWorker("preview"), clock=clock, rate_hz=config.serve.preview_hz),
        routes=routes,
        styles=style_names(),
        beats_per_bar=config.music.beats_per_bar,
    )
    server.open()
    announce(server, console)
    return server


def announce(server: Server, console: Console) -> None:
    """Tell the addresses; where a token is needed also an address and a QR code that carry it.

    A token that somebody chose is told to a terminal only: what is no terminal may be a log.
    """
    for url in server.urls:
        console.print(Text.assemble("serving on ", (url, "bold")), soft_wrap=True)
    if server.token is not None and (console.is_terminal or server.token_made_up):
        secret = f"#token={server.token}"
        console.print(Text.assemble("with its token: ", (f"{server.urls[0]}/{secret}", "bold")), soft_wrap=True)
        _qr(f"{server.urls[0]}/camera{secret}", console)
    if not server.loopback and server.scheme == "http":
        console.print(Text(WITHOUT_TLS, style="yellow"))


def _qr(text: str, console: Console) -> None:
    import segno

    drawn = io.StringIO()
    segno.make(text, micro=False, error="l").terminal(out=drawn, compact=True, border=2)
    console.file.write(drawn.getvalue())


def _tls(config: ServerConfig) -> ssl.SSLContext | None:
    from stream_v2m.control import here
    from stream_v2m.control.certificates import self_signed, tls_context

    if config.tls_cert is not None and config.tls_key is not None:
        return tls_context(config.tls_cert.expanduser(), config.tls_key.expanduser())
    if not config.tls_self_signed:
        return None
    names = ["localhost", *here.names(), *config.hosts, "127.0.0.1", "::1", *here.addresses()]
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - a date, for a certificate; the music has its clock
    return tls_context(*self_signed(data_folder() / "tls", names, now=now))
