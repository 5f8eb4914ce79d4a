"""Spoiled SDP offers by the thousand: ``python tests/bench/fuzz_sdp.py [COUNT]``.

Each goes to a real inlet, which answers or refuses it. Prints how often each outcome came, as JSON; anything else is
raised, shrunk to the shortest offer that does it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.sdp_fuzz import fuzz

if __name__ == "__main__":
    print(json.dumps(fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
