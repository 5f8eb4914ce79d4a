"""What this machine is called, and its addresses on its networks."""

from __future__ import annotations

import ipaddress
import socket


def names() -> list[str]:
    """Host names by which others may reach this machine."""
    host = socket.gethostname().lower()
    return list(dict.fromkeys([host, host if "." in host else f"{host}.local"]))


def addresses() -> list[str]:
    """Addresses of this machine that are not loopback, IPv4 first."""
    import ifaddr

    found = [
        ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    ]
    reachable = {each for each in found if not (each.is_loopback or each.is_link_local or each.is_unspecified)}
    return [str(each) for each in sorted(reachable, key=lambda each: (each.version, each.packed))]
