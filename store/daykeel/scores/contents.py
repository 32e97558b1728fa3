"""The JSON in which every store keeps a whole night, day, row or baseline.

What is decoded equals what was encoded, but for numbers that are not finite: they are null.
"""

import zlib
from base64 import b64decode, b64encode

import msgspec

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, DayRecord, Night, Score, ScoreRow
from daykeel.scores.protocol import StoredNight

_json = msgspec.json.Encoder()

decoded_night = msgspec.json.Decoder(Night).decode
decoded_stored_night = msgspec.json.Decoder(StoredNight).decode
decoded_day = msgspec.json.Decoder(DayRecord).decode
decoded_scores = msgspec.json.Decoder(tuple[Score, ...]).decode
decoded_row = msgspec.json.Decoder(ScoreRow).decode
decoded_baseline = msgspec.json.Decoder(Baseline).decode
decoded_known = msgspec.json.Decoder(Known).decode


def content(value: object) -> str:
    """Return `value` as JSON.

    >>> content({"lo": float("nan"), "hi": 0.1 + 0.2})
    '{"lo":null,"hi":0.30000000000000004}'
    """
    return _json.encode(value).decode()


def packed(value: object) -> str:
    """Return `value` as compressed JSON in letters that need no escaping: a third of the bytes.

    >>> unpacked(packed({"hi": 0.1 + 0.2}))
    b'{"hi":0.30000000000000004}'
    """
    return b64encode(zlib.compress(_json.encode(value), 1)).decode()


def unpacked(text: str) -> bytes:
    """Return the JSON that was packed."""
    return zlib.decompress(b64decode(text))
