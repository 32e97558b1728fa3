"""The contract of every `ScoreStore`, run against each of them."""

import math
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from rows import DAY, NOW, baseline, known, later, record, scored, stored

from daykeel.rhythm.ledger import Bounded, DayRecord, Night, Score, ScoreRow
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight


@pytest.fixture(params=["sqlite", pytest.param("influxdb", marks=pytest.mark.servers)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/scores.db"
    return request.getfixturevalue("influx").url()


@pytest.fixture
def store(url):
    opened = open_scores(url)
    yield opened
    opened.close()


def test_what_was_put_comes_back_equal(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())], [("c-1", known())])

    assert store.nights("c-1", DAY, later(1)) == [stored()]
    assert store.days("c-1", DAY, later(1)) == [record()]
    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]
    assert store.artefacts("c-1") == [baseline()]
    assert store.known("c-1") == [known()]


def test_to_try_writing_leaves_nothing(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())])

    store.try_writing()

    assert store.nights("c-1", DAY, later(9)) == [stored()]
    assert store.days("c-1", DAY, later(9)) == [record()]
    assert store.scores("c-1", "7d", DAY, later(9)) == [scored()]
    assert store.artefacts("c-1") == [baseline()]


def test_another_process_sees_it(store, url):
    store.put([stored()])

    other = open_scores(url)

    assert other.nights("c-1", DAY, later(1)) == [stored()]
    other.close()


def test_writing_twice_is_writing_once(store):
    for _ in range(2):
        store.put([stored()], [record()], [scored()], [("c-1", baseline())], [("c-1", known())])

    assert len(store.nights("c-1", DAY, later(9))) == 1
    assert len(store.known("c-1")) == 1
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


def test_what_became_known_comes_oldest_first_and_replaces_nothing(store):
    entries = [
        known(number, NOW + timedelta(microseconds=at), context=None)
        for number, at in enumerate([0, 0, 0, 1, 2, 10**6, 10**6, 86_400 * 10**6])
    ]

    for one in reversed(entries):
        store.put(known=[("c-1", one)])
    store.put(known=[("c-1", one) for one in entries[2:5]])

    assert store.known("c-1") == entries


def test_nothing_is_known_of_an_unknown_client(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())], [("c-1", known())])

    assert store.nights("c-9", date.min, date.max) == []
    assert store.days("c-9", date.min, date.max) == []
    assert store.scores("c-9", "7d", date.min, date.max) == []
    assert store.artefacts("c-9") == []
    assert store.known("c-9") == []
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
            [(client, known())],
        )

    store.erase("c-1")

    assert store.latest("c-1") is None
    assert store.artefacts("c-1") == []
    assert store.known("c-1") == []
    assert store.known("c-10") == [known()]
    assert store.nights("c-10", DAY, later(1)) == [stored(client="c-10")]
    assert store.days("c-10", DAY, later(1)) == [record(client="c-10")]
    assert store.scores("c-10", "7d", DAY, later(1)) == [scored(client="c-10")]
    assert store.artefacts("c-10") == [baseline()]


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


def test_processes_may_make_the_store_and_write_at_once(url):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, f"c-{n}"]) for n in range(3)]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    store = open_scores(url)
    assert [len(store.scores(f"c-{n}", "7d", DAY, date.max)) for n in range(3)] == [50] * 3
    store.close()


def test_of_two_rows_of_one_date_in_one_put_the_last_is_stored(store):
    first, last = stored(version=1), stored(version=2, state="revised", source="other")

    store.put([first, last], [record(mood=1), record(mood=2)])

    assert store.nights("c-1", DAY, later(1)) == [last]
    assert store.days("c-1", DAY, later(1)) == [record(mood=2)]


def test_numbers_come_back_to_the_last_bit(store):
    values = (0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 1 / 3, 2.0**53 + 1, 1e-7)
    rows = [scored(day=later(n), value=one) for n, one in enumerate(values)]

    store.put(scores=rows)

    found = [row.scores[0].value for row in store.scores("c-1", "7d", DAY, date.max)]
    assert [value.hex() for value in found] == [value.hex() for value in values]


AWKWARD = ("a,b c=d", "it's", "é\N{SNOWMAN}", "#c", "1", "true", "client", "_x", "a'b;--")


@pytest.mark.parametrize("client", AWKWARD)
def test_an_id_is_data_whatever_stands_in_it(store, client):
    for one in (client, "c-1"):
        store.put([stored(client=one)], [record(client=one)], [scored(client=one)])

    assert store.nights(client, DAY, later(1)) == [stored(client=client)]
    store.erase(client)
    assert store.latest(client) is None
    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]


TEXTS = (
    'say "a\\b"',
    "two\nlines\r\n",
    "tab\t",
    "\\",
    '"',
    "",
    "x=1,y=2 3",
    "\x00\x7f",
    "\N{SNOWMAN}",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(store, text):
    changed = stored(source=text, zone=text, reasons=(text, text), flags=(text,))
    row = replace(scored(reasons=(text,), status=text, version=text), zone=text, inputs=text)

    store.put([changed], [record(inputs=text, act_unit=text)], [row])

    assert store.nights("c-1", DAY, later(1)) == [changed]
    assert store.days("c-1", DAY, later(1)) == [record(inputs=text, act_unit=text)]
    assert store.scores("c-1", "7d", DAY, later(1)) == [row]


def test_a_question_cannot_be_made_of_an_id(store):
    store.put([stored()], scores=[scored()])

    for asked in ('c-9" or r.client == "c-1', "' OR '1'='1", "c-9\\", "%", "*", "", "c-1\n"):
        assert store.nights(asked, date.min, date.max) == []
        assert store.scores(asked, "7d", date.min, date.max) == []
        assert store.latest(asked) is None
        store.erase(asked)

    assert store.latest("c-1") == DAY
    assert store.scores("c-1", '7d" or true or "', DAY, later(1)) == []
