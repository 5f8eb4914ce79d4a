"""The arranger: what the parts of a style play to a chord, each after what it played before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stream_v2m.core.chords import Chord
from stream_v2m.core.controls import Controls
from stream_v2m.core.values import StepPlan
from stream_v2m.music.chance import beat_key, chance, even
from stream_v2m.music.choice import Choices, part_seed
from stream_v2m.music.drums import drums
from stream_v2m.music.expression import MusicConfig, Shape, register
from stream_v2m.music.figures import EPSILON
from stream_v2m.music.harmony import OCTAVE, Harmony, degree, fold, same
from stream_v2m.music.melody import melody, scale_of
from stream_v2m.music.part import Part
from stream_v2m.music.style import Style
from stream_v2m.music.texture import Passage, Sketch, arpeggio, bass, lifted, pad
from stream_v2m.music.timeline import end_of
from stream_v2m.music.voicing import bass_note, voice


class Arranger:
    """Follows the chords for the parts of one style.

    Args:
        seed: of every choice, together with that of the controls.
    """

    def __init__(self, style: Style, config: MusicConfig, *, seed: int) -> None:
        self._config, self._seed = config, seed
        self.harmony: Harmony | None = None
        self._choices = Choices(config.beats_per_bar)
        self._voicings: dict[str, tuple[int, ...]] = {}
        self._lines: dict[str, int] = {}  # the last pitch of basses and melodies
        self.change(style)

    def change(self, style: Style) -> None:
        """Go on in another style."""
        self.style, self.harmony = style, None
        self._places = [places(part) for part in style.parts]
        self._anywhere = frozenset().union(*self._places)
        self._choices.clear()

    def pause(self) -> None:
        """Begin the next chord as if none had gone before, but near to the last one's pitches."""
        self.harmony = None
        self._choices.clear()

    def forget(self) -> None:
        """Begin the next chord as the first."""
        self.pause()
        self._voicings.clear()
        self._lines.clear()

    def carries(self, plan: StepPlan) -> bool:
        """Whether the harmony that sounds goes on through ``plan``."""
        before = self.harmony
        return before is not None and same(plan.chord, before.chord) and end_of(plan) <= before.end + EPSILON

    def begin(self, plan: StepPlan, *, end: float, transpose: int) -> None:
        """Go on to the harmony of ``plan``, which lasts until beat ``end``."""
        before = self.harmony
        lift, spread = register(plan, self._config)
        repeated = before is not None and same(plan.chord, before.chord)
        self.harmony = Harmony(plan.chord, plan.onset, end, repeated, transpose, lift, spread)
        if plan.chord.root is None:
            return
        for part in self.style.parts:
            if part.role == "pad":
                low, high = lifted(part, self.harmony)
                previous = self._voicings.get(part.name, ())
                self._voicings[part.name] = voice(plan.chord, previous, low=low, high=high)
            elif part.role == "bass":
                self._lines[part.name] = bass_note(plan.chord, self._lines.get(part.name), low=part.low, high=part.high)

    def stirs(self, plan: StepPlan, begin: float, stop: float) -> bool:
        """Whether any note can begin in a span of beats; else ``notes`` has none there."""
        return begin <= plan.onset < stop or any(begins(place, begin, stop) for place in self._anywhere)

    def notes(
        self,
        plan: StepPlan,
        following: StepPlan | None,
        asked: Mapping[str, Shape],
        span: tuple[float, float],
        controls: Controls,
        *,
        seconds_per_beat: float,
        final: bool,
    ) -> Iterator[tuple[int, Part, Sketch]]:
        """The notes of all audible parts in a span of beats, each with its part and the part's index.

        Args:
            following: the plan after it, if it is known.
            asked: what is asked of the notes of each part now, by its name.
            final: ``plan`` is the last of the piece.
        """
        if self.harmony is None:
            return
        seed = self.seed(controls)
        shares = {
            index: part.share(asked[part.name].density)
            for index, part in enumerate(self.style.parts)
            if self._plays(part, controls)
        }
        budgets = self._budgets(shares, plan.duration * seconds_per_beat, even(plan.step, chance(seed)))
        for begin, stop in self._units(*span):
            starts = begin <= plan.onset < stop
            for index, share in shares.items():
                part = self.style.parts[index]
                if not starts and not any(begins(place, begin, stop) for place in self._places[index]):
                    continue
                passage = Passage(
                    part=part,
                    index=index,
                    choice=self._choices.of(
                        part,
                        share * seconds_per_beat,
                        beat=begin,
                        seed=part_seed(seed, index),
                        lively=asked[part.name].lively,
                    ),
                    plan=plan,
                    harmony=self.harmony,
                    shape=asked[part.name],
                    budget=budgets[index],
                    beats_per_bar=self._config.beats_per_bar,
                    seconds_per_beat=seconds_per_beat,
                    begin=begin,
                    stop=stop,
                    seed=seed,
                    final=final,
                )
                for sketch in self._sketches(passage, following, controls):
                    yield index, part, sketch

    def seed(self, controls: Controls) -> int:
        """The seed of what is chosen now."""
        return beat_key(chance(self._seed, controls.seed) * 1e6)

    def accent(self, part: Part, chord: Chord) -> list[int]:
        """The pitches, not transposed, that an accent strikes."""
        tones = part.figures[0].strokes[0].tones
        if part.percussive:
            return [tone.number for tone in tones]
        if chord.root is None:
            return []
        root = part.low + (chord.root - part.low) % OCTAVE
        return [fold(root + degree(chord, tone), part.low, part.high) for tone in tones]

    def _plays(self, part: Part, controls: Controls) -> bool:
        """Whether the part has something to play to the harmony, and may."""
        assert self.harmony is not None
        pitched = self.harmony.chord.root is not None
        return part.role != "accent" and controls.audible(part.name) and (pitched or part.percussive)

    def _budgets(self, shares: Mapping[int, float], seconds: float, dither: float) -> dict[int, int]:
        """The notes of each part in a step, whole numbers that add up as the shares do.

        What is rounded off one part is given to the next, and what remains evens out over the steps by the
        ``dither``. A pad's number of voices and a groove should be steady, so these are rounded without it;
        drums come on top.
        """
        budgets, owed = {}, 0.0
        for index, share in shares.items():
            role = self.style.parts[index].role
            if role == "drums":
                budgets[index] = math.floor(share * seconds + 0.5)
            elif role == "pad":
                budgets[index] = math.floor(share + 0.5)
                owed += (share - budgets[index]) * seconds
            else:
                owed += share * seconds
                rooted = role == "bass" and share + dither >= 1  # it keeps its root in the shortest step
                budgets[index] = max(int(rooted), math.floor(owed + dither))
                owed -= budgets[index]
        return budgets

    def _units(self, begin: float, stop: float) -> Iterator[tuple[float, float]]:
        """The span, cut where figures may change."""
        unit = self._choices.unit
        while (line := (math.floor((begin + EPSILON) / unit) + 1) * unit) < stop - EPSILON:
            yield begin, line
            begin = line
        yield begin, stop

    def _sketches(self, passage: Passage, following: StepPlan | None, controls: Controls) -> list[Sketch]:
        part, name = passage.part, passage.part.name
        match part.role:
            case "pad":
                return pad(passage, self._voicings[name])
            case "bass":
                root = self._lines[name]
                coming = None
                if following is not None and following.chord.root is not None:
                    coming = bass_note(following.chord, root, low=part.low, high=part.high)
                return bass(passage, root, coming)
            case "arpeggio":
                return arpeggio(passage, scale_of(passage.harmony.chord, controls.scale))
            case "melody":
                found = melody(passage, scale_of(passage.harmony.chord, controls.scale), self._lines.get(name))
                if found:
                    self._lines[name] = found[-1].pitch
                return found
            case "drums":
                return drums(passage)
            case "accent":
                return []


def places(part: Part) -> tuple[float, ...]:
    """Where in a beat, 0 to before 1, notes of a part can begin."""
    strokes = [stroke for figure in (*part.figures, *part.fill) for stroke in figure.strokes]
    return tuple(sorted({0.0, *(round(stroke.position % 1, 9) for stroke in strokes)}))


def begins(place: float, begin: float, stop: float) -> bool:
    """Whether a ``place`` in a beat lies from ``begin`` to before ``stop``, or as good as."""
    return math.ceil(begin - place - EPSILON) + place < stop + EPSILON
