"""Ardour without its window: a session under JACK with one armed MIDI track, driven in Ardour's own Lua.

``ardour7-lua`` is the whole engine of the Debian package ``ardour``: ports, transport,
recording and session files are those of the program with the window.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mido
import pytest

from tests.support.jack import wait_for

ANSWER_WITHIN = 30.0  # seconds; the first answer comes when the session is made
STARTS = 5
SAMPLES_PER_BEAT = 24000  # a new session goes at 120 bpm
TRACK = "stream_v2m"
BANK_SELECT = 0, 32  # which Ardour writes before every program, whether it was sent or not

Placed = tuple[float, mido.Message]  # the beat, and the message without its time

# One line in is one chunk of Lua, one line out is its value: `=VALUE`, or `!` and what went wrong.
_LOOP = """
assert(AudioEngine:set_backend("JACK", "ardour", ""))
ARDOUR.config():set_input_auto_connect(ARDOUR.AutoConnectOption.ManualConnect)
ARDOUR.config():set_output_auto_connect(ARDOUR.AutoConnectOption.ManualConnect)
session = create_session(arg[1], "take", 48000)
for line in io.lines() do
  local chunk, fault = load(line)
  local good, value = pcall(chunk or error, fault)
  io.write(good and "=" or "!", tostring(value), "\\n")
  io.flush()
end
"""
_NEW_TRACK = f"""
local one = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
tracks = session:new_midi_track(one, one, true, ARDOUR.PluginInfo(), nil, nil, 1, "{TRACK}",
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
track = tracks:front()
function armed()
  track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
  return track:rec_enable_control():get_value() == 1
end
"""


class Ardour:
    """A session in ``folder``, in a process of its own.

    Raises:
        AssertionError: Ardour ends, or does not answer.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.session = folder / "session"
        self.input = ""  # the armed track's port
        script = folder / "loop.lua"
        script.write_text(_LOOP)
        self._process = subprocess.Popen(
            [find_ardour(), str(script), str(self.session)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_CACHE_HOME": str(folder / "cache")},
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether the session was made and JACK calls it."""
        return self.lua("return session ~= nil and AudioEngine:running()") == "true"

    def arm(self) -> None:
        """Make the track and arm it."""
        self.lua(_NEW_TRACK)
        self.wait_for("armed()", "the armed track")  # a new track refuses for a moment
        self.input = "ardour:" + self.lua("return track:input():nth(0):name()")

    def lua(self, chunk: str) -> str:
        """Run a piece of Lua, in which ``session`` and ``track`` are known, and return what it returns."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(chunk.split("\n")) + "\n")
        self._process.stdin.flush()
        said: list[str] = []
        while not (said and said[-1].startswith(("=", "!"))):
            try:
                said.append(self._lines.get(timeout=ANSWER_WITHIN))
            except queue.Empty:
                raise AssertionError(f"Ardour does not answer to {chunk!r}; it said {said}") from None
            assert said[-1], f"Ardour ended at {chunk!r}; it said {said}"
        answer = said[-1].rstrip("\n")
        assert answer.startswith("="), f"{chunk!r}: {answer[1:]}"
        return answer[1:]

    def wait_for(self, condition: str, what: str) -> None:
        """Return when a condition in Lua holds."""
        wait_for(lambda: self.lua(f"return {condition}") == "true", what)

    def connect(self, source: str) -> None:
        """Let a port of JACK's play to the track."""
        assert self.lua(f'return AudioEngine:connect("{source}", "{self.input}")') == "0", f"{source} is not there"

    def beat(self) -> float:
        """Where the transport is."""
        return int(self.lua("return session:transport_sample()")) / SAMPLES_PER_BEAT

    def record(self) -> None:
        """Roll and record from here on."""
        self.lua("session:maybe_enable_record(true)")
        self.lua("session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)")
        self.wait_for("session:actively_recording() and session:transport_sample() > 0", "recording")

    def stop(self) -> mido.MidiFile:
        """Stop, save the session, and return the take as Ardour wrote it into its folder."""
        self.lua("session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)")
        self.wait_for("not session:transport_rolling() and track:playlist():region_list():size() == 1", "the take")
        assert self.lua('return session:save_state("")') == "0"
        takes = [mido.MidiFile(path) for path in self.session.glob(f"interchange/*/midifiles/*_{TRACK}-*.mid")]
        (take,) = (take for take in takes if take.length)
        return take

    def close(self) -> None:
        """Close the session and end the process; what is saved stays."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(ANSWER_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


@contextmanager
def ardour(folder: Path) -> Iterator[Ardour]:
    """Ardour's session with its armed track, closed at the end whatever happens.

    Once in some ten starts Ardour 7 loses JACK before its session is made, since a thread that names a port and
    the one that registers the others write to the server's socket at once. So it is given several.
    """
    for number in range(STARTS):
        daw = Ardour(folder / str(number))
        try:
            if daw.running:
                daw.arm()
                yield daw
                return
        finally:
            daw.close()
    raise AssertionError(f"Ardour lost JACK at each of {STARTS} starts")


def heard(take: mido.MidiFile) -> list[Placed]:
    """What stands in a file, in order of time, but for bank selects."""
    found = []
    for track in take.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if not message.is_meta and not (message.is_cc() and message.control in BANK_SELECT):
                found.append((ticks / take.ticks_per_beat, message.copy(time=0)))
    return sorted(found, key=lambda line: line[0])


def find_ardour() -> str:
    """Ardour's Lua interpreter. Without it the test is skipped, in continuous integration too: it is large."""
    found = [program for version in (9, 8, 7) if (program := shutil.which(f"ardour{version}-lua"))]
    if not found:
        pytest.skip("Ardour is not installed: `sudo apt-get install --no-install-recommends ardour` has it")
    return found[0]
