"""An installation on the real servers, each of which has something wrong with it in turn."""

import asyncio
import json
import signal
import socket
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import influxdb, influxdb_url, kafka_url, postgres_url, private, psql
from ward import ailment, failed, free_port, of, sung

from daykeel.doctor.doctor import findings
from daykeel.doctor.finding import Level
from daykeel.doctor.premises import Premises
from daykeel.ingest import mosquitto
from daykeel.log.errors import LogUnavailable
from daykeel.log.kafka_address import address
from daykeel.log.open import create_log, open_log
from daykeel.records.migrate import HEAD
from daykeel.records.open import open_records
from daykeel.records.policy import CANARY
from daykeel.scores.open import open_scores

pytestmark = pytest.mark.servers

KEY = b"k" * 32


class Clinic:
    """Every store on a server, a Mosquitto, and what a stream and a canary would have left."""

    def __init__(self, path, urls, broker):
        self.urls, self.broker = urls, broker
        key = path / "installation.key"
        key.write_bytes(KEY)
        key.chmod(0o600)
        create_log(urls["log"])
        with closing(self.records()) as records:
            records.migrate()
            records.enrol_canary(now=datetime.now(UTC))
        self.premises = Premises(
            data=path,
            settings={
                **{f"DAYKEEL_{name.upper()}": url for name, url in urls.items()},
                "DAYKEEL_KEY_FILE": str(key),
            },
            is_embedded=False,
            is_running=True,
            reached=None,
            least_free=1,
        )
        self.let_in()
        self.goes_on()

    def records(self):
        return open_records(self.urls["records"], KEY)

    def let_in(self):
        with closing(self.records()) as records:
            mosquitto.write(self.broker.folder / "mosquitto", records.credentials())
        self.broker.signal("mosquitto", signal.SIGHUP)

    def goes_on(self):
        now = datetime.now(UTC)
        with closing(open_scores(self.urls["scores"])) as scores:
            sung(scores, now)
        with closing(open_log(self.urls["log"])) as log:
            log.mark("stream.timers", now.timestamp())

    def set(self, **changes):
        settings = {f"DAYKEEL_{name.upper()}": value for name, value in changes.items()}
        self.premises = replace(self.premises, settings={**self.premises.settings, **settings})

    def look(self, **changes):
        return findings(replace(self.premises, **changes))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("clinic")
    with ExitStack() as stack:
        log, scores, records = (
            stack.enter_context(one()) for one in (kafka_url, influxdb_url, postgres_url)
        )
        broker = stack.enter_context(private(path / "servers", "mosquitto"))
        urls = {"log": log, "scores": scores, "records": records, "mqtt": broker.url("mosquitto")}
        yield Clinic(path, urls, broker)


@pytest.fixture
def clinic(built):
    before = built.premises
    built.goes_on()
    yield built
    built.premises = before


def test_where_nothing_is_wrong_nothing_is_said_to_be(clinic):
    found = clinic.look()

    assert failed(found) == set()
    well = {one.check for one in found if one.level is Level.WELL}
    assert {
        *("configuration", "key", "permissions", "log", "log.schema", "log.written", "stream"),
        *("lag", "records", "records.schema", "records.key", "records.written", "scores"),
        *("scores.schema", "scores.written", "canary", "ports", "broker", "certificate", "clock"),
    } <= well
    assert {one.said for one in of(found, "clock")} == {
        "this clock and that of PostgreSQL agree to some seconds",
        "this clock and that of InfluxDB agree to some seconds",
    }


def test_looking_leaves_nothing_on_any_server(clinic):
    with closing(open_log(clinic.urls["log"])) as log:
        before = log.heads(), log.committed("stream"), log.committed("operator")
        points = stored(clinic)
        clinic.look()
        after = log.heads(), log.committed("stream"), log.committed("operator")

    assert after == before
    assert stored(clinic) == points


def stored(clinic):
    with closing(open_scores(clinic.urls["scores"])) as scores:
        return scores.nights(CANARY, datetime(2000, 1, 1).date(), datetime(2100, 1, 1).date())  # noqa: DTZ001  dates


def test_no_address_of_a_person_or_password_is_told(clinic):
    told = repr(clinic.look())

    assert "password" not in told.replace("password_file", "")
    assert "daykeel:" not in told


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("log", "kafka://127.0.0.1:{port}/x"),
        ("records", "postgresql+psycopg://daykeel@127.0.0.1:{port}/x"),
        ("scores", "influxdb://127.0.0.1:{port}/daykeel/x?token_file={token}"),
    ],
)
def test_a_server_that_is_away(clinic, name, form):
    clinic.set(**{name: form.format(port=free_port(), token=token_file(clinic))})

    found = ailment(clinic.look(), name)

    assert "cannot be read" in found.said
    assert "see whether" in found.advice


def token_file(clinic):
    return parse_qs(urlsplit(clinic.urls["scores"]).query)["token_file"][0]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("log", "kafka://127.0.0.1:{port}/x"),
        ("records", "postgresql+psycopg://daykeel@127.0.0.1:{port}/x"),
        ("scores", "influxdb://127.0.0.1:{port}/daykeel/x?token_file={token}"),
    ],
)
def test_a_server_that_says_nothing_holds_up_nobody(clinic, name, form):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        clinic.set(**{name: form.format(port=port, token=token_file(clinic))})
        found = clinic.look(deadline_s=10.0)

    assert failed(found) == {name}
    assert "no answer within 10 s" in of(found, name)[0].said or "cannot be read" in (
        of(found, name)[0].said
    )


def test_a_log_that_nobody_has_made(clinic):
    clinic.set(log=f"{clinic.urls['log']}none")

    found = ailment(clinic.look(), "log.topics")

    assert found.advice == "run `daykeel create`"


