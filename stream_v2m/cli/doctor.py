"""The doctor: what works on this machine, and the cure for what does not."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from stream_v2m import __version__
from stream_v2m.core.errors import StreamV2MError

Verdict = Literal["ok", "warn", "fail"]
MARKS: dict[Verdict, tuple[str, str]] = {"ok": ("✓", "green"), "warn": ("–", "yellow"), "fail": ("✗", "bold red")}
CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores")
REALTIME_CURE = (
    "join the group audio and let it: `echo '@audio - rtprio 90' | sudo tee /etc/security/limits.d/audio.conf`, "
    "then log in again"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; what fails is needed even to render a film to a file."""

    topic: str
    verdict: Verdict
    text: str
    cure: str | None = None


def main() -> int:
    """Print what was found; the exit code is 1 if a film cannot be rendered here, else 0."""
    findings = examine()
    Console().print(table(findings))
    return int(any(finding.verdict == "fail" for finding in findings))


def examine() -> list[Finding]:
    """Look at everything; nothing is changed and nothing sounds."""
    return [
        Finding("python", "ok", f"{platform.python_version()} on {platform.system()}, stream_v2m {__version__}"),
        _looked("runtime", "fail", _runtime),
        _looked("models", "fail", _models),
        _looked("styles", "fail", _styles),
        _looked("video", "fail", _video),
        _looked("cameras", "warn", _cameras),
        _looked("MIDI", "warn", _midi),
        _looked("virtual port", "warn", _virtual_port),
        _looked("synth", "warn", _synth),
        _looked("real-time", "warn", _realtime),
        _looked("calibration", "warn", _calibration),
    ]


def table(findings: list[Finding]) -> RenderableType:
    """One line a finding, and below it the cure where one is needed."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        mark, style = MARKS[finding.verdict]
        grid.add_row(Text(mark, style=style), Text(finding.topic, style="bold"), Text(finding.text))
        if finding.cure is not None:
            grid.add_row("", "", Text(f"→ {finding.cure}", style="cyan"))
    return grid


class _NotHere(StreamV2MError):
    """Something that this machine does not have."""


def _looked(topic: str, if_not: Verdict, look: Callable[[], str]) -> Finding:
    try:
        return Finding(topic, "ok", look())
    except StreamV2MError as error:
        text = str(error).removesuffix(f"; {error.cure}")
        return Finding(topic, if_not, text, error.cure)
    except ImportError as error:
        return Finding(topic, if_not, str(error), "pip install 'stream_v2m[cpu,synth]'")


def _runtime() -> str:
    import onnxruntime

    providers = (name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers())
    return f"onnxruntime {onnxruntime.__version__} with {', '.join(providers)}"


def _models() -> str:
    from stream_v2m.inference.contract import AMT_FILE, DYNAMICS_FILE
    from stream_v2m.inference.decoder import Decoder
    from stream_v2m.inference.dynamics import DynamicsModel

    for model in (Decoder, DynamicsModel):
        model.open(None)
    return f"{AMT_FILE} and {DYNAMICS_FILE} are those that were shipped, and open"


def _styles() -> str:
    from stream_v2m.config import find_style, style_folders, style_names

    names = style_names()
    if not names:
        raise _NotHere("no styles", where=style_folders()[-1], cure="install the package again")
    return ", ".join(find_style(name).name for name in names)


def _video() -> str:
    import av

    codecs = [name for name in CODECS if name in av.codecs_available]
    return f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}: {', '.join(codecs)}"


def _cameras() -> str:
    from stream_v2m.sources.camera import list_cameras

    names = list(map(str, list_cameras()))
    if not names:
        raise _NotHere("none found", cure="plug one in; `film:` and films need none")
    return ", ".join(names)


def _midi() -> str:
    from stream_v2m.midi import port

    api = port.current_api()
    return f"{api}: {', '.join(port.list_outputs()) or 'no ports of others'}"


def _virtual_port() -> str:
    from stream_v2m.midi import port

    port.open_output("virtual").close()
    return "can be made: `stream-v2m play … --to virtual`"


def _synth() -> str:
    from stream_v2m.midi import soundfont, synth
    from stream_v2m.midi.live_limiter import missing_limiter

    library = synth.load_library()
    found = f"FluidSynth with {soundfont.find_soundfont()}"
    if (advice := missing_limiter(library)) is not None:
        raise _NotHere(f"{found}, but {advice}")
    return found


def _calibration() -> str:
    """What was measured here; not to have measured is no fault."""
    from stream_v2m.config import Config, user_files

    config = Config.load(user_files())
    measured = (*config.source.latency_ms.items(), *config.player.latency_ms.items())
    known = [f"{name} {ms:g} ms" for name, ms in measured]
    return ", ".join(known) or "nothing measured; `stream-v2m calibrate --help` tells what for"


def _realtime() -> str:
    """Asked of a process of its own, as the player is one: the priority would stay with ours."""
    ask = "from stream_v2m.midi.realtime import request_realtime; raise SystemExit(not request_realtime())"
    if subprocess.run([sys.executable, "-c", ask], check=False).returncode != 0:
        raise _NotHere("the player gets no real-time priority, and may be late under load", cure=REALTIME_CURE)
    return "the player gets real-time priority"
