"""How fast nights, days and scores get into InfluxDB, beside the library alone.

    python bench/influx.py --url 'influxdb://HOST:8086/ORG/bench?token_file=PATH'

A day of many clients is put twice: through the store, which makes points of values and looks after
what goes wrong, and as the same lines, made before, by bare `influxdb-client`. The order changes
from round to round, and each writes other clients. The buckets of the prefix are made; delete them
afterwards.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from daykeel.rhythm.ledger import Bounded, DayRecord, Night, Score, ScoreRow
from daykeel.rhythm.registry import MEASURES, WINDOWS
from daykeel.scores.influx_points import Point, day_point, night_point, row_point
from daykeel.scores.influx_url import open_influx
from daykeel.scores.protocol import StoredNight

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
AT_ONCE = 2_000
"""Rows in one call, as the sink makes them."""


@dataclass(frozen=True)
class Round:
    """Points per second of both, one after the other."""

    store: float
    bare: float


def main() -> None:
    told = arguments()
    rounds = [measured(told.url, n, told.clients) for n in range(told.rounds)]
    ratio = statistics.median(one.store / one.bare for one in rounds)
    found = {
        "rounds": [asdict(one) for one in rounds],
        "store": statistics.median(one.store for one in rounds),
        "bare": statistics.median(one.bare for one in rounds),
        "ratio": ratio,
        "bytes_per_point": bytes_per_point(told.clients),
    }
    print(f"store  {found['store']:8,.0f} points/s")
    print(f"bare   {found['bare']:8,.0f} points/s of {found['bytes_per_point']:,.0f} bytes")
    print(f"ratio  {ratio:.2f}")
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measured(url: str, n: int, clients: int) -> Round:
    store = open_influx(url)
    store.latest("nobody")
    ways: list[tuple[str, Callable[[Sequence[Any]], None]]] = [
        ("store", lambda rows: put(store, rows)),
        ("bare", bare(store)),
    ]
    took = {}
    for name, write in ways[:: 1 if n % 2 else -1]:
        rows = batches(f"{name}-{n}", clients)
        made = [[(one, point(one)) for one in batch] for batch in rows]
        begun = time.perf_counter()
        for batch in made:
            write(batch)
        took[name] = sum(map(len, made)) / (time.perf_counter() - begun)
    store.close()
    return Round(took["store"], took["bare"])


def put(store: Any, batch: Sequence[tuple[Any, Point]]) -> None:
    rows = [one for one, _ in batch]
    store.put(
        [one for one in rows if isinstance(one, StoredNight)],
        [one for one in rows if isinstance(one, DayRecord)],
        [one for one in rows if isinstance(one, ScoreRow)],
    )


def bare(store: Any) -> Callable[[Sequence[tuple[Any, Point]]], None]:
    """Write lines that are made already, each kind into its bucket."""
    known: InfluxDBClient = store._server._client  # the same connection, for the same conditions
    api = known.write_api(write_options=SYNCHRONOUS)

    def write(batch: Sequence[tuple[Any, Point]]) -> None:
        kinds: dict[str, list[bytes]] = {}
        for _, point_ in batch:
            kinds.setdefault(point_.identity[0].partition(",")[0], []).append(
                LINES[point_.identity]
            )
        for kind, lines in kinds.items():
            api.write(f"{store._prefix}-{kind}", record=b"\n".join(lines), write_precision="s")

    return write


LINES: dict[tuple[str, int], bytes] = {}


def point(row: Any) -> Point:
    made = (
        night_point(row)
        if isinstance(row, StoredNight)
        else day_point(row)
        if isinstance(row, DayRecord)
        else row_point(row)
    )
    LINES[made.identity] = made.line
    return made


def batches(prefix: str, clients: int) -> list[list[Any]]:
    rows = [row for n in range(clients) for row in day_of(f"{prefix}-{n:05}", n)]
    return [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]


def day_of(client: str, n: int) -> list[Any]:
    """Return what the sink writes of a client and day: a night, a day, a row for each window."""
    night = Night(
        client=client,
        night=DAY,
        final=True,
        finalised_at=NOW,
        onset=Bounded(-0.5 - n / 997, -0.6 - n / 997, -0.4 - n / 997),
        offset=Bounded(7.1, 7.0, 7.3),
        mid=Bounded(3.3 + n / 1009, 3.2, 3.4),
        duration=Bounded(456.0, 430.0, 470.0),
        tst=Bounded(431.0, 420.0, 441.0),
        onset_at=NOW - timedelta(hours=13),
        offset_at=NOW - timedelta(hours=5),
        certainty="certain",
        coverage=0.97,
        known_core=1.0,
        zone="Europe/Paris",
        offset_min=60,
        source="fitbit",
        pieces=(("0123456789abcdef", "used"),),
        evidence_at=NOW,
    )
    day = DayRecord(
        client=client,
        day=DAY,
        night=night,
        sleep_bits=bytes(60) + b"\xff" * 60 + bytes(60),
        valid_bits=b"\xff" * 180,
        act_unit="steps",
        act_sum=tuple(range(1000, 25_000, 1000)),
        act_n=(60,) * 24,
        bin_sum=tuple(range(0, 144_000, 1000)),
        bin_n=(10,) * 144,
        inputs="0123456789abcdef",
    )
    return [StoredNight(night, 1, "final", NOW), day, *(row_of(client, one, n) for one in WINDOWS)]


def row_of(client: str, window: str, n: int) -> ScoreRow:
    scores = tuple(
        Score(one.id, window, n / 7, n / 7 - 1, n / 7 + 1, 0.97, "ok", (), 7, 7, one.version)
        if one.computed and window in one.windows
        else Score(one.id, window, reasons=("not_computed",), version=one.version)
        for one in MEASURES.values()
        if window in one.windows
    )
    return ScoreRow(client, DAY, window, "Europe/Paris", scores, "0123456789abcdef")


def bytes_per_point(clients: int) -> float:
    lines = [point(row).line for batch in batches("size", clients) for row in batch]
    return statistics.fmean(map(len, lines))


if __name__ == "__main__":
    main()
