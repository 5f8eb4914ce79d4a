"""Listening tests from the command line: ``python -m models.listening prepare | serve | analyse | power``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stream_v2m.core.errors import StreamV2MError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0, or 2 when the input is wrong."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.listening", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    prepare = commands.add_parser("prepare", help="make films with the music of several systems, blinded")
    prepare.add_argument("out", type=Path, help="the study's folder")
    prepare.add_argument("--films", nargs="+", required=True, help="film:… or films on disk")
    prepare.add_argument(
        "--systems",
        nargs="+",
        required=True,
        help="NAME, NAME=section.key=value,…, NAME=FOLDER with a FILM.wav each, or swapped; the first is the reference",
    )
    prepare.add_argument("--seconds", type=float, help="of each film; all of it if not given")
    prepare.set_defaults(run=_prepare)

    serve = commands.add_parser("serve", help="the page for listeners")
    serve.add_argument("out", type=Path)
    serve.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets the network in")
    serve.add_argument("--port", type=int, default=8790)
    serve.set_defaults(run=_serve)

    analyse = commands.add_parser("analyse", help="means, intervals, differences, a picture")
    analyse.add_argument("out", type=Path)
    analyse.add_argument("--reference", help="the system that the others are compared with")
    analyse.set_defaults(run=_analyse)

    power = commands.add_parser("power", help="how many listeners a difference needs to be seen")
    power.add_argument("--difference", type=float, nargs="+", default=[0.25, 0.5, 0.75, 1.0], help="in points")
    power.add_argument("--films", type=int, nargs="+", default=[4, 8, 12, 20])
    power.add_argument(
        "--spread",
        type=float,
        nargs=3,
        default=[0.5, 0.5, 1.5],
        metavar=("PARTICIPANTS", "FILMS", "REST"),
        help="standard deviations of the paired differences, in points; `analyse` writes those of a pilot",
    )
    power.set_defaults(run=_power)
    return parser


def _prepare(options: argparse.Namespace) -> None:
    from models.listening.stimuli import prepare
    from models.listening.systems import parse_systems

    systems = parse_systems(options.systems)
    study = prepare(options.out, options.films, systems, seconds=options.seconds, tell=print)
    print(f"{len(study.stimuli)} stimuli in {options.out}; next: python -m models.listening serve {options.out}")


def _serve(options: argparse.Namespace) -> None:
    from models.listening.server import ListeningServer

    with ListeningServer(options.out, host=options.host, port=options.port) as server:
        print(f"http://{options.host}:{server.server_port}{server.invitation}  (Ctrl-C ends it)", flush=True)
        server.serve_forever()


def _analyse(options: argparse.Namespace) -> None:
    from models.listening.analysis import analyse, as_text
    from models.listening.plot import draw

    report = analyse(options.out, reference=options.reference)
    print(as_text(report), end="")
    (options.out / "analysis.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    draw(report, options.out / "analysis.png")


def _power(options: argparse.Namespace) -> None:
    from models.listening.crossed import Spread, listeners_needed

    spread = Spread(*options.spread)
    print("listeners needed (power 0.8)   " + "".join(f"{films:>4} films" for films in options.films))
    for difference in options.difference:
        needed = [listeners_needed(difference, films=films, spread=spread) for films in options.films]
        print(f"difference of {difference:4.2f} points      " + "".join(f"{each or '> 200':>10}" for each in needed))


if __name__ == "__main__":
    sys.exit(main())
