"""Many therapists decide about one alert at once: real threads, HTTP and records."""

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Thread

import httpx
import pytest
import uvicorn

from daykeel.alerting.lifecycle import observe
from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.records.open import open_records
from daykeel.rhythm.ledger import SignalSet

sys.path.insert(0, __file__.rpartition("/api/")[0] + "/web")
from house import FixedClock, MemoryLog, MemoryScores
from synthetic_people import NOW, Life, baseline, days_of, episode, finding

MANY = 8
CLIENT = "c-ann"


class Together:
    """Records in which nobody stores a step before all have read the alert."""

    def __init__(self, records):
        self._records = records
        self._all_have_read = Barrier(MANY, timeout=60)

    def __getattr__(self, name):
        return getattr(self._records, name)

    def save_transition(self, *told):
        self._all_have_read.wait()
        self._records.save_transition(*told)


@pytest.fixture
def records(records_url):
    opened = open_records(records_url, bytes(32))
    opened.migrate()
    opened.add_client("Ann Ahlberg", "UTC", now=NOW, id=CLIENT)
    yield opened
    opened.close()


def raised(records):
    days = days_of(CLIENT, Life(drift=3.0))
    found = episode(CLIENT, "phase_delay", finding(days, baseline(days)))
    (change,) = observe([], SignalSet(CLIENT, "phase_delay", NOW, (found,)), NOW)
    records.save_transition(0, change.alert, change.entry, change.notices)
    return change.alert


def session(records, name):
    """A therapist of the client, signed in."""
    account = records.add_account("therapist", name, now=NOW).id
    records.assign(account, CLIENT, now=NOW)
    return account, records.redeem(records.login_link(account, now=NOW), now=NOW)


@contextmanager
def served(records):
    """The address of a real server over the records, on loopback."""
    clock = FixedClock(NOW)
    app = build_app(MemoryScores(), records, MemoryLog(), clock, ApiSettings(), wall=clock)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the server did not start"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def step(base, alert, token, action):
    """Take a step upon the first version, in a thread of its own."""
    answer = httpx.post(
        f"{base}/v1/alerts/{alert}/transitions",
        json=action,
        headers={"if-match": '"v1"', "origin": base},
        cookies={"daykeel_session": token},
        timeout=60,
    )
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "how", [Together, lambda records: records], ids=["all read", "as it comes"]
)
def test_of_many_steps_at_once_one_wins_and_the_others_get_412(records, how):
    alert = raised(records)
    people = dict(session(records, f"dr-{number}") for number in range(MANY))
    actions = [{"action": "acknowledge"}, {"action": "resolve", "reason": "useful_acted"}]
    asked = [(token, actions[number % 2]) for number, token in enumerate(people.values())]

    with served(how(records)) as base, ThreadPoolExecutor(MANY) as threads:
        said = list(threads.map(lambda one: step(base, alert.id, *one), asked))

    assert Counter(status for status, _ in said) == {200: 1, 412: MANY - 1}
    assert {body["type"] for status, body in said if status == 412} == {"/problems/version-changed"}
    (number,) = [number for number, (status, _) in enumerate(said) if status == 200]
    kept, history = records.alert(alert.id), records.history(alert.id)
    assert [one.version for one in history] == [1, 2]
    assert (history[-1].actor, kept.state) == (list(people)[number], said[number][1]["state"])
    assert kept.version == 2
