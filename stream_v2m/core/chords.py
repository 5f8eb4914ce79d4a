"""The chord vocabulary: twelve roots by thirteen qualities and 'no chord', in the published order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor"]

# Order and Harte names: Video2Music (arXiv 2311.00968), its published vocabulary.
QUALITIES = (
    "maj",
    "dim",
    "sus4",
    "min7",
    "min",
    "sus2",
    "aug",
    "dim7",
    "maj6",
    "hdim7",
    "7",
    "min6",
    "maj7",
)

# Semitones above the root, in close position (Harte et al. 2005, table 1).
INTERVALS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "dim": (0, 3, 6),
    "sus4": (0, 5, 7),
    "min7": (0, 3, 7, 10),
    "min": (0, 3, 7),
    "sus2": (0, 2, 7),
    "aug": (0, 4, 8),
    "dim7": (0, 3, 6, 9),
    "maj6": (0, 4, 7, 9),
    "hdim7": (0, 3, 6, 10),
    "7": (0, 4, 7, 10),
    "min6": (0, 3, 7, 9),
    "maj7": (0, 4, 7, 11),
}

# As on a lead sheet, after the root.
SYMBOLS: dict[str, str] = {
    "maj": "",
    "dim": "°",
    "sus4": "sus4",
    "min7": "m7",
    "min": "m",
    "sus2": "sus2",
    "aug": "+",
    "dim7": "°7",
    "maj6": "6",
    "hdim7": "ø7",
    "7": "7",
    "min6": "m6",
    "maj7": "maj7",
}

ROOTS = 12
NO_CHORD = 0
VOCABULARY = 1 + ROOTS * len(QUALITIES)  # 157 labels: 'no chord' and every root with every quality

_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic pitch class 0–11 and a mode."""

    tonic: int
    mode: Mode

    def __post_init__(self) -> None:
        assert 0 <= self.tonic < ROOTS, self.tonic

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes of the major or natural minor scale, from the tonic up."""
        steps = _MAJOR_SCALE if self.mode == "major" else _MINOR_SCALE
        return tuple((self.tonic + step) % ROOTS for step in steps)

    @property
    def shift(self) -> int:
        """Semitones from the model's key (C major or A minor) up to this one, in −6…5."""
        home = 0 if self.mode == "major" else 9
        return (self.tonic - home + 6) % ROOTS - 6

    @property
    def flats(self) -> bool:
        """Whether this key is written with flats."""
        relative_major = self.tonic if self.mode == "major" else (self.tonic + 3) % ROOTS
        return relative_major in (5, 10, 3, 8, 1) or (self.mode == "minor" and relative_major == 6)

    def __str__(self) -> str:
        return f"{spell(self.tonic, flats=self.flats)} {self.mode}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read ``"Eb minor"``, ``"C"`` (major) or ``"am"``.

        Raises:
            ValueError: no such key.
        """
        name, _, mode = text.strip().partition(" ")
        if not mode and len(name) > 1 and name.endswith("m"):
            name, mode = name[:-1], "minor"
        mode = {"": "major", "maj": "major", "min": "minor"}.get(mode.lower(), mode.lower())
        if mode not in ("major", "minor"):
            raise ValueError(f"{text!r} is no key; write it like 'Eb minor'")
        return cls(parse_pitch_class(name), "major" if mode == "major" else "minor")


@dataclass(frozen=True, slots=True)
class Chord:
    """A sounding chord: root pitch class 0–11 (None: no chord), quality by Harte's name, key."""

    root: int | None
    quality: str
    key: Key | None = None

    def __post_init__(self) -> None:
        if self.root is None:
            assert self.quality == "", self.quality
        else:
            assert 0 <= self.root < ROOTS and self.quality in INTERVALS, (self.root, self.quality)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root up; empty for 'no chord'."""
        if self.root is None:
            return ()
        return tuple((self.root + step) % ROOTS for step in INTERVALS[self.quality])

    @property
    def index(self) -> int:
        """The label 0…156 in the vocabulary, at sounding pitch."""
        if self.root is None:
            return NO_CHORD
        return 1 + self.root * len(QUALITIES) + QUALITIES.index(self.quality)

    @property
    def symbol(self) -> str:
        """As on a lead sheet (``"Ebm7"``), spelt for the key; ``"N.C."`` for 'no chord'."""
        if self.root is None:
            return "N.C."
        return spell(self.root, flats=self.key is not None and self.key.flats) + SYMBOLS[self.quality]

    def transposed(self, semitones: int) -> Chord:
        """The same quality, ``semitones`` higher; the key moves along."""
        if self.root is None:
            return self
        key = self.key and Key((self.key.tonic + semitones) % ROOTS, self.key.mode)
        return Chord((self.root + semitones) % ROOTS, self.quality, key)

    def __str__(self) -> str:
        """Harte's label (``"Eb:min7"``, ``"C:maj"``, ``"N"``), spelt for the key."""
        if self.root is None:
            return "N"
        return f"{spell(self.root, flats=self.key is not None and self.key.flats)}:{self.quality}"

    @classmethod
    def from_index(cls, index: int, key: Key | None = None) -> Chord:
        """The chord of label ``index`` 0…156."""
        assert 0 <= index < VOCABULARY, index
        if index == NO_CHORD:
            return cls(None, "", key)
        root, quality = divmod(index - 1, len(QUALITIES))
        return cls(root, QUALITIES[quality], key)

    @classmethod
    def parse(cls, text: str, key: Key | None = None) -> Chord:
        """Read Harte's label within the vocabulary: ``"N"``, ``"C"`` (maj), ``"F#:min7"``.

        Raises:
            ValueError: no such root or quality.
        """
        if text == "N":
            return cls(None, "", key)
        root, _, quality = text.partition(":")
        quality = quality or "maj"
        if quality not in INTERVALS:
            raise ValueError(f"{text!r}: no quality {quality!r}; known: {', '.join(QUALITIES)}")
        return cls(parse_pitch_class(root), quality, key)


def spell(pitch_class: int, *, flats: bool = False) -> str:
    """The name of a pitch class 0–11."""
    return (_FLAT if flats else _SHARP)[pitch_class]


def parse_pitch_class(name: str) -> int:
    """Read ``"C"``, ``"Bb"``, ``"f#"``.

    Raises:
        ValueError: no such note.
    """
    letter, accidentals = name[:1].upper(), name[1:]
    if letter not in _SHARP or accidentals.strip("#b"):
        raise ValueError(f"{name!r} is no note name; write it like 'F#' or 'Bb'")
    shift = accidentals.count("#") - accidentals.count("b")
    return (_SHARP.index(letter) + shift) % ROOTS
