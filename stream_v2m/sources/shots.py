"""The shots of the synthetic film: each kind is a picture that moves, drawn anew for any moment.

No picture alternates over a quarter of the screen more than three times a second (WCAG 2.2, 2.3.1), flashes
included, so that the film can be shown to anyone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stream_v2m.sources.canvas import (
    ASPECT,
    HEIGHT,
    WIDTH,
    Colour,
    Planes,
    blend,
    clouds,
    drift,
    full,
    grid,
    paint,
    palette,
    smooth,
    spot,
)

Draw = Callable[[float], Planes]  # seconds since the shot began to a picture that the caller may keep, not change
Rng = np.random.Generator

_WHITE: Colour = (255, 255, 255)
_SHAKE_HZ = 15


def build(name: str, rng: Rng) -> Draw:
    """Prepare a shot of the kind ``name`` (a ``scenario.Mood``'s); ``rng`` varies it."""
    kinds: dict[str, Callable[[Rng], Draw]] = {
        "meadow": _meadow,
        "deep": _deep,
        "alarm": _alarm,
        "sea": _sea,
        "fog": _fog,
        "jitter": _jitter,
        "sunset": _sunset,
        "neon": _neon,
        "confetti": _confetti,
        "rain": _rain,
        "shadows": _shadows,
    }
    return kinds[name](rng)


def _meadow(rng: Rng) -> Draw:
    """Clouds drift over sunny hills."""
    x, y = grid()
    sky = full(paint(palette((86, 172, 245), (150, 208, 250), (226, 242, 252)), (y + 1) / 1.6))
    spot(sky, float(rng.uniform(-1.2, 1.2)), -0.55, 0.75, (255, 247, 190), soft=0.6)
    cover = smooth(2.4 * clouds(rng, cells=3) - 1.1) * smooth(0.9 - y)
    phase = rng.uniform(0, 6.28, 2).tolist()
    far = smooth((y - 0.28 - 0.13 * np.sin(1.7 * x + phase[0])) * 30)
    near = smooth((y - 0.58 - 0.16 * np.sin(1.2 * x + phase[1])) * 30)
    meadow = paint(palette((150, 205, 92), (92, 170, 62)), (y - 0.4) / 0.6)
    speed = float(rng.uniform(26, 34))

    def draw(t: float) -> Planes:
        planes = sky.copy()
        blend(planes, _WHITE, 0.92 * drift(cover, speed * t))
        blend(planes, (124, 190, 120), far)
        planes += near * (meadow - planes)
        return planes

    return draw


def _deep(rng: Rng) -> Draw:
    """Far down in blue water pale lights rise slowly."""
    x, y = grid()
    water = full(paint(palette((16, 42, 92), (7, 20, 52), (2, 7, 22)), (y + 1) / 2))
    slant = x + 0.35 * y
    fade = smooth((0.9 - y) / 1.9) * 26
    lights = rng.uniform((-1.5, -1.4, 0.12, 0), (1.5, 1.4, 0.3, 6.28), (9, 4)).tolist()

    def draw(t: float) -> Planes:
        shafts = fade * (1 + np.sin(3.1 * slant + 0.6 * t) * np.sin(1.3 * slant - 0.4 * t))
        planes: Planes = water + np.array([0.3, 0.7, 1.0], np.float32)[:, None, None] * shafts
        for across, down, radius, phase in lights:
            place = across + 0.12 * np.sin(0.5 * t + phase), (down + 1.4 - 0.1 * t) % 2.8 - 1.4
            spot(planes, *place, radius, (70, 140, 190), soft=radius, opacity=0.5)
        return planes

    return draw


def _alarm(rng: Rng) -> Draw:
    """A red saw-blade star spins and beats like a heart too fast."""
    x, y = grid()
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    ground = paint(palette((70, 4, 8), (30, 0, 4), (8, 0, 2)), radius / 1.7)
    teeth, spin = int(rng.integers(7, 11)), float(rng.choice([-1, 1]) * rng.uniform(3.2, 4.2))
    beat = float(rng.uniform(2.4, 2.8))

    def draw(t: float) -> Planes:
        planes = ground.copy()
        pulse = float(np.sin(np.pi * beat * t)) ** 2
        blade = (teeth * angle / np.pi + spin * t) % 2 - 1
        reach = 0.42 + 0.12 * pulse + 0.5 * np.abs(blade)
        blend(planes, (225, 18, 22), smooth((reach - radius) * 9))
        blend(planes, (255, 120, 60), smooth((0.2 + 0.12 * pulse - radius) * 7))
        place = 1.25 * np.sin(2.9 * t), 0.6 * np.cos(4.3 * t)
        spot(planes, *place, 0.3, (10, 0, 2), soft=0.08)
        return planes

    return draw


def _sea(rng: Rng) -> Draw:
    """A calm green sea to the horizon."""
    x, y = grid()
    sky = paint(palette((196, 226, 214), (232, 244, 230)), (y + 1) / 0.7)
    depth = 1 / np.maximum(y + 0.36, 0.03)
    below = smooth((y + 0.33) * 40)
    water = palette((16, 92, 84), (38, 140, 118), (92, 190, 152), (212, 244, 222))
    waves = [k * depth * (1 + float(rng.uniform(-0.2, 0.2)) * x) for k in (9, 14)]
    ripple = x * depth * 2.2
    height = 0.55 - 0.22 * (y + 0.3)

    def draw(t: float) -> Planes:
        swell = np.sin(waves[0] - 1.3 * t + ripple) + 0.6 * np.sin(waves[1] + 1.7 * t - 1.6 * ripple)
        sea = paint(water, height + 0.17 * swell)
        return sky + below * (sea - sky)

    return draw


def _fog(rng: Rng) -> Draw:
    """Grey hills in fog; nothing moves."""
    x, y = grid()
    planes = full(paint(palette((188, 190, 194), (160, 162, 166)), (y + 1) / 2))
    for layer in range(4):
        ridge = -0.25 + 0.3 * layer + 0.12 * np.sin((1.1 + 0.5 * layer) * x + float(rng.uniform(0, 6.28)))
        ridge = ridge + 0.05 * np.sin(5.3 * x + float(rng.uniform(0, 6.28)))
        grey = 164 - 20 * layer
        blend(planes, (grey, grey + 2, grey + 5), smooth((y - ridge) * 12) * smooth(1.15 - 0.5 * (y - ridge)))
    return lambda t: planes


def _jitter(rng: Rng) -> Draw:
    """Black and white rings and bars, seen by a hand that shakes."""
    margin = 5
    down, across = np.mgrid[-margin : HEIGHT + margin, -margin : WIDTH + margin].astype(np.float32)
    x, y = across * 2 / HEIGHT - ASPECT, down * 2 / HEIGHT - 1
    centre = rng.uniform((-0.7, -0.3), (0.7, 0.3)).tolist()
    rings = np.sin(9 * np.hypot(x - centre[0], y - centre[1]))
    bars = np.sin(6 * (x + 0.35 * y) + float(rng.uniform(0, 6.28)))
    scene = 14 + 226 * smooth(0.5 + 2.2 * rings * bars)
    hand = rng.integers(0, 2 * margin + 1, (256, 2))

    def draw(t: float) -> Planes:
        column, row = hand[int(t * _SHAKE_HZ + 1e-6) % len(hand)]
        return full(scene[None, row : row + HEIGHT, column : column + WIDTH])

    return draw


def _sunset(rng: Rng) -> Draw:
    """A warm sun sinks behind glittering water."""
    x, y = grid()
    sky = paint(palette((92, 52, 104), (196, 84, 84), (244, 146, 72), (255, 206, 118)), (y + 1) / 1.3)
    sea = paint(palette((170, 84, 70), (84, 40, 66), (40, 22, 48)), (y - 0.3) / 0.7)
    below = smooth((y - 0.3) * 60)
    centre = float(rng.uniform(-0.7, 0.7))
    depth = 1 / (y - 0.3 + 0.16)
    path = np.exp(-(((x - centre) / (0.16 + 0.5 * np.maximum(y - 0.3, 0))) ** 2)) * below
    flock = rng.uniform((-0.5, -0.15), (0.5, 0.15), (5, 2)).tolist()

    def draw(t: float) -> Planes:
        planes = full(sky)
        sun = 0.02 + 0.03 * t
        spot(planes, centre, sun, 0.95, (255, 190, 96), soft=0.9, opacity=0.65)
        spot(planes, centre, sun, 0.3, (255, 240, 180), soft=0.03)
        for across, down in flock:
            wing = 0.012 * float(np.sin(9 * t + 7 * across))
            spot(planes, across - 0.9 + 0.11 * t, down - 0.5 + wing, 0.035, (60, 34, 58), soft=0.03)
        planes += below * (sea - planes)
        glitter = smooth(np.sin(9 * depth + 5 * x - 1.6 * t) * np.sin(5 * depth - 9 * x + 2.1 * t) + 0.35)
        blend(planes, (255, 196, 112), path * glitter)
        return planes

    return draw


def _neon(rng: Rng) -> Draw:
    """A chase through a tunnel of neon lights."""
    x, y = grid()
    radius = np.hypot(x, y) + 0.02
    turns = (np.arctan2(y, x) / (2 * np.pi)).astype(np.float32)
    lanes = int(rng.integers(9, 13))
    lane = np.floor((turns + 0.5) * lanes)
    edge = smooth(1.6 - 3.6 * np.abs(((turns + 0.5) * lanes) % 1 - 0.5))
    offset = rng.random(lanes + 1).astype(np.float32)[lane.astype(np.intp)]
    depth = np.float32(0.85) / radius + offset * 3
    glow = edge * smooth(radius * 1.6 - 0.12)
    lamp = paint(palette((255, 30, 190), (120, 60, 255), (20, 220, 255), (255, 30, 190)), offset)
    night = paint(palette((44, 10, 70), (10, 4, 30)), radius / 1.3)
    speed = float(rng.uniform(3.4, 4.2))

    def draw(t: float) -> Planes:
        pulse = smooth(1.5 * np.cos(2.1 * (depth + speed * t)) - 0.1) * glow
        planes: Planes = night + pulse * lamp
        return np.minimum(planes, 255)

    return draw


def _confetti(rng: Rng) -> Draw:
    """Bright balls bounce at a party."""
    x, y = grid()
    wall = full(paint(palette((255, 240, 160), (255, 206, 128)), np.hypot(x, y + 0.3) / 2.1))
    colours: tuple[Colour, ...] = ((238, 62, 84), (46, 134, 222), (255, 255, 255), (64, 186, 110), (250, 130, 40))
    balls = [
        (*rng.uniform((-2.1, 0.55, 0.1, 0, -0.5), (2.1, 1.25, 0.24, 2, 0.5)).tolist(), colours[n % len(colours)])
        for n in range(20)
    ]

    def draw(t: float) -> Planes:
        planes = wall.copy()
        for across, tempo, size, phase, speed, colour in balls:
            bounce = abs((t * tempo + phase) % 2 - 1)
            place = (across + speed * t + 2.1) % 4.2 - 2.1, 0.85 - size - 1.5 * (1 - bounce**2)
            spot(planes, *place, size, colour, soft=0.03)
        return planes

    return draw


def _rain(rng: Rng) -> Draw:
    """Rain on a window at dusk, street lights behind it."""
    _, y = grid()
    street = full(paint(palette((92, 108, 128), (70, 84, 104), (58, 66, 84)), (y + 1) / 2))
    for _ in range(9):
        across, down, size = rng.uniform((-1.6, -0.1, 0.12), (1.6, 0.7, 0.24)).tolist()
        spot(street, across, down, size, (176, 160, 132), soft=0.05, opacity=0.35)
    # rain falls down a texture that repeats across: turned by a quarter it repeats downwards
    drops = rng.random((WIDTH, 36)).astype(np.float32)
    lengths = np.linspace(0, 36, 2 * HEIGHT, endpoint=False)
    sheet = smooth((drops[:, lengths.astype(np.intp)] - 0.86) * 12) * np.sin(np.pi * (lengths % 1))
    soft = 0.5 * sheet + 0.25 * (np.roll(sheet, 1, axis=0) + np.roll(sheet, -1, axis=0))
    rain = np.ascontiguousarray(soft.T.astype(np.float32))
    speed = float(rng.uniform(400, 460))

    def draw(t: float) -> Planes:
        planes = street.copy()
        rows = (np.arange(HEIGHT) - int(speed * t)) % len(rain)
        blend(planes, (206, 218, 232), 0.55 * rain[rows])
        return planes

    return draw


def _shadows(rng: Rng) -> Draw:
    """By a flickering light a figure comes nearer."""
    x, y = grid()
    wall = full(paint(palette((96, 92, 58), (44, 44, 32), (12, 14, 12)), np.hypot(x * 0.7, y + 0.2) / 1.3))
    wall *= 0.75 + 0.4 * clouds(rng, cells=5)[:, :WIDTH]
    side = float(rng.choice([-1, 1]) * rng.uniform(0.2, 0.6))
    flicker = rng.uniform(0.72, 1.0, 512)

    def draw(t: float) -> Planes:
        beat = t * 7
        light = np.interp(beat % 511, np.arange(512), flicker)
        planes = wall * np.float32(light)
        sway = 0.16 * float(np.sin(0.9 * t))
        size = 0.5 + 0.06 * t
        head = ((x - side - sway) / 0.34) ** 2 + ((y - 0.62 + size) / 0.42) ** 2
        body = ((x - side - 0.5 * sway) / (0.62 * size + 0.1)) ** 2 + ((y - 1.25) / (1.35 * size + 0.12)) ** 2
        blend(planes, (5, 6, 6), 0.94 * smooth(2.2 - 1.4 * np.minimum(head / size, body)))
        return planes

    return draw
