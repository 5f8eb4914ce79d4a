"""Where pictures may come to, and from whom."""

import pytest
from aioice.ice import StunProtocol, get_host_addresses

from stream_v2m.sources.reach import Reach, reach_of

pytestmark = pytest.mark.unit

STRANGER = "203.0.113.9"  # RFC 5737: nobody's


class Heard(StunProtocol):
    """A socket that only notes who was heard."""

    def __init__(self) -> None:
        self.who: list[object] = []

    def datagram_received(self, data: bytes | str, addr: tuple[object, ...]) -> None:
        self.who.append(addr[0])


def test_loopback_is_loopback() -> None:
    assert reach_of("127.0.0.1") == Reach(("127.0.0.1",))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_who_shies_loopback_is_offered_this_machines_other_addresses_and_heard_from_it_alone(host: str) -> None:
    reach = reach_of(host, shy=True)
    assert reach.alone
    assert {"127.0.0.1", *get_host_addresses(use_ipv4=True, use_ipv6=False)} <= set(reach.addresses)


def test_an_address_of_the_network_is_open_and_the_only_one() -> None:
    assert reach_of("192.0.2.7") == Reach(("192.0.2.7",))


def test_a_wildcard_is_every_address_for_everybody() -> None:
    reach = reach_of("0.0.0.0")
    assert not reach.alone
    assert reach.addresses[0] == "127.0.0.1"
    assert all(":" not in address for address in reach.addresses)


@pytest.mark.parametrize(("alone", "expected"), [(True, ["192.0.2.7"]), (False, ["192.0.2.7", STRANGER])])
def test_strangers_are_heard_only_where_they_may_be(alone: bool, expected: list[str]) -> None:
    heard = Heard()
    Reach(("127.0.0.1", "192.0.2.7"), alone=alone).hold(heard)
    for address in ("192.0.2.7", STRANGER):
        heard.datagram_received(b"", (address, 5004))
    assert heard.who == expected
