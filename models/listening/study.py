"""A study: its films, its systems, and which blinded stimulus is which; and the order that a participant hears."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stream_v2m.core.errors import ConfigError

KEY = "key.json"  # never served
STIMULI = "stimuli"
ANSWERS = "answers.jsonl"
CONSENT = "consent.txt"
SUFFIX = ".mp4"


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A film with the music of a system, under a name that tells neither."""

    id: str
    film: str
    system: str


@dataclass(frozen=True, slots=True)
class Study:
    """Every film with every system, each pair once; ``seed`` decides the orders."""

    seed: int
    films: tuple[str, ...]
    systems: tuple[str, ...]
    stimuli: tuple[Stimulus, ...]

    @classmethod
    def load(cls, folder: Path) -> Study:
        """The study that ``prepare`` made in ``folder``.

        Raises:
            ConfigError: there is none, or its key is damaged.
        """
        path = folder / KEY
        try:
            key = json.loads(path.read_text(encoding="utf-8"))
            stimuli = tuple(Stimulus(id, kind["film"], kind["system"]) for id, kind in key["stimuli"].items())
            study = cls(int(key["seed"]), tuple(key["films"]), tuple(key["systems"]), stimuli)
        except OSError as error:
            cure = "`python -m models.listening prepare` makes one"
            raise ConfigError(f"no study there ({error.strerror})", where=path, cure=cure) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError("is no key of a study", where=path, got=repr(error)) from error
        pairs = sorted((stimulus.film, stimulus.system) for stimulus in stimuli)
        if not pairs or pairs != sorted((film, system) for film in study.films for system in study.systems):
            raise ConfigError("is no key of a study", where=path, expected="every film with every system, once")
        return study

    def save(self, folder: Path, *, films: dict[str, Any], systems: dict[str, Any], **made: Any) -> None:
        """Write the key, with how each film and system was made and whatever else was ``made``."""
        key = {
            "seed": self.seed,
            "films": films,
            "systems": systems,
            "stimuli": {each.id: {"film": each.film, "system": each.system} for each in self.stimuli},
            **made,
        }
        (folder / KEY).write_text(json.dumps(key, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def order(self, number: int) -> list[str]:
        """The stimuli in the order that participant ``number`` hears: film by film, all systems of each.

        Films come in random order. The systems of a film come in a row of the Williams square; over as many
        participants as it has rows each film is heard in every row once, and a participant hears each film in
        the next row.
        """
        rows = williams(len(self.systems))
        found = {(stimulus.film, stimulus.system): stimulus.id for stimulus in self.stimuli}
        films = np.random.default_rng((self.seed, number)).permutation(len(self.films))
        return [
            found[self.films[film], self.systems[system]]
            for film in films
            for system in rows[(number + int(film)) % len(rows)]
        ]


def williams(count: int) -> list[list[int]]:
    """Orders of ``count`` things: each equally often in each place, and equally often right after each other.

    Williams 1949, Australian Journal of Scientific Research A 2: ``count`` rows if it is even, twice as many if odd.
    """
    zigzag = [place // 2 + 1 if place % 2 else -(place // 2) for place in range(count)]
    rows = [[(step + row) % count for step in zigzag] for row in range(count)]
    return rows if count % 2 == 0 else [*rows, *(row[::-1] for row in rows)]
