import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.ledger import Gap, Source, Word
from daykeel.web.sources import agreed, gaps_table, sources, table

sys.path.insert(0, str(Path(__file__).parent))
from house import Consent, furnished
from synthetic_people import LAST, NOW, night

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONE = "Europe/Berlin"
SYNCED = datetime(2026, 3, 31, 6, tzinfo=UTC)
WATCH = Source(
    "health_connect",
    "watch",
    synced=SYNCED,
    heard=SYNCED + HOUR,
    words=(Word("battery", SYNCED, "e-1", 4.0), Word("flat", SYNCED, "e-1")),
)
PHONE = Source("owntracks", "phone", synced=None, heard=SYNCED)


def nights(*found):
    older = replace(night("c-ann", LAST - DAY, -1, 7), sources=(PHONE,))
    return {LAST - DAY: older, LAST: replace(night("c-ann", LAST, -1, 7), sources=found)}


def test_what_no_device_says_anything_of_has_no_column():
    consents = [Consent("*")]

    both = table(sources(nights(WATCH, PHONE), consents, NOW), ZONE)
    alone = table(sources(nights(PHONE), consents, NOW), ZONE)

    assert both.columns[4:6] == ("Battery", "Device says")
    assert both.rows[1][4:6] == ("not told", "not told")
    assert alone.columns == ("App", "Device", "Heard from", "Everything told up to", "Consent")
    assert len(alone.rows[0]) == len(alone.columns)


def test_the_newest_night_knows_each_app():
    (watch, phone) = sources(nights(WATCH, PHONE), [Consent("*")], NOW)

    assert (watch.device, watch.heard, watch.synced) == ("watch", SYNCED + HOUR, SYNCED)
    assert (watch.battery.percent, [word.what for word in watch.states]) == (4.0, ["flat"])
    assert (phone.synced, phone.battery, phone.states) == (None, None, [])


def test_an_app_that_was_agreed_to_and_never_heard_from_is_there_too():
    given = [Consent("health_connect", SYNCED), Consent("daykeel", SYNCED - DAY)]

    found = sources(nights(WATCH), given, NOW)

    assert [(one.adapter, one.device, one.heard) for one in found] == [
        ("health_connect", "watch", SYNCED + HOUR),
        ("daykeel", "", None),
    ]


@pytest.mark.parametrize(
    ("consents", "state", "since"),
    [
        ([], "never given", None),
        ([Consent("owntracks", SYNCED)], "never given", None),
        ([Consent("daykeel", SYNCED)], "given", SYNCED),
        ([Consent("*")], "given", None),
        ([Consent("daykeel", SYNCED - DAY, SYNCED)], "withdrawn", SYNCED),
        ([Consent("daykeel", None, SYNCED), Consent("*", SYNCED + HOUR)], "given", SYNCED + HOUR),
        ([Consent("daykeel", SYNCED, NOW + DAY)], "given", SYNCED),
    ],
)  # fmt: skip
def test_whether_an_app_is_allowed_now(consents, state, since):
    found = agreed("daykeel", consents, NOW)

    assert (found.state, found.since) == (state, since)


def test_each_is_told_in_words():
    rows = table(sources(nights(WATCH), [Consent("daykeel", SYNCED)], NOW), ZONE).rows

    assert rows[0] == (
        "Health Connect",
        "watch",
        "Tue 31 Mar 2026, 09:00",
        "Tue 31 Mar 2026, 08:00",
        "4 % on Tue 31 Mar 2026, 08:00",
        "battery empty since Tue 31 Mar 2026, 08:00",
        "never given",
    )
    assert rows[1][:4] == ("Daykeel", "none", "never", "never")


def test_gaps_stand_with_their_reasons_the_newest_first():
    gap = Gap(SYNCED, SYNCED + HOUR, "our_outage", ("outage-1",))
    two = [replace(night("c-ann", LAST - n * DAY, -1, 7), gaps=(gap,)) for n in (1, 0)]

    rows = gaps_table(two, ZONE).rows

    assert [row[0] for row in rows] == ["Tue 31 Mar", "Mon 30 Mar"]
    assert rows[0][3:] == ("outage on our side", "1 message")


def house():
    found = furnished()
    (stored,) = found.scores.nights("c-ann", LAST, LAST + DAY)
    gap = Gap(SYNCED, SYNCED + HOUR, "battery_flat", ("e-1",))
    known = replace(stored.night, sources=(WATCH,), gaps=(gap,))
    found.scores.put([stored._replace(night=known)])
    return found


async def got(path, account="therapist"):
    async with house().visitor(account) as browser:
        return await browser.get(path)


async def test_nights_in_the_api_have_their_sources_and_the_evidence_of_gaps():
    (told,) = (await got(f"/v1/clients/c-ann/nights?first={LAST}&last={LAST}")).json()["nights"]

    assert told["gaps"][0]["evidence"] == ["e-1"]
    assert told["sources"][0] == {
        "adapter": "health_connect",
        "device": "watch",
        "synced": "2026-03-31T06:00:00Z",
        "heard": "2026-03-31T07:00:00Z",
        "words": [
            {"what": "battery", "since": "2026-03-31T06:00:00Z", "id": "e-1", "percent": 4.0},
            {"what": "flat", "since": "2026-03-31T06:00:00Z", "id": "e-1", "percent": None},
        ],
    }


async def test_sources_in_the_api_have_consent_as_it_is_now():
    (told,) = (await got("/v1/clients/c-ann/sources")).json()["sources"]

    assert (told["adapter"], told["device"]) == ("health_connect", "watch")
    assert told["consent"] == {"state": "given", "since": None}


@pytest.mark.parametrize(("path", "account"), [("/clients/c-ann", "therapist"), ("/me", "ann")])
async def test_both_pages_say_when_each_was_heard_from(path, account):
    text = (await got(path, account)).text

    assert "<td>4 % on Tue 31 Mar 2026, 08:00</td>" in text
    assert "<td>Tue 31 Mar 2026, 09:00</td>" in text


@pytest.mark.parametrize(("client", "account"), [("c-zoe", "therapist"), ("c-ann", "ann")])
async def test_sources_of_others_are_as_if_there_were_none(client, account):
    assert (await got(f"/v1/clients/{client}/sources", account)).status_code == 404
