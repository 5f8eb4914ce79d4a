"""Which addresses of this machine pictures may come to, and from whom, when pages are served at a host."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from aioice.ice import StunProtocol, get_host_addresses

MAX_ADDRESSES = 16
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Reach:
    """Addresses to open sockets on, and whether only those of this machine are heard there."""

    addresses: tuple[str, ...]
    alone: bool = False

    def hold(self, protocol: StunProtocol) -> None:
        """Let a socket hear nobody who may not be heard."""
        if not self.alone:
            return
        received, ours = protocol.datagram_received, frozenset(self.addresses)

        def datagram_received(data: bytes | str, addr: tuple[object, ...]) -> None:
            if addr[0] in ours:
                received(data, addr)

        protocol.datagram_received = datagram_received  # type: ignore[method-assign]


def reach_of(host: str, *, shy: bool = False) -> Reach:
    """Where pages served at ``host`` may send pictures to.

    A wildcard means every address, loopback among them; loopback means loopback.

    Args:
        shy: the sender may not reach 127.0.0.1; where that is what is served, it is offered this machine's other
            addresses too, and heard from this machine only.

    Raises:
        OSError: no such host.
    """
    if host in ("", "0.0.0.0", "::"):
        return Reach(_every(ipv6=host != "0.0.0.0"))
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)]
    if shy and all(ipaddress.ip_address(address).is_loopback for address in found):
        return Reach(tuple(dict.fromkeys([*found, *_every()]))[:MAX_ADDRESSES], alone=True)
    return Reach(tuple(dict.fromkeys(found))[:MAX_ADDRESSES])


def _every(*, ipv6: bool = True) -> tuple[str, ...]:
    return (LOOPBACK, *get_host_addresses(use_ipv4=True, use_ipv6=ipv6))[:MAX_ADDRESSES]
