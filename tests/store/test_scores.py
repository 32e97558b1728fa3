"""The contract of every `ScoreStore`, run against each of them."""

import math
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.rhythm.ledger import (
    AnchorCandidate,
    Baseline,
    Bounded,
    DayRecord,
    Gap,
    Night,
    Score,
    ScoreRow,
    Span,
)
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight
from daykeel.scores.sqlite import NotErased, OtherSchema, SqliteScores

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 3, 12, 0, 0, 250_000, tzinfo=UTC)


def later(days):
    return DAY + timedelta(days)


def night(client="c-1", day=DAY, **changes):
    full = Night(
        client=client,
        night=day,
        final=True,
        finalised_at=NOW,
        onset=Bounded(-0.5, -0.5, 0.1 + 0.2),
        naps=(Span(NOW, NOW + timedelta(minutes=20)),),
        gaps=(Gap(NOW, NOW + timedelta(hours=1), "off_wrist", ("e-1",)),),
        flags=("dst", "dst_1"),
        pieces=(("g-1", "used"), ("g-2", "overlapped")),
        evidence_at=NOW,
    )
    return replace(full, **changes)


def stored(version=1, state="final", **changes):
    return StoredNight(night(**changes), version, state, NOW)


def record(client="c-1", day=DAY, **changes):
    full = DayRecord(
        client=client,
        day=day,
        night=night(client, day),
        sleep_bits=bytes(range(180)),
        act_unit="steps",
        act_sum=tuple(range(24)),
        anchors=(AnchorCandidate("dinner", "reported", 1110.0, True, 2),),
        mood=-1,
        inputs="abc",
    )
    return replace(full, **changes)


def scored(client="c-1", day=DAY, window="7d", **changes):
    score = Score("sri", window, 81.5, 80.1, 83.2, 0.9, "ok", ("dst",), 6, 7, "1.1.0")
    return ScoreRow(client, day, window, "Europe/Paris", (replace(score, **changes),), "abc")


def baseline(frozen=DAY, **changes):
    full = Baseline(
        chart="sleep.mid",
        first=frozen - timedelta(27),
        frozen=frozen,
        nights=tuple(frozen - timedelta(n) for n in range(27, -1, -1)),
        centre=3.5,
        scale=0.4,
        phi=0.2,
        habitual=(("dinner", 1110.0),),
        id=f"b-{frozen}",
    )
    return replace(full, **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "scores.db"


@pytest.fixture
def store(path):
    opened = open_scores(f"sqlite:///{path}")
    yield opened
    opened.close()


def test_what_was_put_comes_back_equal(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())])

    assert store.nights("c-1", DAY, later(1)) == [stored()]
    assert store.days("c-1", DAY, later(1)) == [record()]
    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]
    assert store.artefacts("c-1") == [baseline()]


def test_another_process_sees_it(store, path):
    store.put([stored()])

    other = open_scores(f"sqlite:///{path}")

    assert other.nights("c-1", DAY, later(1)) == [stored()]
    other.close()


def test_writing_twice_is_writing_once(store):
    for _ in range(2):
        store.put([stored()], [record()], [scored()], [("c-1", baseline())])

    assert len(store.nights("c-1", DAY, later(9))) == 1
    assert len(store.days("c-1", DAY, later(9))) == 1
    assert len(store.scores("c-1", "7d", DAY, later(9))) == 1
    assert len(store.artefacts("c-1")) == 1


def test_no_field_keeps_its_old_value(store):
    store.put([stored()], [record()], [scored()])
    bare_night = Night(client="c-1", night=DAY, final=False, finalised_at=None)
    bare_day = DayRecord(client="c-1", day=DAY, night=bare_night)
    bare_row = ScoreRow("c-1", DAY, "7d", "UTC", (Score("sri", "7d"),))

    store.put([StoredNight(bare_night, 2, "revised", NOW)], [bare_day], [bare_row])

    assert store.nights("c-1", DAY, later(1)) == [StoredNight(bare_night, 2, "revised", NOW)]
    assert store.days("c-1", DAY, later(1)) == [bare_day]
    assert store.scores("c-1", "7d", DAY, later(1)) == [bare_row]


