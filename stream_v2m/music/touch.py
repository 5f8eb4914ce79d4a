"""Touch: sketches and accents become notes, each at its moment, with its velocity and its part's transposition."""

from __future__ import annotations

from stream_v2m.core.controls import Controls
from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import NoteEvent, StepPlan
from stream_v2m.music.accent import Accent
from stream_v2m.music.arranger import Arranger
from stream_v2m.music.chance import beat_key, chance
from stream_v2m.music.drums import HIT_SECONDS
from stream_v2m.music.expression import MusicConfig, velocity
from stream_v2m.music.part import Part
from stream_v2m.music.sounding import Sounding
from stream_v2m.music.swing import swung
from stream_v2m.music.texture import Sketch


class Touch:
    """Plays what an arranger arranges.

    Args:
        tempo: turns beats into seconds.
        sounding: leaves out what sounds already.
    """

    def __init__(self, arranger: Arranger, tempo: Tempo, config: MusicConfig, sounding: Sounding) -> None:
        self._arranger, self._tempo, self._config, self._sounding = arranger, tempo, config, sounding

    def note(
        self, part: Part, index: int, sketch: Sketch, loudness: float, *, seed: int, since: float
    ) -> list[NoteEvent]:
        """The note of a sketch with its swing, not before the moment ``since``, unless its pitch sounds."""
        config, place = self._config, beat_key(sketch.beat)
        swing, unit = self._arranger.style.swung(part)
        onset = max(self._tempo.time_at(swung(sketch.beat, swing, unit)), since)
        if sketch.loose:
            late = config.humanise_ms if part.humanise_ms is None else part.humanise_ms
            onset += chance(seed, index, place) * late / 1000
        human = config.humanise_velocity if part.humanise_velocity is None else part.humanise_velocity
        touch = velocity(loudness, config) * part.velocity + sketch.weight
        touch += (2 * chance(seed, index, place, sketch.pitch) - 1) * human
        end = self._tempo.time_at(swung(sketch.end, swing, unit))
        return self._sounding.strike(part, onset, end, sketch.pitch + self._shift(part), touch)

    def accent(
        self, accent: Accent, plan: StepPlan, *, beat: float | None, at: float, controls: Controls
    ) -> list[NoteEvent]:
        """The accent of all parts on the chord of ``plan``, on a beat as each part swings it, or ``at`` the moment."""
        style, strength = self._arranger.style, self._config.accent * accent.strength
        if strength == 0 or self._arranger.harmony is None:
            return []
        calm = velocity(plan.dynamics.loudness, self._config)
        loud = calm + strength * (127 - calm)
        notes: list[NoteEvent] = []
        for part in style.parts:
            if part.role != "accent" or not controls.audible(part.name) or (accent.light and not part.onsets):
                continue
            onset = at if beat is None else max(at, self._tempo.time_at(swung(beat, *style.swung(part))))
            length = part.figures[0].strokes[0].length * part.gate * 60 / self._tempo.bpm
            end = onset + (HIT_SECONDS if part.percussive else length)
            pitches = self._arranger.accent(part, plan.chord)
            for pitch in pitches[-1:] if accent.light else pitches:
                notes += self._sounding.strike(part, onset, end, pitch + self._shift(part), loud * part.velocity)
        return notes

    def _shift(self, part: Part) -> int:
        """Semitones by which a part sounds higher than it is arranged."""
        harmony = self._arranger.harmony
        return 0 if part.percussive or harmony is None else harmony.transpose + part.shift
