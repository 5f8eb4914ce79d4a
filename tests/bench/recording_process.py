"""The player's process, keeping every single lateness and writing them to ``$LATENESS_FILE`` at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path

from stream_v2m.midi import process
from stream_v2m.midi.lateness import Lateness


class Recording(Lateness):
    """Lateness with a memory."""

    def __init__(self, threshold: float) -> None:
        super().__init__(threshold)
        self.all: list[float] = []
        recordings.append(self)

    def add(self, seconds: float) -> None:
        super().add(seconds)
        self.all.append(seconds)


recordings: list[Recording] = []

if __name__ == "__main__":
    process.Lateness = Recording  # type: ignore[misc]
    process.main()
    Path(os.environ["LATENESS_FILE"]).write_text(json.dumps([late for each in recordings for late in each.all]))
