"""What earlier versions left in tables is read by this one."""

from datetime import UTC, date, datetime

import pytest

from daykeel.events.codec import decode
from daykeel.pipeline.state import ClientState, Command, ZoneWord
from daykeel.rhythm.ledger import Bounded, Gap, Night

THEN, DAY = datetime(2026, 3, 2, 7, 5, tzinfo=UTC), date(2026, 3, 2)
NIGHT = Night(
    client="c-1",
    night=DAY,
    final=True,
    finalised_at=THEN,
    tst=Bounded(None, 0.0, 240.0),
    gaps=(Gap(THEN, THEN.replace(hour=9), "battery_flat", ("e-1",)),),
    evidence_at=THEN,
    pieces=(("g-1", "used"),),
)
PROFILE = Command(client="c-1", kind="profile", id="profile", version=1, value={"tz": "UTC"})
STATE = ClientState(
    client="c-1",
    incarnation="i",
    offsets={"0": 7},
    commands={"profile": PROFILE},
    zones={"g": ZoneWord(THEN, "Europe/Berlin", THEN)},
    heard={"daykeel/tracker": THEN},
    dirty={DAY},
    first=DAY,
    oldest=DAY,
    newest=DAY,
    begins=DAY,
    last=DAY,
    next_check=THEN,
)
WITHOUT_SOURCES = {
    "Night": (
        "01de001fa6636c69656e74a3632d31a56e69676874aa323032362d30332d3032a566696e616cc3ac"
        "66696e616c697365645f6174d6ff69a5369ca56f6e73657483a576616c7565c0a26c6fc0a26869c0"
        "a66f666673657483a576616c7565c0a26c6fc0a26869c0a36d696483a576616c7565c0a26c6fc0a2"
        "6869c0a86475726174696f6e83a576616c7565c0a26c6fc0a26869c0a374737483a576616c7565c0"
        "a26c6fcb0000000000000000a26869cb406e000000000000a86f6e7365745f6174c0a96f66667365"
        "745f6174c0a96365727461696e7479a46e6f6e65ad6e6f5f6d61696e5f736c656570c2a46e617073"
        "90a8636f766572616765cb0000000000000000aa6b6e6f776e5f636f7265cb0000000000000000ad"
        "617373756d65645f7368617265cb0000000000000000ae66616c6c6261636b5f7368617265cb0000"
        "000000000000a4676170739184a57374617274d6ff69a5369ca473746f70d6ff69a552bca6726561"
        "736f6eac626174746572795f666c6174a865766964656e636591a3652d31a47a6f6e65a3555443aa"
        "6f66667365745f6d696e00ac7a6f6e655f6368616e676564c2a6736f75726365a0a6646576696365"
        "a0a86461795f74797065a4776f726ba76461795f776879a77765656b646179a5666c61677390a772"
        "6561736f6e7390a67069656365739192a3672d31a475736564ab65766964656e63655f6174d6ff69"
        "a5369cac72756c655f76657273696f6ea5312e302e30"
    ),
    "ClientState": (
        "01de000da6636c69656e74a3632d31ab696e6361726e6174696f6ea169a76f66667365747381a130"
        "07a8636f6d6d616e647381a770726f66696c6585a6636c69656e74a3632d31a46b696e64a770726f"
        "66696c65a26964a770726f66696c65a776657273696f6e01a576616c756581a2747aa3555443a57a"
        "6f6e657381a16783a57374617274d6ff69a5369ca2747aad4575726f70652f4265726c696eab6f62"
        "7365727665645f6174d6ff69a5369ca5686561726481af6461796b65656c2f747261636b6572d6ff"
        "69a5369ca5646972747991aa323032362d30332d3032a56669727374aa323032362d30332d3032a6"
        "6f6c64657374aa323032362d30332d3032a66e6577657374aa323032362d30332d3032a662656769"
        "6e73aa323032362d30332d3032a46c617374aa323032362d30332d3032aa6e6578745f636865636b"
        "d6ff69a5369c"
    ),
}
"""Before nights had `sources` and clients were `seen`."""


@pytest.mark.parametrize("value", [NIGHT, STATE], ids=lambda value: type(value).__name__)
def test_the_bytes_of_the_version_before_are_still_read(value):
    golden = bytes.fromhex(WITHOUT_SOURCES[type(value).__name__])

    assert decode(type(value), golden) == value
