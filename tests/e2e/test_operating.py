"""What an operator does with a running installation, on either profile, by the command line."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]
from installation import installation, until  # noqa: E402
from lives import START, life, midnight  # noqa: E402
from people import commands, enrol, quarantined, raws  # noqa: E402
from profiles import PROFILES  # noqa: E402

from daykeel.pipeline.batch import batch, state_digest  # noqa: E402
from daykeel.rhythm.measure import WINDOWS  # noqa: E402
from daykeel.stream.state import state_at  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.long]

CLIENTS = ("c-first00001", "c-second0001")
NIGHTS = 4
BEGIN = midnight(START) - timedelta(hours=12)
END = midnight(START + timedelta(days=NIGHTS)) + timedelta(hours=12)
FIRST, STOP = START - timedelta(days=5), START + timedelta(days=30)


@pytest.fixture(scope="module", params=PROFILES)
def home(request, tmp_path_factory):
    with installation(tmp_path_factory.mktemp("operated"), BEGIN, request.param) as running:
        yield running


@pytest.fixture(scope="module")
def people(home):
    found = {client: enrol(home, client, ("tracker", "phone"), BEGIN) for client in CLIENTS}
    told = [one for seed, client in enumerate(CLIENTS) for one in life(client, NIGHTS, seed=seed)]
    for record in sorted(told, key=lambda one: (one.received_at, one.client)):
        home.clock.set(record.received_at)
        found[record.client].say(record.device, record.payload)
    home.settle(END)
    yield found
    for one in found.values():
        one.close()


def daykeel(home, *arguments):
    """Run a command as an operator does, and return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "daykeel.cli.main", *arguments, "--data", str(home.folder)],
        env=os.environ | dict(home.environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def stored(home, client):
    return (
        home.scores.nights(client, FIRST, STOP),
        home.scores.days(client, FIRST, STOP),
        [home.scores.scores(client, window, FIRST, STOP) for window in WINDOWS],
        home.scores.artefacts(client),
    )


def is_that_of_batch(home):
    direct = batch(raws(home), commands(home), END)
    tables, _ = state_at(home.log, END)
    return {client: state_digest(tables, client) for client in CLIENTS} == {
        client: state_digest(direct.tables, client) for client in CLIENTS
    }


def test_computed_again_a_lost_store_holds_what_it_held(home, people):
    before = {client: stored(home, client) for client in CLIENTS}
    for client in CLIENTS:
        home.scores.erase(client)
    lost = {client: stored(home, client)[:3] for client in CLIENTS}

    code, told = daykeel(home, "rescore")

    assert (code, told.splitlines()[-1]) == (0, "Done: the stores hold what was computed.")
    assert all(not any(one) for found in lost.values() for one in found[:2])
    assert {client: stored(home, client) for client in CLIENTS} == before
    assert is_that_of_batch(home)


def test_compared_with_the_pieces_nothing_differs(home, people):
    code, told = daykeel(home, "rescore", "--check")

    assert (code, told) == (0, "0 of 2 clients differ from what their devices said comes to\n")


def test_what_was_refused_is_replayed_refused_again_and_dropped(home, people):
    person = people[CLIENTS[0]]
    person.say("phone", b'{"kind": "no.such.kind"}')
    until(lambda: len(quarantined(home)) == 1, "the refusal")
    code, listed = daykeel(home, "quarantine", "list")
    (line,) = (one for one in listed.splitlines() if " unknown_kind " in one and ":" in one)
    at = line.split()[0]

    replayed = daykeel(home, "quarantine", "replay", at)
    until(lambda: len(quarantined(home)) == 3, "it is refused again")
    again = daykeel(home, "quarantine", "replay", at)
    dropped = daykeel(home, "quarantine", "drop", "--reason", "unknown_kind", "--because", "a test")

    assert code == 0
    assert replayed == (0, "1 replayed\n")
    assert again == (1, f"nothing replayed\nleft: {at}  it was replayed before\n")
    assert dropped == (0, "1 dropped\n")
    noted = quarantined(home)  # what was replayed may be refused before that is noted
    first, second = (one for one in noted if one.settles is None)
    settled, gone = (one for one in noted if one.settles is not None)
    assert (settled.settles.how, gone.settles.how) == ("replayed", "dropped")
    assert (first.raw.replay_of, second.raw.replay_of) == ("", at)
    assert second.raw.received_at == first.raw.received_at
    copies = [one for one in raws(home) if one.payload == first.raw.payload]
    assert [one.replay_of for one in copies] == ["", at]
    home.wait(END)
    assert is_that_of_batch(home)


def test_the_doctor_finds_nothing_wrong_with_it_and_changes_nothing(home, people):
    before = home.log.heads()

    code, told = daykeel(home, "doctor", "--json", "--least-free", "1")

    said = json.loads(told)
    assert [one for one in said["findings"] if one["level"] == "failed"] == []
    assert (code, said["installation"]) == (0, "running")
    assert home.log.heads() == before
    assert not any(client in told for client in CLIENTS)


def test_of_what_has_died_the_doctor_says_so(home, people):
    home.kill("api")
    try:
        code, told = daykeel(home, "doctor", "--json", "--least-free", "1")
    finally:
        home.start("api")

    failed = [one for one in json.loads(told)["findings"] if one["level"] == "failed"]
    assert (code, {one["check"] for one in failed}) == (1, {"ports"})
    assert "api" in failed[0]["advice"]
