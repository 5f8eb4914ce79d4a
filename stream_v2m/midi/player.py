"""The player, as the performance sees it: it hands events to a process of its own, and never waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.state import PlayerState
from stream_v2m.core.values import MidiEvent
from stream_v2m.midi.channel_message import is_note_on
from stream_v2m.midi.child import Child
from stream_v2m.midi.output import Output, addressed
from stream_v2m.midi.struck import Struck
from stream_v2m.midi.synth import USUAL, SynthSettings

START_WITHIN = 60.0  # seconds; a synthesizer loads its soundfont meanwhile
RESTART_EVERY = 0.5  # seconds between two attempts
HUNG_AFTER = 5.0  # seconds without a report, while somebody listens
BEAT_EVERY = 0.1  # seconds
_COUNTS = ("sent", "late", "dropped", "returns")


class PlayerConfig(BaseModel):
    """How notes leave the house."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: Literal["auto", "alsa", "jack", "coremidi", "winmm"] = Field(
        "auto", description="the system's MIDI interface; auto takes the first that answers"
    )
    realtime: bool = Field(True, description="ask for real-time priority; the status says whether it was granted")
    lookahead_ms: float = Field(60.0, gt=0, le=1000, description="events are handed over this long before they are due")
    offset_ms: float = Field(0.0, ge=-500, le=500, description="play later (or earlier, below 0) by this much")
    latency_ms: dict[str, Annotated[float, Field(ge=-500, le=500)]] = Field(
        {},
        description="how long an output takes to sound, by its spec: it plays earlier by so much, unless written with "
        "an offset of its own; `stream-v2m calibrate output` measures it",
    )
    heartbeat_ms: float = Field(
        500.0, ge=100, le=10000, description="a performance that is silent for so long has its notes released"
    )
    late_ms: float = Field(10.0, gt=0, description="what leaves later than this counts as late")
    stale_ms: float = Field(250.0, gt=0, description="a note that is later than this is not played at all")


