"""The sequencer: plans and cues in, timed notes out, in slices short enough for the next cue to shape what follows."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from stream_v2m.core.chords import Chord
from stream_v2m.core.commands import Controls
from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import ControlEvent, Cue, MusicEvent, NoteEvent, ProgramEvent, StepPlan
from stream_v2m.music.chance import beat_key, chance
from stream_v2m.music.expression import EXPRESSION, MusicConfig, expression, register, shape, velocity
from stream_v2m.music.figures import EPSILON
from stream_v2m.music.gesture import Gesture
from stream_v2m.music.harmony import OCTAVE, Harmony, degree, fold, same
from stream_v2m.music.style import Part, Style
from stream_v2m.music.texture import Passage, Sketch, arpeggio, bass, lifted, pad
from stream_v2m.music.timeline import Timeline, end_of
from stream_v2m.music.voicing import bass_note, voice

__all__ = ["MusicConfig", "Sequencer"]

RESET_CONTROLLERS, ALL_NOTES_OFF, VOLUME, PAN, EXPRESSION_CONTROLLER, REVERB = 121, 123, 7, 10, 11, 91
SEPARATION = 0.002  # seconds between a note's end and the next one of its pitch
SHORTEST = 0.01  # seconds
ANY_PITCH = -1
EXPRESSION_STEP = 2  # smaller changes of controller 11 are not sent


class Sequencer:
    """Plays a style to the plans that it is given.

    Texture, touch and cues are read when a note is written, at most one slice before it sounds. Within a part no
    pitch begins while it sounds: such a note is left out, as is any second note of a bass.

    Args:
        style: what plays.
        tempo: may change at any time; what has been emitted stays.
        seed: of every choice, together with that of the controls.
    """

    def __init__(self, style: Style, tempo: Tempo, config: MusicConfig, *, seed: int) -> None:
        self._style, self._tempo, self._config, self._seed = style, tempo, config, seed
        self._next_style: Style | None = None
        self._timeline = Timeline(config.beats_per_bar)
        self._gesture = Gesture()
        self._harmony: Harmony | None = None
        self._begun = -math.inf  # beat of the step that was begun last
        self._played = -math.inf  # beat up to which notes are written
        self._until = -math.inf  # moment up to which they are emitted
        self._written: list[tuple[float, bool, int, MusicEvent]] = []
        self._count = 0
        self._sounds_until: dict[tuple[str, int], float] = {}
        self._voicings: dict[str, tuple[int, ...]] = {}
        self._basses: dict[str, int] = {}
        self._expression: dict[str, int] = {}

    @property
    def style(self) -> Style:
        """What plays; a new one takes over in the slice that holds the next step's onset."""
        return self._style

    @style.setter
    def style(self, style: Style) -> None:
        self._next_style = style

    def setup(self, at: float) -> list[MusicEvent]:
        """Begin at moment ``at``: programs, volumes, places and reset controllers of all parts."""
        self._until, self._played = at, self._tempo.beat_at(at)
        return self._sounds(at)

    def accept(self, plan: StepPlan) -> None:
        """Take a plan; one that begins within another cuts it short, a late one takes over at the next beat."""
        self._timeline.accept(plan, played=self._played)

    def sounding(self, moment: float) -> StepPlan | None:
        """The plan that sounds at ``moment``, or last did."""
        return self._timeline.at(self._tempo.beat_at(moment))

    def coming(self, moment: float) -> StepPlan | None:
        """The plan after it, if there is one yet."""
        return self._timeline.after(self._tempo.beat_at(moment))

    def accents(self, cues: Sequence[Cue], *, at: float, controls: Controls) -> list[MusicEvent]:
        """Take note of what was seen, and strike the chord at ``at`` if it was a cut or a flash, once for each."""
        asked = [cue for cue in cues if self._gesture.see(cue)]
        plan = self.sounding(at)
        strength = self._config.accent * controls.cue_strength
        if not asked or strength == 0 or plan is None or plan.chord.root is None or self._harmony is None:
            return []
        motion = max(cue.motion for cue in asked)
        calm = velocity(plan.dynamics.loudness, self._config)
        loud = calm + strength * (0.4 + 0.6 * motion) * (127 - calm)
        events: list[MusicEvent] = []
        for part in self._style.parts:
            if part.role == "accent" and controls.audible(part.name):
                stroke = part.figures[0].strokes[0]
                length = stroke.length * part.gate * 60 / self._tempo.bpm
                root = part.low + (plan.chord.root - part.low) % OCTAVE
                for tone in stroke.tones:
                    pitch = fold(root + degree(plan.chord, tone), part.low, part.high) + self._harmony.transpose
                    events += self._note(part, at, at + length, pitch, loud * part.velocity)
        return events

    def events(self, until: float, controls: Controls) -> list[MusicEvent]:
        """Everything that begins from the last call's ``until`` to before this one, in order of time."""
        if until <= self._until:
            return []
        end = self._tempo.beat_at(until)
        self._change_style(end)
        seed = beat_key(chance(self._seed, controls.seed) * 1e6)
        for plan, begin, stop in self._timeline.spans(self._played, end):
            if plan.onset > self._begun + EPSILON:
                self._begin(plan, controls)
            for index, part in enumerate(self._style.parts):
                self._play(part, index, plan, (begin, stop), controls, seed)
        self._played = max(self._played, end)
        if self._until > -math.inf:
            self._express(controls, at=self._until)
        self._until = until
        due = []
        while self._written and self._written[0][0] < until:
            due.append(heapq.heappop(self._written)[-1])
        return due

    def finish(self, chords: Sequence[Chord], *, at: float) -> float:
        """End with these chords, from the next half bar on, the last one held; returns the moment of the end."""
        unit = self._config.beats_per_bar / 2
        ready = max(self._played, self._tempo.beat_at(at), self._harmony.end if self._harmony else -math.inf)
        self._timeline.close(chords, begin=math.ceil(ready / unit - EPSILON) * unit)
        final = self._timeline.final
        return at if final is None else self._tempo.time_at(end_of(final))

    def _sounds(self, at: float) -> list[MusicEvent]:
        events: list[MusicEvent] = []
        for part in self._style.parts:
            values = {
                RESET_CONTROLLERS: 0,
                VOLUME: part.volume,
                PAN: part.pan,
                REVERB: part.reverb,
                EXPRESSION_CONTROLLER: EXPRESSION,
            }
            events.append(ProgramEvent(at, part.program, part.name))
            events += [ControlEvent(at, controller, value, part.name) for controller, value in values.items()]
            self._expression[part.name] = EXPRESSION
        return events

    def _change_style(self, end: float) -> None:
        following = self._timeline.after(self._begun)
        if self._next_style is None or (self._begun > -math.inf and (following is None or following.onset >= end)):
            return
        self._style, self._next_style = self._next_style, None
        self._written = [item for item in self._written if item[-1].part in self._style.part_names]
        heapq.heapify(self._written)
        self._harmony = None
        self._sounds_until.clear()  # the old parts' notes end by themselves
        if self._until > -math.inf:
            for event in self._sounds(self._until):
                self._push(event)

    def _begin(self, plan: StepPlan, controls: Controls) -> None:
        """Go on to a step: the harmony that sounds is carried on, or a new one begins."""
        self._begun = plan.onset
        before = self._harmony
        if before is not None and plan.onset < before.end - EPSILON:
            if same(plan.chord, before.chord) and end_of(plan) <= before.end + EPSILON:
                return
            self._release(self._tempo.time_at(plan.onset))
        lift, spread = register(plan, self._config)
        self._harmony = Harmony(
            chord=plan.chord,
            start=plan.onset,
            end=self._timeline.tied_until(plan),
            repeated=before is not None and same(plan.chord, before.chord),
            transpose=controls.transpose,
            lift=lift,
            spread=spread,
        )
        if plan.chord.root is None:
            return
        for part in self._style.parts:
            if part.role == "pad":
                low, high = lifted(part, self._harmony)
                previous = self._voicings.get(part.name, ())
                self._voicings[part.name] = voice(plan.chord, previous, low=low, high=high)
            elif part.role == "bass":
                self._sounds_until.pop((part.name, ANY_PITCH), None)  # its root must come, whatever the tempo did
                previous_bass = self._basses.get(part.name)
                self._basses[part.name] = bass_note(plan.chord, previous_bass, low=part.low, high=part.high)

    def _play(
        self, part: Part, index: int, plan: StepPlan, span: tuple[float, float], controls: Controls, seed: int
    ) -> None:
        """Write a part's notes of a span of beats."""
        harmony, tempo = self._harmony, self._tempo
        if harmony is None or harmony.chord.root is None or not controls.audible(part.name):
            return
        asked = shape(plan, self._gesture, controls, self._config, at=tempo.time_at(span[0]))
        passage = Passage(
            part=part,
            index=index,
            plan=plan,
            harmony=harmony,
            shape=asked,
            beats_per_bar=self._config.beats_per_bar,
            seconds_per_beat=60 / tempo.bpm,
            begin=span[0],
            stop=span[1],
            seed=seed,
            final=plan is self._timeline.final,
        )
        touch = velocity(asked.loudness, self._config) * part.velocity
        for sketch in self._sketches(passage):
            late = chance(seed, index, beat_key(sketch.beat)) * self._config.humanise_ms / 1000 if sketch.loose else 0.0
            onset = max(tempo.time_at(sketch.beat), self._until) + late
            human = (2 * chance(seed, index, beat_key(sketch.beat), sketch.pitch) - 1) * self._config.humanise_velocity
            pitch = sketch.pitch + harmony.transpose
            for note in self._note(part, onset, tempo.time_at(sketch.end), pitch, touch + sketch.weight + human):
                self._push(note)

    def _sketches(self, passage: Passage) -> list[Sketch]:
        name = passage.part.name
        match passage.part.role:
            case "pad":
                return pad(passage, self._voicings[name])
            case "bass":
                root = self._basses[name]
                return bass(passage, root, self._following(passage.plan, root, passage.part))
            case "arpeggio":
                return arpeggio(passage)
            case "melody" | "drums" | "accent":
                return []

    def _following(self, plan: StepPlan, root: int, part: Part) -> int | None:
        """The bass note of the next plan, if it is known and has one."""
        following = self._timeline.after(plan.onset)
        if following is None or following.chord.root is None:
            return None
        return bass_note(following.chord, root, low=part.low, high=part.high)

    def _express(self, controls: Controls, *, at: float) -> None:
        value = expression(self._gesture, controls, self._config, at=at)
        for part in self._style.parts:
            if part.role == "pad" and abs(self._expression.get(part.name, EXPRESSION) - value) >= EXPRESSION_STEP:
                self._expression[part.name] = value
                self._push(ControlEvent(at, EXPRESSION_CONTROLLER, value, part.name))

    def _note(self, part: Part, onset: float, end: float, pitch: int, touch: float) -> list[NoteEvent]:
        """The note, unless its pitch, or a bass, still sounds."""
        pitch = fold(pitch, 0, 127)
        keys = [(part.name, pitch), *([(part.name, ANY_PITCH)] if part.role == "bass" else [])]
        if any(self._sounds_until.get(key, -math.inf) > onset for key in keys):
            return []
        duration = max(SHORTEST, end - onset - SEPARATION)
        self._sounds_until.update(dict.fromkeys(keys, onset + duration))
        return [NoteEvent(onset, duration, pitch, round(min(127.0, max(1.0, touch))), part.name)]

    def _release(self, moment: float) -> None:
        """Silence what an early chord cuts short: the durations of its notes are out of our hands."""
        accents = {part.name for part in self._style.parts if part.role == "accent"}
        self._sounds_until = {key: until for key, until in self._sounds_until.items() if key[0] in accents}
        for part in self._style.parts:
            if part.name not in accents:
                self._push(ControlEvent(max(moment, self._until), ALL_NOTES_OFF, 0, part.name))

    def _push(self, event: MusicEvent) -> None:
        self._count += 1
        note = isinstance(event, NoteEvent)
        moment = event.onset if isinstance(event, NoteEvent) else event.time
        heapq.heappush(self._written, (moment, note, self._count, event))
