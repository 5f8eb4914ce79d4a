"""The Link peer, beside a session that others share: it follows them, leads alone, and leaps only when told."""

import sys
from types import ModuleType

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.ableton_link import LinkConfig, LinkPeer
from stream_v2m.midi.clock_in import Transport

pytestmark = pytest.mark.unit


class Session:
    """What LinkPython-extern calls Link, its clock and its session state, in one; its clock starts elsewhere."""

    EARLIER = 1000.0  # seconds

    def __init__(self, bpm):
        self.bpm, self.beat, self.at = bpm, 0.0, 0
        self.others, self.playing, self.now = 0, False, 0.0
        self.enabled = self.startStopSyncEnabled = False

    def captureAppSessionState(self):
        return self

    def commitAppSessionState(self, state):
        assert state is self

    def clock(self):
        return self

    def micros(self):
        return round((self.now + self.EARLIER) * 1e6)

    def numPeers(self):
        return self.others

    def tempo(self):
        return self.bpm

    def setTempo(self, bpm, micros):
        self.beat, self.at, self.bpm = self.beatAtTime(micros, 4.0), micros, bpm

    def beatAtTime(self, micros, quantum):
        return self.beat + (micros - self.at) / 1e6 * self.bpm / 60

    def requestBeatAtTime(self, beat, micros, quantum):
        assert self.others == 0
        self.beat, self.at = beat, micros

    def isPlaying(self):
        return self.playing

    def setIsPlaying(self, playing, micros):
        self.playing = playing


class Joined:
    """A peer, its tempo, and the session, all by the same time."""

    def __init__(self, monkeypatch, *, bpm=120.0, **config):
        module = ModuleType("link")
        module.Link = Session
        monkeypatch.setitem(sys.modules, "link", module)
        self.tempo = InternalTempo(bpm)
        self.peer = LinkPeer(self.tempo, LinkConfig(**config), beats_per_bar=4, clock=self)
        self.session = self.peer._link

    def now(self):
        return self.session.now

    def until(self, moment):
        given = []
        while self.session.now < moment - 1e-9:
            self.session.now += 0.1
            given += [said] if (said := self.peer.poll()) else []
        return given

    @property
    def theirs(self):
        return self.session.beatAtTime(self.session.micros(), 4.0)

    @property
    def ours(self):
        return self.tempo.beat_at(self.session.now)


@pytest.fixture
def joined(monkeypatch):
    return Joined(monkeypatch)


def test_alone_it_gives_the_session_our_tempo_and_our_bars(joined):
    joined.until(1.0)
    joined.tempo.change(90, at=1.0)
    joined.until(2.0)
    assert (joined.session.bpm, joined.theirs) == (90, pytest.approx(joined.ours, abs=0.003))
    assert joined.peer.status == "Link: alone at 90.0 bpm"


def test_with_others_it_glides_to_their_tempo_and_their_place_in_the_bar(joined):
    joined.until(1.0)
    joined.session.others = 2
    joined.session.bpm, joined.session.beat, joined.session.at = 100.0, 7.1, joined.session.micros()
    joined.until(9.0)
    assert joined.tempo.bpm == 100.0
    assert joined.ours % 4 == pytest.approx(joined.theirs % 4, abs=0.003)
    assert joined.peer.status == "Link: 100.0 bpm with 2 others"
    assert all(100 * 0.79 < piece.bpm < 120 * 1.21 for piece in joined.tempo.segments(0.5, 9.0))


def test_a_steady_session_leaves_the_tempo_map_alone(joined):
    joined.session.others = 1
    joined.until(5.0)
    assert joined.tempo.segments(0.5, 99.0) == []


def test_the_tempo_that_we_set_is_everybodys(joined):
    joined.session.others = 1
    joined.until(1.0)
    joined.tempo.change(140, at=1.0)
    joined.peer.set_tempo(140)
    joined.until(2.0)
    assert (joined.session.bpm, joined.tempo.bpm) == (140, 140)


def test_start_and_stop_are_passed_on_once_each(joined):
    joined.until(1.0)
    joined.session.playing = True
    assert joined.until(2.0) == [Transport.START]
    joined.session.playing = False
    assert joined.until(3.0) == [Transport.STOP]
    joined.peer.set_playing(True)
    assert joined.session.playing
    assert joined.until(4.0) == []


def test_before_the_music_starts_it_leaps_to_the_place_in_the_bar(joined):
    joined.until(1.0)
    joined.session.others, joined.session.beat, joined.session.at = 1, 9.5, joined.session.micros()
    joined.peer.locate()
    assert joined.ours == pytest.approx(5.5, abs=0.003)


def test_an_offset_moves_our_beats_away_from_the_sessions(monkeypatch):
    joined = Joined(monkeypatch, offset_ms=50.0)
    joined.session.others = 1
    joined.until(6.0)
    assert joined.tempo.beat_at(6.05) % 4 == pytest.approx(joined.theirs % 4, abs=0.003)


def test_start_and_stop_are_shared_only_if_so_configured(monkeypatch):
    assert not Joined(monkeypatch).session.startStopSyncEnabled
    assert Joined(monkeypatch, start_stop=True).session.startStopSyncEnabled


def test_closing_leaves_the_session(joined):
    assert joined.session.enabled
    joined.peer.close()
    assert not joined.session.enabled


def test_without_the_library_the_error_says_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "link", None)
    with pytest.raises(PortError, match=r"pip install 'stream-v2m\[link\]'"):
        LinkPeer(InternalTempo(120), LinkConfig(), beats_per_bar=4, clock=None)
