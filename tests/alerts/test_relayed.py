"""What a therapist decides on a page comes to State: page, records, relay, log, tables."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from daykeel.alerts.outboxes import relay_commands
from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.log.codec import decode
from daykeel.log.open import open_log
from daykeel.log.topics import COMMANDS, SQLITE_PARTITIONS
from daykeel.pipeline.batch import empty_tables
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command
from daykeel.records.open import open_records
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from lives import START, after, life
from test_deletion import night

NIGHTS = 60
DAY = timedelta(days=1)
LATE = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])
ORIGIN = "http://localhost"


class StandingClock:
    stepped = True

    def now(self):
        return after(NIGHTS)


class Installation:
    """All stores of an installation in files, and the steps of its processes one after another."""

    def __init__(self, folder):
        self.records = open_records(f"sqlite:///{folder}/records.db", bytes(range(32)))
        self.records.migrate()
        self.log = open_log(f"sqlite:///{folder}/log.db")
        self.scores = open_scores(f"sqlite:///{folder}/scores.db")
        self.tables = empty_tables()
        self._offset = 0
        began = datetime.combine(START, datetime.min.time(), UTC)
        self.records.add_client("Ann", "UTC", now=began, id="c-1")
        account = self.records.add_account("therapist", "Thea", now=began)
        self.records.assign(account.id, "c-1", now=began)
        self.token = self.records.set_password(account.id, "x" * 20, now=datetime.now(UTC))

    def take(self, raws):
        for raw in raws:
            self._offset += 1
            fold(self.tables, raw, partition=0, offset=self._offset, incarnation="i")

    def settle(self):
        """Relay commands, score, and store what came of it."""
        while relay_commands(self.records, self.log, SQLITE_PARTITIONS):
            pass
        for record in self.log.read("stream", [COMMANDS], 500):
            apply(self.tables, decode(Command, record.value))
        found = score(self.tables, "c-1", after(NIGHTS))
        self.scores.put(
            [StoredNight(one.night, one.version, one.state, after(NIGHTS)) for one in found.nights],
            found.days,
            found.scores,
            [("c-1", one) for one in found.baselines],
        )
        return {one.kind: one.episodes for one in found.signals}

    async def sent(self, path, **said):
        app = build_app(self.scores, self.records, self.log, StandingClock(), ApiSettings())
        transport = httpx.ASGITransport(app)
        headers = {"origin": ORIGIN}
        async with httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers=headers
        ) as browser:
            browser.cookies.set("daykeel_session", self.token, domain="localhost.local")
            text = (await browser.get("/clients/c-1/therapy")).text
            told = {
                name: re.search(f'name="{name}" value="([^"]*)"', text)[1]
                for name in ("csrf", "tag")
            }
            return await browser.post(f"/clients/c-1/{path}", data=told | said)

    def baseline(self):
        return {one.chart: one for one in self.scores.artefacts("c-1")}["sleep.mid"]


@pytest.fixture
def home(tmp_path):
    made = Installation(tmp_path)
    yield made
    made.log.close()
    made.scores.close()
    made.records.close()


async def test_a_confirmed_baseline_stays_when_a_night_comes_late_and_that_is_proposed(home):
    raws = life("c-1", NIGHTS, seed=4, shift=LATE)
    late = night(raws, 9)
    home.take(raw for raw in raws if raw not in late)
    home.settle()
    mid = home.baseline()

    response = await home.sent("baseline", action="confirm", ids=mid.id)
    home.settle()
    home.take(late)
    home.settle()

    assert response.status_code == 303
    assert (home.baseline().id, home.baseline().confirmed) == (mid.id, True)
    assert START + 9 * DAY in home.baseline().proposal.nights
    again = await home.sent("baseline", action="confirm", ids=home.baseline().proposal.id)
    home.settle()
    assert again.status_code == 303
    assert (home.baseline().id != mid.id, home.baseline().proposal) == (True, None)


async def test_a_course_in_formulation_takes_back_what_only_the_slow_channel_said(home):
    home.take(life("c-1", NIGHTS, seed=4, shift=LATE))
    before = home.settle()

    first = (START + 40 * DAY).isoformat()
    await home.sent("course", action="plan", day=first, many="16")
    found = home.settle()

    assert "phase_delay" in before
    assert found["phase_delay"] == ()


async def test_other_nights_end_the_baseline_in_use(home):
    home.take(life("c-1", NIGHTS, seed=4))
    home.settle()

    await home.sent("baseline", action="renew", first=(START + 50 * DAY).isoformat())
    home.settle()

    assert (home.baseline().until, home.baseline().why) == (START + 50 * DAY, "renewed")


async def test_targets_are_scored_from_their_first_day(home):
    home.take(life("c-1", NIGHTS, seed=4))
    home.settle()
    today = (START + (NIGHTS - 1) * DAY).isoformat()

    await home.sent(
        "targets", action="plan", anchor="dinner", first=today, current="18:30", goal="18:30"
    )
    home.settle()

    (row,) = home.scores.scores("c-1", "7d", START + (NIGHTS - 1) * DAY, START + NIGHTS * DAY)
    found = next(one for one in row.scores if one.measure == "srm.target_adherence")
    assert (found.n_expected, found.reasons) == (1, ("few_days",))
