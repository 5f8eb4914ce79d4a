"""The errors a user may see: each says what, where, what was got, what was expected, and the cure."""

from __future__ import annotations

from typing import Any, Literal


class StreamV2MError(Exception):
    """Something in the user's input or surroundings is wrong; anything else is our bug.

    Args:
        what: the fault in a few words, lower case, no full stop.
        where: file, option, port or address.
        got: what was found.
        expected: what would have been right.
        cure: what the user can do now.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        expected: object = None,
        cure: str | None = None,
    ) -> None:
        self.what, self.where, self.got, self.expected, self.cure = what, where, got, expected, cure
        text = what if where is None else f"{where}: {what}"
        if got is not None:
            text += f", got {got}"
        if expected is not None:
            text += f", expected {expected}"
        if cure is not None:
            text += f"; {cure}"
        super().__init__(text)


class ConfigError(StreamV2MError):
    """A setting, a style or a command line that cannot be obeyed."""


class ModelContractError(StreamV2MError):
    """A model file and ``inference.contract`` disagree, or no runtime can open it."""


class SourceError(StreamV2MError):
    """A source of pictures that cannot be opened or read."""


class PortError(StreamV2MError):
    """A MIDI port or file that cannot be opened or written."""


class TakeError(StreamV2MError):
    """A kept performance that cannot be found, read or written."""


class AuthError(StreamV2MError):
    """A caller without the right to do this."""


Refusal = Literal["malformed", "codec", "taken", "unknown", "busy"]


class PublishError(StreamV2MError):
    """A picture that somebody wants to send here and that is not taken.

    Args:
        reason: the offer cannot be understood; none of its codecs can be decoded; somebody else is
            sending; there is no such publication; it cannot be answered now.
    """

    def __init__(self, what: str, *, reason: Refusal, **details: Any) -> None:
        self.reason = reason
        super().__init__(what, **details)
