"""What the 128 programs of General MIDI are called, and which of them speak late."""

from __future__ import annotations

# General MIDI level 1, sound set, from program 0 on; a row for each family.
PROGRAMS = tuple(
    name.strip()
    for row in (
        "grand piano, bright piano, electric grand, honky-tonk, electric piano 1, electric piano 2, harpsichord, clavi",
        "celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells, dulcimer",
        "drawbar organ, percussive organ, rock organ, church organ, reed organ, accordion, harmonica, tango accordion",
        "nylon guitar, steel guitar, jazz guitar, clean guitar, muted guitar, overdriven guitar, distortion guitar, "
        "guitar harmonics",
        "acoustic bass, fingered bass, picked bass, fretless bass, slap bass 1, slap bass 2, synth bass 1, "
        "synth bass 2",
        "violin, viola, cello, contrabass, tremolo strings, pizzicato strings, harp, timpani",
        "string ensemble 1, string ensemble 2, synth strings 1, synth strings 2, choir aahs, voice oohs, synth voice, "
        "orchestra hit",
        "trumpet, trombone, tuba, muted trumpet, French horn, brass section, synth brass 1, synth brass 2",
        "soprano sax, alto sax, tenor sax, baritone sax, oboe, English horn, bassoon, clarinet",
        "piccolo, flute, recorder, pan flute, blown bottle, shakuhachi, whistle, ocarina",
        "square lead, saw lead, calliope, chiff lead, charang, voice lead, fifths lead, bass and lead",
        "new age pad, warm pad, polysynth, choir pad, bowed pad, metallic pad, halo pad, sweep pad",
        "rain, soundtrack, crystal, atmosphere, brightness, goblins, echoes, sci-fi",
        "sitar, banjo, shamisen, koto, kalimba, bagpipe, fiddle, shanai",
        "tinkle bell, agogo, steel drums, woodblock, taiko, melodic tom, synth drum, reverse cymbal",
        "fret noise, breath noise, seashore, bird, telephone, helicopter, applause, gunshot",
    )
    for name in row.split(",")
)

# Measured on TimGM6mb at middle C, velocity 90: a tenth of a second or more to half of the loudest.
SLOW = frozenset({40, 42, 44, 48, 49, 52, 60, 61, 68, 72, 78, 89, 93, 95, 97, 101, 110, 119, 120, 122, 125, 126})
