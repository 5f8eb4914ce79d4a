"""The six emotions, their place on the valence–arousal plane, and the published emotion→quality table."""

# Order: Video2Music (arXiv 2311.00968), as in MuVi-Sync.
EMOTIONS = ("exciting", "fearful", "tense", "sad", "relaxing", "neutral")

# Video2Music, table 1: chord qualities allowed under the leading emotion; neutral constrains nothing.
ALLOWED_QUALITIES: dict[str, frozenset[str]] = {
    "exciting": frozenset({"maj", "sus4", "7"}),
    "fearful": frozenset({"dim", "min7", "dim7", "hdim7"}),
    "tense": frozenset({"dim", "sus4", "min7", "7"}),
    "sad": frozenset({"min7", "min", "sus2"}),
    "relaxing": frozenset({"maj", "maj6", "maj7"}),
    "neutral": frozenset(),
}
