"""A whole performance as a peer hears it: ``python tests/bench/bench_performance.py [SOURCE] [SECONDS]`` prints JSON.

Plays under JACK's dummy driver into a listener. Reports the time from command to first note, notes
and note-offs, how far chord onsets (bass and pad) are from the beat, the player's own lateness, and
the resident memory of both processes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.support.jack import Listener, jack_server

PORT = "bench"
CHORD_CHANNELS = (0, 1)  # bass and pad in the default style
BEAT = 0.5  # seconds, at 120 bpm


def memory_mb(pid: int) -> dict[str, float]:
    """Resident memory of a process: all, and without what it shares (JACK's segment, libraries)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    rss, pss, shared = (
        int(re.findall(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[0]) / 1024 for name in ("Rss", "Pss", "Shared_Clean")
    )
    return {"resident": round(rss, 1), "proportional": round(pss, 1), "shared_clean": round(shared, 1)}


def main(source: str, seconds: float) -> dict[str, object]:
    """Play ``source`` for about ``seconds`` and listen."""
    command = ["stream_v2m.cli.main", "play", source, "--to", f"virtual:{PORT}"]
    with jack_server():
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--seconds", str(seconds), "--quiet", "--log-json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        listener = Listener("peer").connect(PORT)
        listener.wait_for_notes(1)
        time.sleep(seconds / 2)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        memory = {"performance": memory_mb(process.pid), "player": memory_mb(int(children[0]))}
        log, _ = process.communicate()
        listener.wait_for_silence()
        messages = list(listener.messages)
        listener.close()
    return {"source": source, "cores": os.cpu_count(), "memory_mb": memory} | figures(messages, begun, log)


def figures(messages: list[tuple[float, bytes]], begun: float, log: str) -> dict[str, object]:
    """What the peer received, in milliseconds."""
    ons = [(at, m) for at, m in messages if m[0] & 0xF0 == 0x90 and m[2]]
    offs = sum(m[0] & 0xF0 == 0x80 or (m[0] & 0xF0 == 0x90 and not m[2]) for _, m in messages)
    chords = np.array([at for at, m in ons if m[0] & 0x0F in CHORD_CHANNELS])
    offsets = (chords - chords[0]) / (BEAT / 4)
    offsets = (offsets - np.round(offsets)) * BEAT / 4
    offsets = np.abs(offsets - np.median(offsets)) * 1000
    last = json.loads(log.splitlines()[-1])
    return {
        "command_to_first_note_ms": round((ons[0][0] - begun) * 1000),
        "note_ons": len(ons),
        "note_offs": offs,
        "chord_onset_off_the_beat_ms": {
            "p50": round(float(np.quantile(offsets, 0.5)), 2),
            "p99": round(float(np.quantile(offsets, 0.99)), 2),
            "max": round(float(offsets.max()), 2),
        },
        "player": last.get("player"),
    }


if __name__ == "__main__":
    given = sys.argv[1:]
    print(json.dumps(main(given[0] if given else "film:", float(given[1]) if len(given) > 1 else 25.0)))