def test_a_kafka_that_takes_no_record(clinic):
    """As one whose topics somebody has reconfigured."""
    topic = address(clinic.urls["log"]).name("events.raw")
    asyncio.run(configured(clinic.urls["log"], topic, {"max.message.bytes": "1"}))
    try:
        until(lambda: not takes_records(clinic), "nothing is taken")
        found = ailment(clinic.look(), "log.written")
    finally:
        asyncio.run(configured(clinic.urls["log"], topic, {"max.message.bytes": "18000000"}))
        until(lambda: takes_records(clinic), "records are taken again")

    assert "MessageSizeTooLarge" in found.said
    assert "see what Kafka says" in found.advice


def takes_records(clinic):
    with closing(open_log(clinic.urls["log"])) as log:
        try:
            log.try_writing()
        except LogUnavailable:
            return False
        return True


def until(true, what, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


async def configured(url, topic, changes):
    admin = AIOKafkaAdminClient(**address(url).connection())
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, changes)])
    finally:
        await admin.close()


def test_records_that_the_role_may_only_read(clinic):
    psql(clinic.urls["records"], "revoke insert, update, delete on installation from daykeel")
    try:
        found = ailment(clinic.look(), "records.written")
    finally:
        psql(clinic.urls["records"], "grant insert, update, delete on installation to daykeel")

    assert "permission denied" in found.said
    assert "whether the role may write" in found.advice


def test_records_of_a_newer_release(clinic):
    psql(clinic.urls["records"], "update alembic_version set version_num = '9999'")
    try:
        found = ailment(clinic.look(), "records.schema")
    finally:
        psql(clinic.urls["records"], f"update alembic_version set version_num = '{HEAD}'")  # noqa: S608  a number of ours

    assert "newer release" in found.said


def buckets(clinic):
    prefix = urlsplit(clinic.urls["scores"]).path.split("/")[2]
    found = influxdb(clinic.urls["scores"], "GET", "buckets?limit=100")["buckets"]
    return [one for one in found if one["name"].startswith(f"{prefix}-")]


def test_a_token_that_may_only_read(clinic, tmp_path):
    org = influxdb(clinic.urls["scores"], "GET", "orgs?org=daykeel")["orgs"][0]["id"]
    rights = [
        {"action": "read", "resource": {"type": "buckets", "id": one["id"], "orgID": org}}
        for one in buckets(clinic)
    ]
    asked = json.dumps({"orgID": org, "permissions": rights}).encode()
    made = influxdb(clinic.urls["scores"], "POST", "authorizations", asked)
    token = tmp_path / "token"
    token.write_text(made["token"])
    token.chmod(0o600)
    clinic.set(scores=clinic.urls["scores"].replace(token_file(clinic), str(token)))

    try:
        found = ailment(clinic.look(), "scores.written")
    finally:
        influxdb(clinic.urls["scores"], "DELETE", f"authorizations/{made['id']}")

    assert "what the token may write" in found.advice


def test_a_token_that_nobody_knows(clinic, tmp_path):
    token = tmp_path / "token"
    token.write_text("nobody's")
    token.chmod(0o600)
    clinic.set(scores=clinic.urls["scores"].replace(token_file(clinic), str(token)))

    assert "token" in ailment(clinic.look(), "scores").advice


def test_a_token_file_that_everybody_can_read(clinic, tmp_path):
    token = tmp_path / "token"
    token.write_text(Path(token_file(clinic)).read_text())
    token.chmod(0o644)
    clinic.set(scores=clinic.urls["scores"].replace(token_file(clinic), str(token)))

    assert f"everybody can read {token}" in ailment(clinic.look(), "permissions").said


def test_a_bucket_that_keeps_points_for_another_time(clinic):
    clinic.set(scores=f"{clinic.urls['scores']}&retention_days=30")

    assert "influx bucket update" in ailment(clinic.look(), "scores.schema").said


def test_buckets_that_are_not_there_are_told_of_and_not_made(clinic):
    clinic.set(scores=clinic.urls["scores"].replace("?", "none?"))
    before = buckets(clinic)

    found = ailment(clinic.look(), "scores.schema")

    assert "there is no bucket" in found.said
    assert buckets(clinic) == before


def test_a_broker_that_was_not_told_of_the_canary(clinic):
    mosquitto.write(clinic.broker.folder / "mosquitto", ())
    clinic.broker.signal("mosquitto", signal.SIGHUP)
    try:
        found = ailment(clinic.look(), "broker")
    finally:
        clinic.let_in()

    assert "Not authorized" in found.said
    assert "daykeel mosquitto" in found.advice


def test_a_broker_that_is_away(clinic):
    clinic.broker.stop("mosquitto")
    try:
        found = ailment(clinic.look(), "ports")
    finally:
        clinic.broker.start("mosquitto")

    assert "the broker runs" in found.advice


def test_a_clock_that_is_wrong(clinic):
    found = clinic.look(now=lambda: datetime.now(UTC) + timedelta(seconds=35))

    assert failed(found) == {"clock"}
    assert all("s ahead of that of" in one.said for one in of(found, "clock"))
    assert all("NTP" in one.advice for one in of(found, "clock"))


def test_a_clock_that_is_a_little_wrong(clinic):
    found = clinic.look(now=lambda: datetime.now(UTC) + timedelta(seconds=10))

    assert failed(found) == set()
    assert {one.level for one in of(found, "clock")} == {Level.WARNING}


def test_what_is_meant_to_stand_is_not_missed(clinic):
    clinic.broker.stop("mosquitto")
    with closing(open_log(clinic.urls["log"])) as log:
        log.mark("stream.timers", 1.0)
    try:
        found = clinic.look(is_running=False)
    finally:
        clinic.broker.start("mosquitto")

    assert failed(found) == set()
