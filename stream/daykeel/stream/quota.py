"""How much of what was refused is kept of each client: beyond that only what is known of it.

What was kept stands beside the client's other values, by date, so that no start has to read
quarantine, and what retention lets go of makes room again.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from daykeel.events.event import Quarantined
from daykeel.log.admission import digest_of
from daykeel.log.allowance import LASTS, MOST
from daykeel.pipeline.state import Table
from daykeel.pipeline.tables import load, save


class Held(msgspec.Struct):
    """How many bytes were kept of one client, by date."""

    sizes: dict[str, int] = {}


def fitted(table: Table, refused: Quarantined, today: date, *, most: int = MOST) -> Quarantined:
    """Return what to keep of a refusal: all, or all but the payload if there is no room.

    Parameters
    ----------
    table
        Where it is noted what was kept: the outputs, under `client|held`.
    refused
        Of a client of these tables.
    today
        Date of the clock.
    most
        Bytes kept of one client.
    """
    key = f"{refused.raw.client}|held"
    held = load(table, key, Held) or Held()
    sizes = _still(held.sizes, today)
    size = len(refused.raw.payload)
    if sum(sizes.values()) + size > most:
        return _noted(refused)
    sizes[str(today)] = sizes.get(str(today), 0) + size
    save(table, key, Held(sizes))
    return refused


def _still(sizes: Mapping[str, int], today: date) -> dict[str, int]:
    """Return what retention has not let go of."""
    return {day: size for day, size in sizes.items() if date.fromisoformat(day) > today - LASTS}


def _noted(refused: Quarantined) -> Quarantined:
    digest = digest_of(refused.raw.payload)
    return msgspec.structs.replace(
        refused,
        raw=msgspec.structs.replace(refused.raw, payload=b""),
        size=refused.size or digest.size,
        sha256=refused.sha256 or digest.sha256,
    )
