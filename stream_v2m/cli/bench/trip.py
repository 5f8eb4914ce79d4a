"""A trip: what one picture went through, from the camera to its accent at a peer."""

from __future__ import annotations

import numpy as np

from stream_v2m.cli.bench.figures import Leg
from stream_v2m.cli.bench.performance import PLAYER
from stream_v2m.cli.bench.record import Accent, Record, Span


def median_trip(records: tuple[Record, ...], span: Span) -> list[Leg]:
    """That of the accent which took neither long nor short; empty if there was none."""
    trips = [trip(record, accent) for record in records for accent in record.accents(span)]
    trips.sort(key=lambda legs: legs[-1].end)
    return trips[len(trips) // 2] if trips else []


def trip(record: Record, accent: Accent) -> list[Leg]:
    """What the picture of one answered event went through."""
    zero = float(record.there(np.array(accent.number)))
    packets, pictures, looks, saw = (record.tables[name] for name in ("packets", "pictures", "looks", "saw"))
    packet = int(np.searchsorted(packets["number"], accent.number))
    look = int(np.flatnonzero(record.numbers(looks["frame"]) >= accent.number)[0])
    frame = looks["frame"][look]
    picture = int(np.searchsorted(pictures["made"], frame, side="right")) - 1
    at = saw["at"][int(np.searchsorted(saw["frame"], frame))]
    played = record.tables[PLAYER]
    returned = played["returned"][played["due"] == accent.due]
    had = float(returned.min()) if len(returned) else accent.handed
    legs = (
        ("capture", zero, packets["read"][packet]),
        ("decode", packets["read"][packet], packets["decoded"][packet]),
        ("convert", pictures["taken"][picture], pictures["made"][picture]),
        ("hand-over", frame, looks["began"][look]),
        ("vision", looks["began"][look], looks["measured"][look]),
        ("features", looks["measured"][look], looks["ended"][look]),
        ("back to the loop", looks["ended"][look], at),
        ("performer wakes", at, accent.due),
        ("arrange", accent.due, accent.handed),
        ("pipe, player", accent.handed, had),
        ("wire", had, accent.arrived),
    )
    return [Leg(name, float(begin) - zero, float(end) - zero) for name, begin, end in legs]
