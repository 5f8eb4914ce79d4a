"""The sequencer: plans and cues in, timed notes out, in slices short enough for the next cue to shape what follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stream_v2m.core.chords import Chord
from stream_v2m.core.controls import Controls
from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import ControlEvent, Cue, MusicEvent, NoteEvent, StepPlan
from stream_v2m.music.accent import Accent, Accents, brings_chord, louder, on_grid
from stream_v2m.music.arranger import Arranger
from stream_v2m.music.expression import EXPRESSION, MusicConfig, Shape, expression, shape, zone_of
from stream_v2m.music.figures import EPSILON
from stream_v2m.music.gesture import Gesture
from stream_v2m.music.sounding import EXPRESSION_CONTROLLER, Sounding, patches
from stream_v2m.music.style import Style
from stream_v2m.music.timeline import Timeline, end_of
from stream_v2m.music.touch import Touch
from stream_v2m.music.written import Written

__all__ = ["MusicConfig", "Sequencer"]

EXPRESSION_STEP = 2  # smaller changes of controller 11 are not sent
LEAP_BEATS = 0.5  # a tempo that is so far ahead of what has been played has leapt
LATE_BEATS = 0.25  # a beat that has passed by so much may still be begun on


class Sequencer:
    """Plays a style to the plans that it is given.

    Texture, touch and cues are read when a note is written, at most one slice before it sounds. On a channel no pitch
    begins while it sounds: such a note is left out, as is any second note of a part with one voice.

    Args:
        style: what plays.
        tempo: may change at any time; what has been emitted stays. Beats that it leaps over are not played.
        seed: of every choice, together with that of the controls.
        zones: the names of the zones that cues tell of.
    """

    def __init__(
        self, style: Style, tempo: Tempo, config: MusicConfig, *, seed: int, zones: Sequence[str] = ()
    ) -> None:
        self._tempo, self._config = tempo, config
        self._arranger = Arranger(style, config, seed=seed)
        self._next_style: Style | None = None
        self._timeline = Timeline(config.beats_per_bar)
        self._gesture, self._accents = Gesture(zones), Accents(config.accent_gap_s)
        self._due: dict[float, Accent] = {}  # accents that wait for their beat
        self._wish: float | None = None  # the beat that a cut would have a chord begin at that is not planned yet
        self._sounding = Sounding()
        self._touch = Touch(self._arranger, tempo, config, self._sounding)
        self._anticipated = -math.inf  # beat of the chord that was brought forward last
        self._begun = -math.inf  # beat of the step that was begun last
        self._played = -math.inf  # beat up to which notes are written
        self._until = -math.inf  # moment up to which they are emitted
        self._silent = math.inf  # moment from which none are
        self._written = Written()
        self._expression: dict[str, int] = {}

    @property
    def style(self) -> Style:
        """What plays; a new one takes over in the slice that holds the next step's onset, in silence at once."""
        return self._arranger.style

    @style.setter
    def style(self, style: Style) -> None:
        self._next_style = style

    def setup(self, at: float) -> list[MusicEvent]:
        """Begin at moment ``at``: programs, volumes, places and reset controllers of all parts."""
        self._until, self._played = at, self._tempo.beat_at(at)
        self._expression.clear()
        return patches(self.style, at)

    def accept(self, plan: StepPlan) -> None:
        """Take a plan; one that begins within another cuts it short, a late one takes over at the next beat."""
        self._timeline.accept(plan, played=self._played)
        if self._wish is not None:
            wish, self._wish = self._wish, None
            beat = on_grid(max(wish, self._played), self._config.cut_grid_beats)
            if beat <= wish + self._config.cut_grid_beats + EPSILON:
                self._bring_forward(beat)

    @property
    def begun(self) -> StepPlan | None:
        """The plan whose notes were begun last, after which nothing changes where it begins."""
        return self._timeline.at(self._begun)

    def sounding(self, moment: float) -> StepPlan | None:
        """The plan that sounds at ``moment``, or last did."""
        return self._timeline.at(self._tempo.beat_at(moment))

    def coming(self, moment: float) -> StepPlan | None:
        """The plan after it, if there is one yet."""
        return self._timeline.after(self._tempo.beat_at(moment))

    def accents(self, cues: Sequence[Cue], *, at: float, controls: Controls) -> list[MusicEvent]:
        """Take note of what was seen at ``at``; the accents that are struck at once, or on a beat already written.

        Others wait for their place on the grid, and come with ``events``. A cut may bring the coming chord forward.
        """
        for cue in cues:
            self._gesture.see(cue)
        accent = self._accents.asked(cues, controls)
        now = self._tempo.beat_at(at)
        events: list[MusicEvent] = []
        if accent is not None and not (at >= self._silent or self._timeline.closed(now)):
            beat = on_grid(now, controls.accent_snap)
            if controls.accent_snap and beat >= self._played:
                self._due[beat] = louder(self._due.get(beat), accent)
            elif (plan := self._timeline.at(beat)) is not None:
                placed = beat if controls.accent_snap else None
                events += self._touch.accent(accent, plan, beat=placed, at=at, controls=controls)
        for cue in cues:
            if cue.origin is not None and brings_chord(cue, controls):
                unit = self._config.cut_grid_beats
                beat = on_grid(max(now, self._played), unit)
                self._bring_forward(beat, unless_since=self._tempo.beat_at(cue.origin) - unit)
        return events

    def events(self, until: float, controls: Controls) -> list[MusicEvent]:
        """Everything that begins from the last call's ``until`` to before this one, in order of time."""
        if until <= self._until:
            return []
        self._skip()
        end = self._tempo.beat_at(until)
        self._change_style(end)
        if self._until < self._silent:
            self._write(end if until <= self._silent else self._tempo.beat_at(self._silent), controls)
            if until > self._silent:
                self._release(self._silent, everything=True)
        else:
            self._timeline.forget(end)
        self._played = max(self._played, end)
        self._due = {beat: accent for beat, accent in self._due.items() if beat >= end}
        if self._until > -math.inf:
            self._express(controls, at=self._until)
        self._until = until
        return self._written.take(until)

    def stop(self, at: float) -> None:
        """Fall silent at moment ``at``: what sounds is released, what was to come is forgotten; plans are kept."""
        at = max(at, self._until)
        if at >= self._silent:
            return
        self._silent = at
        self._written.forget(at)
        if at == self._until:
            self._release(at, everything=True)

    def play(self, beat: float) -> None:
        """Sound again from ``beat`` on, or from now if it has passed, after ``stop`` or ``finish``.

        A cadence that still sounds goes on until then.
        """
        now = self._tempo.beat_at(self._until) if self._until > -math.inf else beat
        beat = beat if beat >= now - LATE_BEATS else now
        rests, ends = self._silent < math.inf or self._timeline.closed(now), self._timeline.closed(math.inf)
        self._silent = math.inf
        self._timeline.reopen()
        if rests:
            self._arranger.forget()
            self._begin_at(beat, everything=True)
        elif ends:
            self._timeline.cut(beat)

    def finish(self, chords: Sequence[Chord], *, at: float) -> float:
        """End with these chords, from the next half bar on, the last one held; returns the moment of the end.

        Plans for after it are kept for ``play``. In silence nothing is ended.
        """
        if at >= self._silent:
            return at
        unit = self._config.beats_per_bar / 2
        harmony = self._arranger.harmony
        ready = max(self._played, self._tempo.beat_at(at), harmony.end if harmony else -math.inf)
        self._timeline.close(chords, begin=math.ceil(ready / unit - EPSILON) * unit)
        final = self._timeline.final
        return at if final is None else self._tempo.time_at(end_of(final))

    def _bring_forward(self, beat: float, *, unless_since: float = math.inf) -> None:
        """Let the coming chord begin at ``beat``, or, if it is not planned yet, as soon as it is.

        A chord that begins there anyway, or has begun after beat ``unless_since``, is the cut's already.
        """
        sounding = self._timeline.at(beat)
        if sounding is None or sounding.onset >= min(beat - EPSILON, unless_since + EPSILON):
            return
        early = self._timeline.bring_forward(beat)
        if early is not None:
            self._anticipated = early.onset
        elif self._timeline.after(beat) is None:
            self._wish = beat

    def _skip(self) -> None:
        """Leave out what the tempo has leapt over, which would all sound at once."""
        now = self._tempo.beat_at(self._until) if self._until > -math.inf else -math.inf
        if now - self._played > LEAP_BEATS:
            if self._until < self._silent and self._arranger.harmony is not None:
                self._begin_at(now, everything=False)
            self._played = now

    def _begin_at(self, beat: float, *, everything: bool) -> None:
        """Take up the music at ``beat``, after the end of what has sounded."""
        moment = max(self._tempo.time_at(beat), self._until)
        self._written.forget(moment)
        self._release(moment, everything=everything)
        self._timeline.cut(beat)
        self._arranger.pause()
        self._begun, self._played = -math.inf, beat

    def _change_style(self, end: float) -> None:
        following = self._timeline.after(self._begun)
        waits = self._begun > -math.inf and (following is None or following.onset >= end)
        if self._next_style is None or (waits and self._until < self._silent):
            return
        self._arranger.change(self._next_style)
        self._next_style = None
        self._written.keep(self.style.part_names)
        self._sounding.clear()
        self._expression.clear()
        if self._until > -math.inf:
            for event in patches(self.style, self._until):
                self._push(event)

    def _write(self, end: float, controls: Controls) -> None:
        """Write the notes of all parts up to beat ``end``."""
        arranger = self._arranger
        for plan, begin, stop in self._timeline.spans(self._played, end):
            if plan.onset > self._begun + EPSILON:
                self._begin(plan, controls)
            for beat in sorted(beat for beat in self._due if begin - EPSILON <= beat < stop - EPSILON):
                for note in self._touch.accent(self._due.pop(beat), plan, beat=beat, at=self._until, controls=controls):
                    self._push(note)
            if not arranger.stirs(plan, begin, stop):
                continue
            asked, seed = self._shapes(plan, controls, at=self._tempo.time_at(begin)), arranger.seed(controls)
            for index, part, sketch in arranger.notes(
                plan,
                self._timeline.after(plan.onset),
                asked,
                (begin, stop),
                controls,
                seconds_per_beat=60 / self._tempo.bpm,
                final=plan is self._timeline.final,
            ):
                loudness = asked[part.name].loudness
                for note in self._touch.note(part, index, sketch, loudness, seed=seed, since=self._until):
                    self._push(note)

    def _shapes(self, plan: StepPlan, controls: Controls, *, at: float) -> dict[str, Shape]:
        """What is asked of each part, by the zone that it follows."""
        zones = {part.name: zone_of(part, controls) for part in self.style.parts}
        shapes = {
            zone: shape(plan, self._gesture, controls, self._config, at=at, zone=zone) for zone in set(zones.values())
        }
        return {name: shapes[zone] for name, zone in zones.items()}

    def _begin(self, plan: StepPlan, controls: Controls) -> None:
        """Go on to a step: the harmony that sounds is carried on, or a new one begins."""
        self._begun = plan.onset
        before = self._arranger.harmony
        if before is not None and plan.onset < before.end - EPSILON:
            if self._arranger.carries(plan) and abs(plan.onset - self._anticipated) > EPSILON:
                return
            self._release(max(self._tempo.time_at(plan.onset), self._until), everything=False)
        self._arranger.begin(plan, end=self._timeline.tied_until(plan), transpose=controls.transpose)
        for part in self.style.parts:
            if part.role == "bass":
                self._sounding.free(part)  # its root must come, whatever the tempo did

    def _express(self, controls: Controls, *, at: float) -> None:
        for part in self.style.parts:
            if part.role != "pad":
                continue
            value = expression(self._gesture, controls, self._config, at=at, zone=zone_of(part, controls))
            if abs(self._expression.get(part.name, EXPRESSION) - value) >= EXPRESSION_STEP:
                self._expression[part.name] = value
                self._push(ControlEvent(at, EXPRESSION_CONTROLLER, value, part.name))

    def _release(self, moment: float, *, everything: bool) -> None:
        """Silence what is cut short; accents and drums too if it is to be ``everything``."""
        parts = [part for part in self.style.parts if everything or not (part.role == "accent" or part.percussive)]
        for event in self._sounding.release(parts, moment):
            self._push(event)

    def _push(self, event: MusicEvent) -> None:
        """Write an event, unless it is a note of the time in which all is silent."""
        if not isinstance(event, NoteEvent) or event.onset < self._silent:
            self._written.add(event)
