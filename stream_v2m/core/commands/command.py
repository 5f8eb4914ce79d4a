"""What a live command is: a request from outside, which may wait for its beat or bar."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.controls import Controls

When = Literal["now", "beat", "bar"]


class Command(BaseModel):
    """A request from outside; ``apply`` gives the controls after it.

    Every command may wait for the next beat or bar of the music.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field("now", description="at once, on the next beat, or on the next bar")

    def apply(self, controls: Controls) -> Controls:
        return controls


class Setting(Command):
    """A command that gives one control the value of its one field of its own."""

    control: ClassVar[str]

    def apply(self, controls: Controls) -> Controls:
        (own,) = type(self).model_fields.keys() - Command.model_fields.keys()
        return replace(controls, **{self.control: getattr(self, own)})
