"""Cursors of lists: where to go on, good only for the account and the filter they were given to."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from hashlib import sha256

MAC_BYTES = 16


class BadCursor(ValueError):  # noqa: N818  not a fault of ours
    """The cursor was not given by us, or for another account or filter."""


class Cursors:
    """Makes and reads the cursors of one process."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def made(self, after: Sequence[str], bound_to: Sequence[str]) -> str:
        """Return a cursor that goes on after the row with the sort key `after`.

        >>> cursors = Cursors(b"key")
        >>> cursors.read(cursors.made(["2026", "a"], ["me"]), ["me"])
        ['2026', 'a']
        """
        place = json.dumps(list(after)).encode()
        return urlsafe_b64encode(self._mac(place, bound_to) + place).decode().rstrip("=")

    def read(self, cursor: str, bound_to: Sequence[str]) -> list[str]:
        """Return the sort key to go on after.

        Raises
        ------
        BadCursor
            It is not one of ours, or not for `bound_to`.
        """
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (NotBase64, ValueError) as error:
            raise BadCursor from error
        mac, place = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(place, bound_to)):
            raise BadCursor
        after: list[str] = json.loads(place)
        return after

    def _mac(self, place: bytes, bound_to: Sequence[str]) -> bytes:
        said = json.dumps([place.decode("latin-1"), list(bound_to)]).encode()
        return hmac.new(self._key, said, sha256).digest()[:MAC_BYTES]
