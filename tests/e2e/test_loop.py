"""From MQTT bytes to the alert and the page, with everything in between real."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]
from installation import installation  # noqa: E402
from lives import START, after, declared, life, midnight, tombstone  # noqa: E402
from people import Browser, commands, enrol, put, raws, signals, standing  # noqa: E402
from profiles import PROFILES, embedded, production  # noqa: E402

from daykeel.log.topics import COMMANDS, EVENTS_RAW  # noqa: E402
from daykeel.pipeline.batch import batch, state_digest  # noqa: E402
from daykeel.sources.registry import adapt  # noqa: E402
from daykeel.stream.state import tables_of  # noqa: E402

pytestmark = pytest.mark.e2e

NIGHTS = 56
LATE = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])
ILL = np.concatenate([np.zeros(NIGHTS - 14), np.full(14, 0.9)])
LIVES = {"c-late000001": LATE, "c-calm000001": None, "c-ill0000001": ILL}
END = after(NIGHTS)
OTHER = {embedded: production, production: embedded}


@pytest.fixture(scope="module", params=PROFILES)
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def lived(tmp_path_factory, profile):
    """Two people's eight weeks through MQTT, day by day."""
    begin = midnight(START) - timedelta(hours=12)
    with installation(tmp_path_factory.mktemp("lived"), begin, profile) as home:
        people = {client: enrol(home, client, ("tracker", "phone"), begin) for client in LIVES}
        therapist = home.records.add_account("therapist", "t", now=begin)
        for client in LIVES:
            home.records.assign(therapist.id, client, now=begin)
        said = [
            (record.received_at, client, record)
            for client, shift in LIVES.items()
            for record in life(client, NIGHTS, seed=4, shift=shift)
        ]
        fell_ill = START + timedelta(days=NIGHTS - 14)
        mark = declared("c-ill0000001", "illness", fell_ill, fell_ill + timedelta(days=20))
        said.append((mark.received_at, mark.client, mark))
        for instant, client, record in sorted(said, key=lambda one: (one[0], one[1])):
            home.clock.set(instant)
            people[client].say(record.device, record.payload)
            if record.device == "tracker" and record.payload != b"[]":
                home.settle(instant + timedelta(hours=3))
        home.settle(END)
        yield home, people, therapist
        for person in people.values():
            person.close()


@pytest.mark.parametrize("client", LIVES)
def test_what_the_stream_says_is_what_a_direct_computation_says(lived, client):
    home, _, _ = lived
    direct = batch(raws(home), commands(home), END)

    streamed = state_digest(tables_of(home.open_log()), client)

    assert streamed == state_digest(direct.tables, client)


@pytest.mark.parametrize("client", LIVES)
def test_the_alerts_are_those_of_a_direct_computation(lived, client):
    home, _, _ = lived
    direct = batch(raws(home), commands(home), END)
    expected = {
        (one.kind, episode.onset)
        for one in direct.outputs[client].signals
        for episode in one.episodes
        if not episode.pending
    }

    assert standing(home, client) == expected


def test_a_lasting_delay_stands_on_the_therapists_page(lived):
    home, _, therapist = lived
    alerts = {one.kind: one for one in home.records.alerts(client="c-late000001")}
    alert = alerts["phase_delay"]
    browser = Browser(home, therapist.id)

    caseload, detail = browser.page("/"), browser.page(f"/alerts/{alert.id}")

    assert "Name of c-late000001" in caseload
    assert f"/alerts/{alert.id}" in caseload
    assert "<svg" in detail
    assert alert.id in {one["id"] for one in browser.json("/v1/alerts")["alerts"]}


def test_of_a_change_during_an_illness_the_client_declares_nobody_is_told(lived):
    home, _, therapist = lived
    (alert,) = home.records.alerts(client="c-ill0000001")
    browser = Browser(home, therapist.id)

    (late,) = [one for one in home.records.alerts("c-late000001") if one.kind == "phase_delay"]
    assert (alert.kind, alert.state, alert.severity) == ("phase_delay", "open", "watch")
    assert browser.json(f"/v1/alerts/{alert.id}")["suppressed"] == ["illness"]
    assert "illness declared" in browser.page(f"/alerts/{alert.id}")
    assert browser.json(f"/v1/alerts/{late.id}")["suppressed"] == []