def test_a_measure_that_is_no_longer_sent_is_gone(store):
    two = replace(scored(), scores=(Score("sri", "7d", 1.0), Score("is", "7d", 0.5)))
    store.put(scores=[two])

    store.put(scores=[scored()])

    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]


@pytest.mark.parametrize("not_finite", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_stored_as_unknown(store, not_finite):
    store.put([stored(onset=Bounded(not_finite))], scores=[scored(value=not_finite)])

    (row,) = store.scores("c-1", "7d", DAY, later(1))
    (found,) = store.nights("c-1", DAY, later(1))
    assert row == scored(value=None)
    assert found.night.onset == Bounded()


def test_ranges_hold_their_first_day_and_not_their_stop(store):
    days = [later(n) for n in range(4)]
    store.put(
        [stored(day=day) for day in days],
        [record(day=day) for day in days],
        [scored(day=day) for day in days],
    )

    assert [one.night.night for one in store.nights("c-1", days[1], days[3])] == days[1:3]
    assert [one.day for one in store.days("c-1", days[1], days[3])] == days[1:3]
    assert [one.local_date for one in store.scores("c-1", "7d", days[1], days[3])] == days[1:3]
    assert store.days("c-1", days[1], days[1]) == []


def test_days_come_oldest_first_also_over_the_turn_of_a_year(store):
    days = [date(2027, 1, 1), date(2026, 12, 31), date(2026, 2, 3)]
    store.put([stored(day=day) for day in days], [record(day=day) for day in days])

    assert [one.night.night for one in store.nights("c-1", date.min, date.max)] == days[::-1]
    assert [one.day for one in store.days("c-1", date.min, date.max)] == days[::-1]


def test_windows_are_kept_apart(store):
    store.put(scores=[scored(window="7d"), scored(window="28d", value=70.0)])

    assert store.scores("c-1", "28d", DAY, later(1)) == [scored(window="28d", value=70.0)]


def test_the_baseline_stored_last_comes_last(store):
    first, renewed = baseline(DAY), baseline(later(40))
    store.put(artefacts=[("c-1", first), ("c-1", renewed)])

    store.put(artefacts=[("c-1", replace(first, id="recomputed"))])

    assert [one.id for one in store.artefacts("c-1")] == [first.id, renewed.id, "recomputed"]


def test_nothing_is_known_of_an_unknown_client(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())])

    assert store.nights("c-9", date.min, date.max) == []
    assert store.days("c-9", date.min, date.max) == []
    assert store.scores("c-9", "7d", date.min, date.max) == []
    assert store.artefacts("c-9") == []
    assert store.latest("c-9") is None


@pytest.mark.parametrize(
    "what",
    [
        {"nights": [stored(day=later(5))]},
        {"days": [record(day=later(5))]},
        {"scores": [scored(day=later(5))]},
    ],
)
def test_the_latest_date_is_that_of_anything_stored(store, what):
    store.put([stored()], [record()], [scored()])

    store.put(**what)

    assert store.latest("c-1") == later(5)


def test_erasure_leaves_nothing_of_a_client_and_everything_of_others(store):
    for client in ("c-1", "c-10"):
        store.put(
            [stored(client=client)],
            [record(client=client)],
            [scored(client=client)],
            [(client, baseline())],
        )

    store.erase("c-1")

    assert store.latest("c-1") is None
    assert store.artefacts("c-1") == []
    assert store.nights("c-10", DAY, later(1)) == [stored(client="c-10")]
    assert store.days("c-10", DAY, later(1)) == [record(client="c-10")]
    assert store.scores("c-10", "7d", DAY, later(1)) == [scored(client="c-10")]
    assert store.artefacts("c-10") == [baseline()]


