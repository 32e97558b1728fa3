"""Keeps what goes to an address that a person typed from reaching machines that are not public.

The address of each connection is looked at when it is made, by whatever library, so that neither a
redirect nor a name that resolves to something else in between gets past.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

NAT64 = ip_network("64:ff9b::/96")

_here = threading.local()


class Refused(OSError):  # noqa: N818  a fact about the address
    """The connection would lead to a machine that nobody named."""


@contextmanager
def only_public(named: frozenset[str] = frozenset()) -> Iterator[None]:
    """Refuse this thread every connection to an address that is neither public nor `named`.

    Raises
    ------
    Refused
        By whatever connects; a library may take it for a failure, so it comes again at the end.
    """
    _watch()
    _here.named, _here.refused = named, False
    try:
        yield
    finally:
        was_refused, _here.named = _here.refused, None
    if was_refused:
        raise Refused("the address is not public")


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the open internet.

    >>> [is_public(one) for one in ("1.1.1.1", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return _is_public_v6(found)
    return found.is_global and not found.is_multicast


def _is_public_v6(found: IPv6Address) -> bool:
    inner = found.ipv4_mapped
    if inner is None and found in NAT64:
        inner = IPv4Address(int(found) & 0xFFFFFFFF)
    if inner is not None:
        return inner.is_global and not inner.is_multicast
    is_tunnel = found.sixtofour is not None or found.teredo is not None
    return found.is_global and not found.is_multicast and not is_tunnel


def _check(event: str, args: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    named = getattr(_here, "named", None)
    if named is None:
        return
    address = args[1]
    host = address[0] if isinstance(address, tuple) and address else ""
    if not (isinstance(host, str) and (host in named or is_public(host))):
        _here.refused = True
        raise Refused("the address is not public")


_watching = threading.Lock()
_is_watched = False


def _watch() -> None:
    """Look at connections from now on, once in a process: what looks cannot be taken away."""
    global _is_watched  # noqa: PLW0603  so is this
    with _watching:
        if not _is_watched:
            sys.addaudithook(_check)
            _is_watched = True
