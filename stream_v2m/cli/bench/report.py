"""The report: figures as JSON, and how an older report's differ."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stream_v2m import __version__
from stream_v2m.cli.bench.figures import Figures
from stream_v2m.cli.bench.reel import Reel
from stream_v2m.cli.bench.wire import Wire
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.files import replacing

SCHEMA = 1


def report_of(figures: Sequence[Figures], reel: Reel, wire: Wire, *, load: float | None) -> dict[str, Any]:
    """Everything, for JSON.

    Args:
        load: how many programs wanted a core on average in the minute before.
    """
    runs = []
    for each in figures:
        counts = {**asdict(each.counts), "recall": each.counts.recall, "false_a_minute": each.counts.false_a_minute}
        runs.append({**asdict(each), "counts": counts})
    return {
        "schema": SCHEMA,
        "version": __version__,
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": load,
        },
        "film": {"size": list(reel.size), "rate_hz": reel.rate_hz, "codec": reel.codec},
        "wire": wire.text,
        "runs": runs,
    }


def load_average() -> float | None:
    """Of the last minute, where the system tells."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def write_report(report: dict[str, Any], path: Path) -> None:
    """As JSON.

    Raises:
        PortError: the file cannot be written.
    """
    with replacing(path) as part:
        part.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_report(path: Path) -> dict[str, Any]:
    """One that was written.

    Raises:
        ConfigError: it is none, or of another kind.
    """
    expected = "a file that `stream-v2m bench --json` wrote"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError("cannot be read", where=path, got=error, expected=expected) from error
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ConfigError("no report of this version", where=path, expected=expected)
    return report


@dataclass(frozen=True, slots=True)
class Change:
    """One figure, then and now."""

    sessions: int
    name: str
    old: float
    new: float

    @property
    def ratio(self) -> float | None:
        """Now in parts of then; None where there was nothing then."""
        return self.new / self.old if self.old else None


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every figure that both have, of runs with as many sessions."""
    before = {run["sessions"]: _flat(run) for run in old["runs"]}
    found = []
    for run in new["runs"]:
        then = before.get(run["sessions"], {})
        found += [Change(run["sessions"], name, then[name], now) for name, now in _flat(run).items() if name in then]
    return found


def _flat(run: dict[str, Any]) -> dict[str, float]:
    """The figures of a run by name."""
    flat: dict[str, float] = {}
    for name, summary in {**run["stages"], **run["paths"]}.items():
        if summary is not None:
            flat |= {f"{name} {part}": summary[f"{part}_ms"] for part in ("p50", "p99", "max")}
    for use in run["processes"]:
        flat |= {f"{use['name']} CPU %": use["cpu_percent"], f"{use['name']} MB": use["rss_mb"]}
    counts = {"recall of cuts": "recall", "false cuts a minute": "false_a_minute"}
    return flat | {name: run["counts"][key] for name, key in counts.items() if run["counts"][key] is not None}
