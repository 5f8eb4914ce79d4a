"""The surfaces beside the page and the terminal, as the configuration asks for them: MQTT, OSC, logs, metrics."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stream_v2m.config import Config, style_names
from stream_v2m.control.feed import Feed
from stream_v2m.control.health import Health
from stream_v2m.control.logs import Journal
from stream_v2m.control.obey import Obey
from stream_v2m.core.clock import Clock
from stream_v2m.session import Session

if TYPE_CHECKING:
    from stream_v2m.control.route import Route

Surface = Callable[[], Coroutine[Any, Any, None]]


def open_surfaces(
    config: Config, session: Session, clock: Clock, *, feed: Feed | None = None
) -> tuple[list[Surface], list[Route]]:
    """What is to run beside the stages, and addresses for a server; ports are taken and files read now.

    Args:
        feed: of the server, where there is one; without it there are no addresses.

    Raises:
        ConfigError, PortError: a password, certificate or port cannot be had.
    """
    running: list[Surface] = []
    health = Health(config.health, board=session.board, clock=clock)
    session.join(health)
    if config.log.form is not None:
        journal = Journal(session.board)
        session.join(journal)
        running.append(journal.run)
    mqtt = osc = None
    if config.mqtt.broker is not None:
        from stream_v2m.control.mqtt import Mqtt

        obey = Obey(session.command, styles=style_names(), allow_quit=config.mqtt.may_quit)
        mqtt = Mqtt(config.mqtt, board=session.board, obey=obey, clock=clock, health=health.told)
        running.append(mqtt.run)
    if config.osc.to or config.osc.listen is not None:
        from stream_v2m.control.osc import Osc

        obey = Obey(session.command, styles=style_names(), allow_quit=config.osc.may_quit)
        osc = Osc(config.osc, board=session.board, obey=obey, clock=clock)
        osc.open()
        session.join(osc)
        running.append(osc.run)
    if feed is None:
        return running, []
    from stream_v2m.control.metrics import Metrics, Surfaces
    from stream_v2m.control.monitoring import routes

    surfaces = Surfaces(clients=lambda: feed.listeners)
    if mqtt is not None:
        surfaces = replace(surfaces, mqtt=mqtt.counts)
    if osc is not None:
        surfaces = replace(surfaces, osc=osc.counts)
    metrics = Metrics(board=session.board, clock=clock, health=health, surfaces=surfaces)
    session.join(metrics)
    return running, routes(metrics, health)
