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
from pydantic_core import from_json

from stream_v2m.control import mqtt_discovery
from stream_v2m.control.access import Buckets
from stream_v2m.control.address import LOOPBACK
from stream_v2m.control.changes import Changes
from stream_v2m.control.faults import Fault, described
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.mqtt_topics import ANSWER, COMMAND, INTERVALS, OFFLINE, ONLINE, STATUS, VERSION, teller
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
LONGEST = 4096  # bytes of a command

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it was asked for, and how its answer finds back.

    Attributes:
        name: what it says; not checked.
        id: given in the payload, told in the answer.
    """

    name: str
    arguments: dict[str, Any]
    id: str | int | None


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
        self._say = teller(health, obey.styles)
        self._host = config.broker.host or LOOPBACK
        self._where = f"MQTT {self._host}:{config.port}"
        self._password, self._tls = config.secret(), config.tls_context()
        self._base = f"{ROOT}/{config.name}"
        self._bucket = Buckets(config.commands_per_s, config.commands_per_s, clock.now)
        self._random = Random()
        self.counts = MqttCounts()

    async def run(self) -> None:
        """Connect, tell and obey; again and again, until cancelled."""
        waiting, told = self._waits(), ""
        while True:
            since, reason = self._clock.now(), ""
            try:
                await self._converse()
            except* (aiomqtt.MqttError, TimeoutError) as group:
                reason = _reason(group)
            if self.counts.connected:
                self.counts.connected = False
                told = ""
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
        client = self._client()
        try:
            await client.__aenter__()  # not `async with`: leaving waits for the broker, and not at all if this fails
            await self._greet(client)
            self.counts.connected = True
            self.counts.connects += 1
            log.info("%s: connected as %s", self._where, self._base)
            if self.counts.connects > 1 or self.counts.failures:
                self._board.notice(f"{self._where}: connected")
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(client))
                group.create_task(self._listen(client))
        except asyncio.CancelledError:
            if self.counts.connected:
                await self._part(client)
            raise
        finally:
            _abandon(client)

    def _client(self) -> aiomqtt.Client:
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
            logger=log.getChild("client"),
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

    async def _tell(self, client: aiomqtt.Client) -> None:
        with Changes(
            self._board, self._clock, self._say, intervals=INTERVALS, usual=1 / self._config.rate_hz
        ) as changes:
            while True:
                for topic, fields in (await changes.next()).items():
                    await self._publish(client, f"{self._base}/{topic}", written(fields), retain=True)

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
        await self._publish(client, topic, written(answer(asked, error)), qos=1, properties=properties)

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


def asked_for(name: str, payload: object) -> Asked:
    """The command in a message: named by the topic, or, where that names none, by ``"command"`` in the payload.

    Raises:
        ConfigError: the payload is no JSON object.
    """
    text = payload if isinstance(payload, bytes) else b""
    where = f"{COMMAND}/{name}".rstrip("/")
    if len(text) > LONGEST:
        raise ConfigError("too long", where=where, got=f"{len(text)} bytes", expected=f"at most {LONGEST}")
    try:
        fields = from_json(text, allow_inf_nan=False) if text.strip() else {}
    except ValueError as error:
        raise ConfigError("is no JSON", where=where, got=error, expected="an object with the arguments") from error
    if not isinstance(fields, dict):
        raise ConfigError("is no JSON object", where=where, got=type(fields).__name__)
    mark = fields.pop("id", None)
    if not isinstance(mark, str | int | None) or len(str(mark)) > 128:
        raise ConfigError("a text or a number is expected", where=f"{where}.id")
    if not name:
        named = fields.pop("command", "")
        if not isinstance(named, str) or not named:
            raise ConfigError("names no command", where=where, expected='{"command": "play"}')
        name = named
    return Asked(name, fields, mark)


def answer(asked: Asked | None, error: StreamV2MError | None) -> dict[str, Any]:
    """What is told to whoever asked."""
    told: dict[str, Any] = {"version": VERSION, "ok": error is None}
    if asked is not None:
        told["command"] = asked.name
        if asked.id is not None:
            told["id"] = asked.id
    if error is not None:
        told["error"] = described(error)
    return told


def _abandon(client: aiomqtt.Client) -> None:
    """End a connection whatever its state, waiting for nothing.

    aiomqtt has no word for this: its own leaving waits for the broker, and after a connection that failed it
    leaves the socket open, by which a broker that answers late would find a second client of our name.
    """
    client._client.disconnect()
    ended = client._disconnected
    if ended.done() and not ended.cancelled():
        ended.exception()  # seen; asyncio need not tell of it


def _reason(group: BaseExceptionGroup[BaseException]) -> str:
    """Of the first error, without the numbers that change."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
