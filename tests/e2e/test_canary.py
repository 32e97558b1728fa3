"""The canary on a real installation: it comes back, and whatever stops it is seen."""

import json
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import Installation, free_port, until
from profiles import EMBEDDED, embedded

from daykeel.records.policy import CANARY
from daykeel.rhythm.synthetic.canary import final_night, is_as_slept

pytestmark = pytest.mark.e2e

EVERY_S = 3.0
LIMIT_S = 3 * EVERY_S


class Home(Installation):
    """An installation on the system's clock, with a canary that is in a hurry."""

    @property
    def environment(self):
        return {**super().environment, "DAYKEEL_CANARY_S": str(EVERY_S)}

    def ready(self):
        """Whether it is, and what it says about itself."""
        url = f"http://127.0.0.1:{self.http_port}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status == 200, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return False, json.load(refused)

    def becomes(self, ready):
        looks = []

        def has_become():
            looks.append(self.ready())
            return looks[-1][0] is ready

        until(has_become, f"ready {ready}: {self.errors()}")
        return looks[-1][1]

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/login") as answer:
            return answer.read().decode()


@contextmanager
def lived_in(folder):
    with embedded(folder, free_port()) as profile:
        home = Home(folder, None, profile)
        try:
            home.start(*EMBEDDED, "canary")
            yield home
        finally:
            home.stop()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with lived_in(tmp_path_factory.mktemp("canary")) as running:
        yield running


def test_what_it_says_comes_back_and_its_night_is_a_night(home):
    told = home.becomes(True)

    night = final_night(datetime.now(UTC))
    assert is_as_slept(home.scores.nights(CANARY, night, night.max)[0].night)
    assert told["canary_night"] is True
    assert "A test message came through" in home.page()


@pytest.mark.long
@pytest.mark.parametrize("name", ["stream", "ingest", "canary"])
def test_whatever_of_the_path_is_dead_nothing_looks_calm_until_it_is_back(home, name):
    home.becomes(True)

    home.kill(name)
    told = home.becomes(False)
    page = home.page()
    home.start(name)
    again = home.becomes(True)

    assert told["parts"]["canary"] is False
    assert told["canary_age_s"] >= LIMIT_S
    assert "Not up to date." in page
    assert "The last test message came through" in page
    assert again["canary_age_s"] <= LIMIT_S


def test_it_is_nobody_for_those_who_use_the_installation(home):
    home.becomes(True)
    now = datetime.now(UTC)
    supervisor = home.records.add_account("supervisor", "s", now=now)

    assert home.records.all_clients() == []
    assert home.records.clients(supervisor) == []
    assert home.records.alerts() == []
    assert home.records.post.desk(now=now).notices == []
    assert CANARY not in home.errors()


def test_after_a_restart_it_is_the_same_canary(home):
    home.becomes(True)
    kept = home.records.credentials(), home.records.consents(CANARY)
    home.stop()

    home.start(*EMBEDDED, "canary")
    home.becomes(True)

    assert (home.records.credentials(), home.records.consents(CANARY)) == kept


@pytest.mark.long
def test_what_could_not_come_in_is_an_outage_that_every_client_is_told_of(home):
    home.becomes(True)
    began = datetime.now(UTC)
    client = home.records.add_client("Ann Ahlberg", "UTC", now=began)

    home.kill("ingest")
    until(lambda: home.ready()[1]["canary_age_s"] > LIMIT_S + EVERY_S, "a long silence")
    home.start("ingest")
    home.becomes(True)

    until(lambda: home.records.outages(began), "an outage")
    found = home.records.outages(began)
    assert all(one.stop - one.start >= timedelta(seconds=LIMIT_S) for one in found)
    told = [one for one in home.records.commands(client.id) if one.kind == "outage"]
    assert {(one.effective_from, one.effective_to) for one in told} == {
        (one.start, one.stop) for one in found
    }
