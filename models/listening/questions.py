"""What listeners are asked: Video2Music's five questions, and optionally a little about themselves.

Kang, Poria & Herremans 2024, *Video2Music*, Expert Systems with Applications 249, arXiv 2311.00968, its listening
test: seven points from "extremely poor" to "excellent". The questions are worded as there, so that ratings of the same
thing can be put side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

LOWEST, HIGHEST = 1, 7
LOWEST_WORD, HIGHEST_WORD = "extremely poor", "excellent"


@dataclass(frozen=True, slots=True)
class Question:
    """One rating from ``LOWEST`` to ``HIGHEST``; ``name`` is its key in the answers."""

    name: str
    title: str
    text: str


QUESTIONS = (
    Question(
        "quality",
        "Overall music quality",
        "How high is the overall quality of the music (independently of the video content)?",
    ),
    Question("correspondence", "Music–video correspondence", "How well are the video and music matched overall?"),
    Question("harmony", "Harmonic matching", "How well does the harmony match the video?"),
    Question("rhythm", "Rhythmic matching", "How well does the tempo match the video?"),
    Question("loudness", "Loudness matching", "How well does the loudness match the video?"),
)


@dataclass(frozen=True, slots=True)
class Background:
    """One optional question about the listener, answered by a choice, so that nothing identifying is written."""

    name: str
    text: str
    choices: tuple[str, ...]


BACKGROUND = (
    Background("age", "Your age", ("18–24", "25–34", "35–44", "45–54", "55–64", "65 or more")),
    Background(
        "training",
        "Years of lessons on an instrument or in singing",
        ("none", "up to 2", "3 to 5", "6 to 9", "10 or more"),
    ),
    Background("sound", "You listen with", ("headphones", "loudspeakers", "the device itself")),
)
