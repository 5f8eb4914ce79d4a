"""MQTT: the state as retained topics, every live command as a topic, and a broker that may come and go."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from stream_v2m.control import mqtt_discovery
from stream_v2m.control.access import Buckets
from stream_v2m.control.address import LOOPBACK
from stream_v2m.control.changes import Changes
from stream_v2m.control.faults import Fault
from stream_v2m.control.mqtt_command import Asked, answer, asked_for
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.mqtt_topics import ANSWER, COMMAND, INTERVALS, OFFLINE, ONLINE, STATUS, teller
from stream_v2m.control.obey import Obey
from stream_v2m.control.waits import waits
from stream_v2m.control.words import written
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import ConfigError, StreamV2MError
from stream_v2m.core.state import Board

ROOT = "stream_v2m"
TIMEOUT = 5.0  # seconds for every word with the broker
FAREWELL = 0.4  # seconds at the end; the outputs are closed after it
KEEPALIVE = 15  # seconds of silence after which the broker is asked whether it lives
STEADY = 10.0  # seconds of connection after which its loss is tried to mend at once again
QUEUED = 64  # commands that may wait; more are dropped

log = logging.getLogger(__name__)


@dataclass(slots=True)
class MqttCounts:
    """How it goes with the broker."""

    connected: bool = False
    connects: int = 0
    failures: int = 0
    published: int = 0
    obeyed: int = 0
    refused: int = 0
    limited: int = 0
    retained: int = 0


class Mqtt:
    """One surface; ``run`` stands beside the stages and never holds them up.

    Args:
        obey: gives a live command, or raises a ``Fault``.
        health: how it goes, as fields of JSON.

    Raises:
        ConfigError: the password or a certificate cannot be read.
    """

    def __init__(
        self,
        config: MqttConfig,
        *,
        board: Board,
        obey: Obey,
        clock: Clock,
        health: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        assert config.broker is not None
        self._config, self._board, self._obey, self._clock = config, board, obey, clock
        say = teller(health, obey.styles)
        self._changes = Changes(board, clock, say, intervals=INTERVALS, usual=1 / config.rate_hz)
        self._client: aiomqtt.Client | None = None  # while connected
        self._host = config.broker.host or LOOPBACK
        self._where = f"MQTT {self._host}:{config.port}"
        self._password, self._tls = config.secret(), config.tls_context()
        self._base = f"{ROOT}/{config.name}"
        self._bucket = Buckets(config.commands_per_s, config.commands_per_s, clock.now)
        self._random = Random()
        self.counts = MqttCounts()

    async def run(self) -> None:
        """Connect, tell and obey; again and again, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay())
            group.create_task(self._tell())

    async def _stay(self) -> None:
        """Be connected, or try to be."""
        waiting, told = self._waits(), ""
        while True:
            since, reason = self._clock.now(), ""
            try:
                await self._converse()
            except (aiomqtt.MqttError, TimeoutError) as error:
                reason = str(error.__cause__ or error) or type(error).__name__
            _stop_if_cancelled()
            if self.counts.connected:
                self.counts.connected, told = False, ""
            else:
                self.counts.failures += 1
            if self._clock.now() - since > STEADY:
                waiting = self._waits()
            if reason != told:
                told = reason
                log.warning("%s: %s; it is tried again", self._where, reason)
                self._board.notice(f"{self._where}: {reason}; it is tried again")
            await self._clock.sleep_until(self._clock.now() + next(waiting))

    def _waits(self) -> Iterator[float]:
        return waits(self._random)

    async def _converse(self) -> None:
        """One connection, from its beginning to its loss."""
        client = self._make_client()
        try:
            await client.__aenter__()  # not `async with`: leaving waits for the broker
            await self._greet(client)
            _stop_if_cancelled()
            self._client = client
            self._changes.forget()
            self.counts.connected = True
            self.counts.connects += 1
            log.info("%s: connected as %s", self._where, self._base)
            if self.counts.connects > 1 or self.counts.failures:
                self._board.notice(f"{self._where}: connected")
            await self._listen(client)
        except asyncio.CancelledError:
            if self._client is not None:
                await self._part(client)
            raise
        finally:
            self._client = None
            _abandon(client)

    async def _tell(self) -> None:
        """Tell what changes; what nobody could be told is told to the next who is there."""
        with self._changes as changes:
            while True:
                news, client = await changes.next(), self._client
                try:
                    for topic, fields in news.items():
                        if client is not None:
                            await self._publish(client, f"{self._base}/{topic}", written(fields), retain=True)
                except aiomqtt.MqttError:
                    if client is not None:
                        client._client.disconnect()  # which ends the listening, and so the connection

    def _make_client(self) -> aiomqtt.Client:
        five = self._config.version == "5"
        return aiomqtt.Client(
            self._host,
            self._config.port,
            username=self._config.user,
            password=self._password,
            identifier=f"{ROOT}-{self._config.name}-{secrets.token_hex(4)}",
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(f"{self._base}/{STATUS}", OFFLINE, qos=1, retain=True),
            clean_session=None if five else True,  # commands that were given to nobody stay so
            timeout=TIMEOUT,
            keepalive=KEEPALIVE,
            max_queued_incoming_messages=QUEUED,
            tls_context=self._tls,
            logger=_quiet(log.getChild("client")),
        )

    async def _greet(self, client: aiomqtt.Client) -> None:
        commands = [f"{self._base}/{COMMAND}", f"{self._base}/{COMMAND}/+"]
        if self._config.version == "5":
            options = SubscribeOptions(
                qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
            )
            granted = await client.subscribe([(topic, options) for topic in commands])
        else:
            granted = await client.subscribe([(topic, 1) for topic in commands])
        if any(getattr(code, "is_failure", False) for code in granted):
            self._board.notice(
                f"{self._where}: the broker gives us no commands; its access list says who may read them"
            )
        if self._config.discovery:
            entities = mqtt_discovery.entities(
                self._config.name, self._base, self._config.discovery_prefix, self._obey.styles
            )
            for topic, payload in entities.items():
                await self._publish(client, topic, payload, retain=True)
        await self._publish(client, f"{self._base}/{STATUS}", ONLINE, qos=1, retain=True)

    async def _part(self, client: aiomqtt.Client) -> None:
        try:
            async with asyncio.timeout(FAREWELL):
                await client.publish(f"{self._base}/{STATUS}", OFFLINE, qos=1, retain=True)
        except (aiomqtt.MqttError, TimeoutError):
            log.info("%s: gone without a word", self._where)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if message.retain:
                self.counts.retained += 1  # somebody's word of long ago
            elif not self._bucket.take():
                self.counts.limited += 1
            else:
                await self._answer(client, message)

    async def _answer(self, client: aiomqtt.Client, message: aiomqtt.Message) -> None:
        asked: Asked | None = None
        error: StreamV2MError | None = None
        try:
            asked = asked_for(message.topic.value.removeprefix(f"{self._base}/{COMMAND}").lstrip("/"), message.payload)
            self._obey(asked.name, asked.arguments)
        except Fault as fault:
            error = fault.error
        except ConfigError as refused:
            error = refused
        self.counts.obeyed += error is None
        self.counts.refused += error is not None
        topic, properties = self._back(message.properties)
        await self._publish(client, topic, written(answer(asked, error)), properties=properties)

    def _back(self, properties: Properties | None) -> tuple[str, Properties | None]:
        """Where an answer goes, and what shows whom it is for: MQTT 5's response topic, or else our own."""
        own = f"{self._base}/{ANSWER}"
        wanted = getattr(properties, "ResponseTopic", None)
        ours = (f"{ROOT}/", f"{self._config.discovery_prefix}/", "$")
        if not wanted or wanted.startswith(ours) or set(wanted) & set("+#\0"):
            wanted = None  # nobody may have us say this where our words mean something else
        data = getattr(properties, "CorrelationData", None)
        if data is None:
            return wanted or own, None
        told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        told.CorrelationData = data
        return wanted or own, told

    async def _publish(
        self,
        client: aiomqtt.Client,
        topic: str,
        payload: str,
        *,
        qos: int = 0,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> None:
        await client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        self.counts.published += 1
        _stop_if_cancelled()


def _quiet(logger: logging.Logger) -> logging.Logger:
    """Its own warnings come one for each message of a flood."""
    logger.setLevel(logging.ERROR)
    return logger


def _stop_if_cancelled() -> None:
    """Be cancelled after all.

    Python 3.11's ``wait_for``, by which aiomqtt waits, forgets a cancellation that comes together with what it
    waits for.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _abandon(client: aiomqtt.Client) -> None:
    """End a connection whatever its state, waiting for nothing.

    aiomqtt has no word for this: its own leaving waits for the broker, and after a connection that failed it
    leaves the socket open, by which a broker that answers late would find a second client of our name.
    """
    client._client.on_disconnect = None  # aiomqtt's stumbles over a connection that was given up
    client._client.disconnect()
    ended = client._disconnected
    if ended.done() and not ended.cancelled():
        ended.exception()  # seen; asyncio need not tell of it
