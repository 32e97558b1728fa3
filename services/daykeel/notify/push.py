"""Letters by push services, through Apprise; never to a machine that nobody named."""

import logging
import socket
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from daykeel.notify.addresses import PLAIN, SERVICES, BadAddress, address, host
from daykeel.notify.carriers import NotDelivered
from daykeel.notify.letter import Said
from daykeel.notify.reach import Refused, only_public

if TYPE_CHECKING:
    from apprise import NotifyBase

SILENT = logging.CRITICAL + 1


class Pusher:
    """Carries letters to push services."""

    def __init__(self, hosts: Iterable[str]) -> None:
        """Take the hosts that may be reached though they are not public, or without TLS."""
        self._hosts = frozenset(one.lower() for one in hosts)
        for name in ("apprise", "urllib3"):  # they quote addresses
            logging.getLogger(name).setLevel(SILENT)

    def carry(self, address: str, said: Said, mark: str) -> None:
        """Hand a letter over to the service."""
        del mark
        self._check(address)
        plugin = _plugin(address)
        try:
            with only_public(self._named(address)):
                is_taken = bool(plugin.notify(body=said.body, title=said.subject))
        except Refused:
            raise NotDelivered(
                "the push service is not at a public address", is_final=True
            ) from None
        except Exception as error:  # whatever a service's own module raises; it may quote the URL
            raise NotDelivered(f"the push service failed: {type(error).__name__}") from None
        if not is_taken:
            raise NotDelivered("the push service did not take it")

    def _check(self, url: str) -> None:
        """Refuse what may have been stored before the rules were as they are."""
        try:
            address(url)
        except BadAddress:
            raise NotDelivered("there is no such push service", is_final=True) from None
        if url.partition("://")[0] in PLAIN and host(url) not in self._hosts:
            raise NotDelivered("the operator has not named that host", is_final=True)

    def _named(self, url: str) -> frozenset[str]:
        """Return the addresses of the host, if the operator has named it."""
        name = host(url)
        if name not in self._hosts:
            return frozenset()
        try:
            found = socket.getaddrinfo(name, None)
        except OSError:
            raise NotDelivered("the push service has no address") from None
        return frozenset(str(one[4][0]) for one in found)


def _plugin(url: str) -> "NotifyBase":
    """Return what talks to a service; of Apprise no more is loaded than that takes."""
    import apprise  # noqa: PLC0415  it takes twenty megabytes

    asset = apprise.AppriseAsset(
        app_id="Daykeel",
        app_desc="Daykeel",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    module, _, name = (SERVICES | PLAIN)[url.partition("://")[0]].partition(".")
    service: type[NotifyBase] = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        return service(asset=asset, **(service.parse_url(url) or {}))
    except Exception:  # whatever a service's own module raises; it may quote the URL
        raise NotDelivered("the push service's URL cannot be read", is_final=True) from None