class Player:
    """The outputs of one performance, in their own process.

    Args:
        outputs: an event's ``port`` is the place in this list, or ``ALL_PORTS``: then clock and
            transport go to those with ``clock``, notes to those with ``notes``.
        config: the player's section.
        origin: the ``perf_counter`` reading at session second 0 (``MonotonicClock.origin``).
        synth: how a synthesizer among the outputs sounds.
        stamps: a file for the process to keep in when each message was due and when its driver had it
            (``core.stamps``: due, returned, ``number_of`` the message); none: nothing is kept.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        config: PlayerConfig,
        *,
        origin: float,
        synth: SynthSettings = USUAL,
        stamps: Path | None = None,
    ) -> None:
        assert outputs
        self._config = config
        self._clock = MonotonicClock(origin)
        self._offset = config.offset_ms / 1000
        offsets = [self._offset + output.offset for output in outputs]
        self._early, self._latest = max(0.0, -min(offsets)), max(offsets)
        self._settings: dict[str, Any] = {
            "outputs": [output.fields() for output in outputs],
            "api": config.api,
            "synth": asdict(synth),
            "origin": origin,
            "realtime": config.realtime,
            "heartbeat": config.heartbeat_ms / 1000,
            "late": config.late_ms / 1000,
            "stale": config.stale_ms / 1000,
            "stamps": None if stamps is None else str(stamps),
        }
        self._outputs = tuple(outputs)
        self._struck = Struck(outputs)
        self._child: Child | None = None
        self._report: dict[str, Any] = {}
        self._status = "closed"
        self._restarts = 0
        self._reason = ""
        self._before = dict.fromkeys(_COUNTS, 0)  # of the processes that died
        self._spawned = self._beaten = self._polled = self._heard = 0.0

    @property
    def lookahead(self) -> float:
        """Seconds before its due time that an event should be sent here; the earliest output has time too."""
        return self._config.lookahead_ms / 1000 + self._early

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start the process and wait until it has tried its ports.

        Ports that are missing, or a process that fails, are no error: ``poll`` tells of them at once,
        and they are tried again.
        """
        assert self._child is None
        message = self._spawn().wait_for_report(START_WITHIN)
        if message is not None:
            self._take(message)

    def send(self, events: Iterable[MidiEvent]) -> None:
        """Hand events over; never waits.

        When the process takes nothing for so long that the buffer is full, or while it is being
        started again, notes are dropped and counted; everything else is kept. A note's end is part
        of the note, so none is lost alone.
        """
        child = self._child
        if child is None:
            return
        for event in events:
            if next(addressed(self._outputs, event.port, event.message), None) is None:
                continue  # a clock that nobody follows
            struck = is_note_on(event.message)
            release = None if event.release is None else event.release + self._offset
            due = event.due + self._offset
            if child.link.put("play", due, event.port, event.message.hex(), release, droppable=struck):
                self._struck.note(MidiEvent(due, event.port, event.message, release))
        child.link.flush()

    def release_all(self) -> None:
        """End every sounding note at once and forget the queued ones; never waits."""
        if self._child is None:
            return
        self._child.link.drop()
        self._child.link.put("panic")
        self._child.link.flush()
        self._struck.panic(self._clock.now())

    def heartbeat(self) -> None:
        """Say that the performance is alive; to be called from its own loop, at every turn."""
        now = self._clock.now()
        if self._child is not None and now - self._beaten >= BEAT_EVERY:
            self._beaten = now
            if not self._child.link.backlog:  # whatever else arrives is a sign of life too
                self._child.link.put("beat")
            self._child.link.flush()

    def poll(self) -> PlayerState:
        """Read the process's reports; start it again if it has died or hangs."""
        child, now = self._child, self._clock.now()
        if child is not None:
            messages = child.link.receive()
            for message in messages:
                self._take(message)
            if messages or now - self._polled > 1.0:  # after a pause of our own nothing is known yet
                self._heard = now
            self._polled = now
            patience = START_WITHIN if self._status == "starting" else HUNG_AFTER
            if not child.running or now - self._heard > patience:
                self._restart(child, now)
            else:
                child.link.flush()
        return self._state()

    def close(self) -> None:
        """Play what is due within the lookahead, release, reset the controllers, close the ports.

        If the process has died, another is started once more, to end what it left sounding.
        """
        self.poll()
        if self._child is not None and not self._ended(self._child):
            self._restart(self._child, self._clock.now(), at_once=True)
            self._child.wait_for_report(HUNG_AFTER)
            self._ended(self._child)
        self._child, self._status = None, "closed"

    def _ended(self, child: Child) -> bool:
        """Have it play on to the end of what was handed over; whether it lived to the end."""
        seconds = self.lookahead + self._latest
        child.link.put("close", seconds)
        messages = child.finish(seconds)
        for message in messages:
            self._take(message)
        return any(message[0] == "closed" for message in messages)

    def _spawn(self) -> Child:
        self._child = child = Child(self._settings)
        self._spawned = self._heard = self._polled = self._clock.now()
        self._status = "starting"
        return child

    def _restart(self, dead: Child, now: float, *, at_once: bool = False) -> None:
        dead.kill()
        self._status, self._reason = "restarting", dead.reason
        if now - self._spawned < RESTART_EVERY and not at_once:
            return
        self._restarts += 1
        self._before = self._counts()
        self._report = {}
        child = self._spawn()
        for event in self._struck.release(now):
            child.link.put("play", event.due, event.port, event.message.hex(), event.release)
        child.link.flush()

    def _take(self, message: list[Any]) -> None:
        match message:
            case ["ready" | "report" | "closed", dict() as report]:
                self._report, self._reason = report, ""
                self._status = "; ".join(report["problems"]) or ("waiting" if report["muted"] else "playing")
                self._struck.ended(report["time"])

    def _counts(self) -> dict[str, int]:
        counts = {name: self._before[name] + self._report.get(name, 0) for name in _COUNTS}
        counts["dropped"] += self._child.link.dropped if self._child else 0
        return counts

    def _problems(self) -> tuple[str, ...]:
        if self._reason:
            return (f"player: its process has ended ({self._reason}); it is started again",)
        return tuple(self._report.get("problems", ()))

    def _state(self) -> PlayerState:
        report = self._report
        histogram, total = report.get("lateness", ((), 0.0))
        return PlayerState(
            status=self._status,
            ports=tuple(report.get("ports", ())),
            realtime=report.get("realtime", False),
            lateness_p50_ms=report.get("p50_ms", 0.0),
            lateness_p99_ms=report.get("p99_ms", 0.0),
            lateness_max_ms=report.get("max_ms", 0.0),
            lateness_sum_ms=total,
            lateness_counts=tuple((bound, count) for bound, count in histogram),
            sounding=report.get("sounding", 0),
            restarts=self._restarts,
            problems=self._problems(),
            **self._counts(),
        )
