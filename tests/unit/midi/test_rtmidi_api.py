"""That a port which goes while the ports are listed is no fault."""

import pytest

rtmidi = pytest.importorskip("rtmidi")

from stream_v2m.midi.rtmidi_api import ports_of  # noqa: E402

pytestmark = pytest.mark.unit


class Going:
    """A client of a system where a port goes while the list is made, so often."""

    def __init__(self, times: int) -> None:
        self.times = times

    def get_ports(self) -> list[str]:
        self.times -= 1
        if self.times >= 0:
            raise rtmidi.InvalidPortError("no ports available!")
        return ["synth"]


def test_ports_are_listed_again_when_one_goes_meanwhile():
    assert ports_of(Going(times=3)) == ["synth"]


def test_ports_that_go_all_the_time_are_a_fault_that_is_told():
    with pytest.raises(rtmidi.InvalidPortError, match="no ports available"):
        ports_of(Going(times=100))