def test_nights_and_scores_can_be_read(lived):
    home, _, therapist = lived
    browser = Browser(home, therapist.id)
    span = f"first={START}&last={START + timedelta(days=NIGHTS - 1)}"

    nights = browser.json(f"/v1/clients/c-calm000001/nights?{span}")["nights"]
    scores = browser.json(f"/v1/clients/c-calm000001/scores?{span}&measure=sri.window&window=7d")[
        "scores"
    ]

    assert len(nights) == len(scores) == NIGHTS
    assert {one["state"] for one in nights} <= {"final", "revised"}
    assert {one["status"] for one in scores[10:]} == {"ok"}


@pytest.mark.long
def test_shuffled_and_doubled_records_give_the_same_state_and_alerts(lived, profile, tmp_path):
    home, _, _ = lived
    records, ordered = raws(home), commands(home)
    rng = np.random.default_rng(7)
    again = records + [records[at] for at in rng.integers(0, len(records), len(records) // 3)]
    shuffled = [again[at] for at in rng.permutation(len(again))]

    with installation(tmp_path, midnight(START), profile) as other:
        for step, part in enumerate(np.array_split(np.arange(len(shuffled)), 5), 1):
            put(other, EVENTS_RAW, [(shuffled[at].client, shuffled[at]) for at in part])
            if step == 2:
                put(other, COMMANDS, [(one.client, one) for one in reversed(ordered)])
            other.settle(END - timedelta(days=5 - step))
        other.settle(END)

        for client in LIVES:
            digests = [state_digest(tables_of(one.open_log()), client) for one in (home, other)]
            assert digests[0] == digests[1]
            assert standing(home, client) == standing(other, client)


@pytest.mark.servers
def test_the_other_profile_comes_to_the_same_state_from_the_same_records(lived, profile, tmp_path):
    home, _, _ = lived
    records, ordered = raws(home), commands(home)

    with installation(tmp_path, END, OTHER[profile]) as other:
        put(other, COMMANDS, [(one.client, one) for one in ordered])
        put(other, EVENTS_RAW, [(one.client, one) for one in records])
        other.settle(END)

        assert set(raws(other)) == set(records)
        direct = batch(records, ordered, END).tables
        here, there = (tables_of(one.open_log()) for one in (home, other))
        for client in LIVES:
            digests = {state_digest(tables, client) for tables in (here, there, direct)}
            assert len(digests) == 1
            assert standing(home, client) == standing(other, client)
        assert state_digest(here, "c-late000001") != state_digest(here, "c-calm000001")


@pytest.mark.long
def test_what_is_deleted_raises_no_new_signal(lived, profile, tmp_path):
    """Law 2: each client deletes another share of what came after the freeze."""
    home, _, _ = lived
    records = [one for one in raws(home) if one.client == "c-late000001"]
    frozen = midnight(START + timedelta(days=44))
    rng = np.random.default_rng(3)

    with installation(tmp_path, END, profile) as other:
        names = [f"c-gone{number:06d}" for number in range(8)]
        for name in names:
            put(other, COMMANDS, [(name, one) for one in renamed(commands(home), name)])
            put(other, EVENTS_RAW, [(name, one) for one in renamed(records, name)])
        other.settle(END + timedelta(minutes=1))
        before = {name: signal_nights(other, name) for name in names}
        for name in names:
            stones = [
                stone
                for record in renamed(records, name)
                if record.received_at > frozen and rng.random() < 0.5
                for stone in stones_of(record)
            ]
            put(other, EVENTS_RAW, [(name, one) for one in stones])
        other.settle(END + timedelta(minutes=2))

        assert all(before.values())
        assert any(signal_nights(other, name) < before[name] for name in names)
        assert all(signal_nights(other, name) <= before[name] for name in names)


def renamed(records, client):
    return [
        msgspec.structs.replace(one, client=client)
        for one in records
        if one.client in LIVES and one.client != "c-calm000001"
    ]


def stones_of(record):
    for event in adapt(record).events:
        if event.kind in ("sleep.episode", "activity.epoch") and event.end:
            payload = [tombstone(event.group, event.start, event.end)]
            yield msgspec.structs.replace(
                record, payload=json.dumps(payload).encode(), received_at=END
            )


def signal_nights(home, client):
    return {
        (finding.chart, finding.side, night)
        for one in signals(home, client)
        if one.kind not in ("data_loss", "travel")
        for episode in one.episodes
        for finding in episode.findings
        for night in finding.nights
    }