def test_a_failed_put_stores_nothing(store, path):
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON scores BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    other.close()

    with pytest.raises(sqlite3.IntegrityError):
        store.put([stored()], [record()], [scored()])

    assert store.latest("c-1") is None


def test_a_put_after_one_that_could_not_be_committed_is_stored(store):
    def refusing(action, what, *_):
        is_commit = action == sqlite3.SQLITE_TRANSACTION and what == "COMMIT"
        return sqlite3.SQLITE_DENY if is_commit else sqlite3.SQLITE_OK

    store._db.set_authorizer(refusing)
    with pytest.raises(sqlite3.DatabaseError):
        store.put([stored()])
    store._db.set_authorizer(None)

    store.put(days=[record()])

    assert store.nights("c-1", DAY, later(1)) == []
    assert store.days("c-1", DAY, later(1)) == [record()]


def test_erasure_says_so_when_something_is_left(store, path):
    store.put([stored()])
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER keep BEFORE DELETE ON nights BEGIN SELECT RAISE(IGNORE); END")
    other.close()

    with pytest.raises(NotErased):
        store.erase("c-1")


def test_what_was_erased_is_in_no_file_any_more(store, path):
    store.put([stored(source="unmistakable")])

    store.erase("c-1")

    assert all(b"unmistakable" not in file.read_bytes() for file in path.parent.iterdir())


def test_threads_write_and_read_at_once(store):
    failed = []

    def work(client):
        try:
            for n in range(20):
                store.put([stored(client=client, day=later(n))])
                assert len(store.nights(client, DAY, later(99))) == n + 1
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"c-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []
    assert all(store.latest(f"c-{n}") == later(19) for n in range(4))


WRITER = """
import sys
from datetime import date, timedelta
from daykeel.rhythm.ledger import Score, ScoreRow
from daykeel.scores.open import open_scores
store = open_scores(sys.argv[1])
for n in range(50):
    store.put(scores=[ScoreRow(sys.argv[2], date(2026, 3, 2) + timedelta(n), "7d", "UTC", ())])
"""


def test_processes_may_make_the_file_and_write_at_once(path):
    url = f"sqlite:///{path}"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, f"c-{n}"]) for n in range(3)]

    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    store = open_scores(url)
    assert [len(store.scores(f"c-{n}", "7d", DAY, date.max)) for n in range(3)] == [50] * 3
    store.close()


def test_the_file_is_for_its_owner_only(store, path):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "scores.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(OtherSchema):
        open_scores(f"sqlite:///{path}")


def test_each_measure_is_a_row_for_who_asks_by_sql(store, path):
    store.put(scores=[scored()])

    with sqlite3.connect(path) as db:
        found = db.execute(
            "SELECT measure, value, status FROM score WHERE client = 'c-1'"
        ).fetchall()
    db.close()

    assert found == [("sri", 81.5, "ok")]


@pytest.mark.parametrize("url", ["", "sqlite:", "sqlite:///", "sqlite://host/x", "postgres:///x"])
def test_a_url_that_names_no_store_is_refused(url):
    with pytest.raises(ValueError, match="no such store"):
        open_scores(url)


def test_full_synchrony_can_be_asked_for(tmp_path):
    store = open_scores(f"sqlite:///{tmp_path}/scores.db?synchronous=full")

    assert isinstance(store, SqliteScores)
    store.put([stored()])
    store.close()


def test_a_nightly_pass_of_five_rows_of_forty_measures_takes_little(store):
    rows = [
        ScoreRow("c-1", DAY, window, "UTC", tuple(Score(f"m{n}", window, n / 7) for n in range(40)))
        for window in ("1d", "7d", "14d", "28d", "week")
    ]
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        store.put([stored()], [record()], rows)
        took.append(time.perf_counter() - begun)

    assert min(took) < 0.005, "about 1 ms on an idle machine"
