"""A performance of the command line that is served, as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 60.0  # seconds to start on a busy machine
_ADDRESS = re.compile(r"serving on (https?://\S+)")


@contextmanager
def served_performance(*arguments: str) -> Iterator[str]:
    """Run ``stream-v2m serve ARGUMENTS`` on a free port; the block gets its address, and ends it.

    Raises:
        AssertionError: it does not start, or it does not end well.
    """
    command = [sys.executable, "-m", "stream_v2m.cli.main", "serve", *arguments, "--port", "0", "--log-json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said: list[str] = []
    serving = threading.Event()

    def listen() -> None:
        for line in process.stderr or ():
            said.append(line)
            if _ADDRESS.search(line):
                serving.set()
        serving.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert serving.wait(PATIENCE), "it did not start"
        found = _ADDRESS.search("".join(said))
        assert found, "".join(said)
        yield found.group(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, "".join(said)
    finally:
        process.kill()
        process.wait()
        listener.join()
        process.stderr.close()
