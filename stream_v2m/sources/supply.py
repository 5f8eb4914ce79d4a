"""The supply: every source of a performance by its name, each to be made again whenever it is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.factory import source_maker
from stream_v2m.sources.source import Source, SourceConfig
from stream_v2m.sources.word import name_of

_NAMED = re.compile(r"([A-Za-z][\w-]*)=(.+)", re.DOTALL)


class Supply:
    """The sources by name, the one that plays first before the others.

    Args:
        makers: each makes its source anew, not yet opened, since a source serves once.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Source]]) -> None:
        assert makers
        self._makers = dict(makers)

    @classmethod
    def of(cls, source: Source) -> Supply:
        """One source that is there already, and that nobody will want again: a film, a replay."""
        return cls({source.name: lambda: source})

    @classmethod
    def parse(
        cls,
        words: Iterable[str],
        config: SourceConfig,
        publishing: Callable[[], Callable[[], Source]] | None = None,
    ) -> Supply:
        """Sources as on the command line: ``SPEC``, ``NAME=SPEC``, or a name of ``source.named``.

        What has no name is called after its spec, without credentials. Those of ``source.named`` follow.
        ``publishing`` is ``source_maker``'s.

        Raises:
            SourceError: a spec that cannot be understood, a name that is given twice.
        """
        named = {name: spec.get_secret_value() for name, spec in config.named.items()}
        specs: dict[str, str] = {}
        for word in words:
            match = _NAMED.fullmatch(word)
            if match:
                name, spec = match.groups()
                if name in specs:
                    raise SourceError("two sources of one name", where=name)
            elif word in named:
                name, spec = word, named[word]
            else:
                name, spec = _unlike(name_of(word), specs), word
            specs[name] = spec
        specs |= {name: spec for name, spec in named.items() if name not in specs}
        if not specs:
            raise SourceError("no source", cure="name one: `film:` needs nothing")
        return cls({name: source_maker(spec, config, publishing) for name, spec in specs.items()})

    @property
    def names(self) -> tuple[str, ...]:
        """Of all, in the order in which they were given."""
        return tuple(self._makers)

    def make(self, name: str) -> Source:
        """The source called so, not yet opened."""
        return self._makers[name]()


def _unlike(name: str, taken: Mapping[str, str]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free
