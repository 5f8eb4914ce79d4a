"""The plans in the order of their beats, with what bridges a plan that does not come in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stream_v2m.core.chords import Chord
from stream_v2m.core.values import Dynamics, StepPlan
from stream_v2m.music.figures import EPSILON
from stream_v2m.music.harmony import same

BRIDGE_BEATS = 1.0
BRIDGE_DENSITY, BRIDGE_LOUDNESS = 0.75, 0.9  # of the beat before
BRIDGE_LEAST = Dynamics(0.06, 4.0)  # a bridge thins no further
KEPT_BEATS = 64.0
TIED_LOUDNESS, TIED_DENSITY = 0.06, 3.0  # steps that differ by less sound as one
REMNANT_BEATS = 0.5  # what is left of a plan is not begun anew if it is shorter
CADENCE_BEATS = 2.0
FINAL_BEATS = 4.0


def end_of(plan: StepPlan) -> float:
    """The beat where a plan ends."""
    return plan.onset + plan.duration


class Timeline:
    """Plans that do not overlap, in beats. A missing plan is bridged by the last chord, thinner with every beat."""

    def __init__(self, beats_per_bar: int) -> None:
        self._beats_per_bar = beats_per_bar
        self._plans: list[StepPlan] = []
        self._end = math.inf  # the beat where a cadence ends
        self._early: StepPlan | None = None  # the one that was brought forward last
        self.final: StepPlan | None = None

    def closed(self, beat: float) -> bool:
        """Whether a cadence has ended by ``beat``."""
        return beat >= self._end - EPSILON

    def accept(self, plan: StepPlan, *, played: float) -> None:
        """Enter a plan; beats before ``played`` have been played.

        It cuts short what it begins within, and replaces what it overlaps. A late plan takes over at the next whole
        beat; one that is over by then, or before a cadence ends, is left out. What comes after the cadence is kept.
        One that was decided anew begins where the one of its number was brought forward to.
        """
        early = self._early
        if early is not None and early.step == plan.step and played <= early.onset < plan.onset:
            plan = replace(plan, onset=early.onset, duration=end_of(plan) - early.onset)
        onset = float(math.ceil(played)) if plan.onset < played else plan.onset
        if self._end < math.inf:
            onset = max(onset, self._end)
        if onset > plan.onset:
            if onset >= end_of(plan) - EPSILON:
                return
            plan = replace(plan, onset=onset, duration=end_of(plan) - onset)
        self._insert(plan)

    def close(self, chords: Sequence[Chord], *, begin: float) -> None:
        """Replace what is planned from ``begin`` on by a cadence that relaxes in density and loudness, and end there.

        Without chords the last one is held; if nothing has sounded, nothing does.
        """
        self.final, self._end = None, math.inf
        self._plans = [plan for plan in self._plans if plan.onset < begin - EPSILON]
        last = self.at(begin)
        if last is None:
            self._end = begin
            return
        chords = tuple(chords) or (last.chord,)
        for turn, chord in enumerate(chords):
            final = turn == len(chords) - 1
            fade = 0.92 ** (turn + 1)
            asked = Dynamics(max(0.08, last.dynamics.loudness * fade), max(6.0, last.dynamics.note_density * fade**2))
            length = FINAL_BEATS if final else CADENCE_BEATS
            plan = StepPlan(last.step + turn + 1, begin, length, chord, asked, last.affect)
            self._insert(plan)
            begin += length
        self.final, self._end = self._plans[-1], begin

    def reopen(self) -> None:
        """Go on after a cadence."""
        self.final, self._end = None, math.inf

    def cut(self, beat: float) -> None:
        """Let the plan that goes on at ``beat`` begin there, unless it is nearly over."""
        going = self.at(beat)
        if going is not None and going.onset < beat - EPSILON and end_of(going) - beat >= REMNANT_BEATS:
            cut = replace(going, onset=beat, duration=end_of(going) - beat)
            self._insert(cut)
            if going is self.final:
                self.final = cut

    def bring_forward(self, beat: float) -> StepPlan | None:
        """Let the plan that comes next begin at ``beat`` and last until its own end.

        None if there is none yet, or a cadence comes.
        """
        following = self.after(beat)
        if following is None or self._end < math.inf:
            return None
        self._early = replace(following, onset=beat, duration=end_of(following) - beat)
        self._insert(self._early)
        return self._early

    def forget(self, beat: float) -> None:
        """Drop what ended long before ``beat``."""
        beat -= KEPT_BEATS
        if self._plans and end_of(self._plans[0]) <= beat:
            self._plans = [plan for plan in self._plans if end_of(plan) > beat] or self._plans[-1:]

    def spans(self, begin: float, end: float) -> Iterator[tuple[StepPlan, float, float]]:
        """What plays in [begin, end): plans and the part of it that is theirs; bridges are entered as they come."""
        end = min(end, self._end)
        while begin < end:
            plan = self.at(begin)
            following = self.after(begin)
            if plan is None:
                if following is None or following.onset >= end:
                    return
                begin = following.onset
                continue
            if end_of(plan) <= begin + EPSILON:
                self._insert(self._bridge(plan, following, begin))
                plan = self._plans_at(begin)
            stop = min(end, end_of(plan))
            yield plan, begin, stop
            begin = stop
        self.forget(end)

    def at(self, beat: float) -> StepPlan | None:
        """The last plan that begins at ``beat`` or before."""
        beat = min(beat, self._end - 2 * EPSILON)
        return next((plan for plan in reversed(self._plans) if plan.onset <= beat + EPSILON), None)

    def after(self, beat: float) -> StepPlan | None:
        """The first plan that begins after ``beat``, of those before a cadence ends."""
        following = next((plan for plan in self._plans if plan.onset > beat + EPSILON), None)
        return None if following is None or self.closed(following.onset) else following

    def tied(self, plan: StepPlan, following: StepPlan | None) -> bool:
        """Whether ``following`` carries on what ``plan`` sounds: the same within a bar, close in dynamics."""
        return (
            following is not None
            and following is not self.final
            and abs(following.onset - end_of(plan)) < EPSILON
            and following.onset % self._beats_per_bar > EPSILON
            and same(following.chord, plan.chord)
            and abs(following.dynamics.loudness - plan.dynamics.loudness) < TIED_LOUDNESS
            and abs(following.dynamics.note_density - plan.dynamics.note_density) < TIED_DENSITY
        )

    def tied_until(self, plan: StepPlan) -> float:
        """The beat where the run of tied plans that begins with ``plan`` ends, as far as is known."""
        following = self.after(plan.onset)
        while following is not None and self.tied(plan, following):
            plan, following = following, self.after(following.onset)
        return end_of(plan)

    def _plans_at(self, beat: float) -> StepPlan:
        plan = self.at(beat)
        assert plan is not None
        return plan

    def _bridge(self, plan: StepPlan, following: StepPlan | None, beat: float) -> StepPlan:
        missed = math.floor((beat - end_of(plan)) / BRIDGE_BEATS + EPSILON)  # where the tempo leapt over some
        onset = end_of(plan) + missed * BRIDGE_BEATS
        room = math.inf if following is None else following.onset - onset
        asked, least = plan.dynamics, BRIDGE_LEAST
        thinner = Dynamics(
            max(min(asked.loudness, least.loudness), asked.loudness * BRIDGE_LOUDNESS),
            max(min(asked.note_density, least.note_density), asked.note_density * BRIDGE_DENSITY),
        )
        return replace(plan, onset=onset, duration=min(BRIDGE_BEATS, room), dynamics=thinner)

    def _insert(self, plan: StepPlan) -> None:
        kept = []
        for other in self._plans:
            if other.onset < plan.onset - EPSILON:
                overlap = end_of(other) > plan.onset
                kept.append(replace(other, duration=plan.onset - other.onset) if overlap else other)
            elif other.onset >= end_of(plan) - EPSILON:
                kept.append(other)
        self._plans = sorted([*kept, plan], key=lambda each: each.onset)
