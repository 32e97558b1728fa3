"""What this machine says of where it is."""

from pathlib import Path

from daykeel.events.zones import zone

LOCALTIME = Path("/etc/localtime")


def own_zone() -> str:
    """Return the zone of this machine, UTC if it does not say."""
    _, found, name = str(LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if found and zone(name) is not None else "UTC"
