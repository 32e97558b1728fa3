"""Payloads that no device would send, made from those that devices do send."""

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))
from lives import life
from sample_files import SAMPLES

from daykeel.sources.registry import ADAPTERS

NIGHTS = 10
LARGEST = 60_000
"""Bytes of a sample that is bent: larger ones are bent no better and take longer."""
LEAVES: Sequence[object] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 2**63, -(10**25), 1_772_398_800),
    *("", " ", "0", "NaN", "null", "1970-01-01T00:00:00Z", "2026-11-30T23:00:00+01:00"),
    *("9999-12-31T23:59:59Z", "0001-01-01", "2026-02-30", "Europe/Berlin", "\ud800", "é" * 400),
    *([], {}, [[]], {"a": {}}, [None] * 300, {"kind": "meal"}),
)
LITERALS = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"1" * 5000,
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
)


def corpus() -> dict[str, list[bytes]]:
    """Return what devices send, by adapter: the samples where they are at hand, and lives."""
    told = [record.payload for record in life("c-1", NIGHTS, seed=1)]
    found = {adapter: [*told] if adapter == "daykeel" else [b"{}", b"[]"] for adapter in ADAPTERS}
    for adapter, payloads in found.items():
        files = sorted((SAMPLES / adapter).glob("*.json")) if SAMPLES.exists() else []
        payloads += [file.read_bytes() for file in files if file.stat().st_size < LARGEST]
    return found


class Mutator:
    """Bends payloads: by bytes, by the values within, or not at all."""

    def __init__(self, payloads: Mapping[str, Sequence[bytes]], seed: int) -> None:
        self._payloads = payloads
        self.chance = random.Random(seed)  # noqa: S311  seeded, not secret

    def payload(self, adapter: str) -> bytes:
        """Return one more."""
        way = self.chance.choice(
            (self._as_it_is, self._bytes, self._bent, self._changed, self._changed)
        )
        return way(adapter)

    def _as_it_is(self, adapter: str) -> bytes:
        return self.chance.choice(self._payloads[adapter])

    def _bytes(self, _: str) -> bytes:
        return self.chance.randbytes(self.chance.randrange(200))

    def _bent(self, adapter: str) -> bytes:
        """Return bytes of a good one with some of them changed, gone, or twice."""
        data = bytearray(self._as_it_is(adapter))
        for _ in range(self.chance.randrange(1, 6)):
            first = self.chance.randrange(len(data) + 1)
            stop = min(first + self.chance.randrange(40), len(data))
            other = self._as_it_is(self.chance.choice(list(self._payloads)))
            at = self.chance.randrange(len(other) + 1)
            data[first:stop] = self.chance.choice(
                (
                    b"",
                    bytes(data[first:stop]) * 2,
                    self.chance.randbytes(3),
                    other[at : at + 40],
                    self.chance.choice(LITERALS),
                )
            )
        return bytes(data)

    def _changed(self, adapter: str) -> bytes:
        """Return a good one with something else in place of some values."""
        try:
            said = json.loads(self._as_it_is(adapter))
        except ValueError:
            return self._bent(adapter)
        root = [said]
        for _ in range(self.chance.randrange(1, 4)):
            holder, key = self.chance.choice(list(places(root)))
            holder[key] = self._instead(holder[key])
        return json.dumps(root[0]).encode()

    def _instead(self, value: object) -> object:
        match self.chance.randrange(5):
            case 0:
                return [value, value]
            case 1:
                return {"value": value}
            case 2 if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63):
                return value * self.chance.choice((-1, 10, 1000, 0.001, 1e300))
            case 3 if isinstance(value, str):
                return value[: self.chance.randrange(len(value) + 1)] + self.chance.choice(
                    ("", "'", "\u2019", "|", "\n")
                )
            case _:
                return deepcopy(self.chance.choice(LEAVES))


def places(value: object) -> Iterator[tuple[object, object]]:
    """Yield every container with each of its keys, from the outside in."""
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from places(value[key])
