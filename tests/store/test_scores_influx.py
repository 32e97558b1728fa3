"""What InfluxDB makes hard: lost answers, refusals, buckets, and what others read there."""

import ssl
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from faults import ANSWER_LOST, ANSWER_TORN, LATE, UNHEARD, Answer, proxied
from influxdb_client import Permission, PermissionResource
from rows import DAY, NOW, baseline, later, record, scored, stored

from daykeel.rhythm.ledger import Night, Score
from daykeel.scores import influx_server
from daykeel.scores.errors import NotErased, Refused, RowsRefused, ScoresUnavailable
from daykeel.scores.influx import InfluxScores
from daykeel.scores.influx_lines import ABSENT, noon
from daykeel.scores.influx_server import Address, Server
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight

pytestmark = pytest.mark.servers


@pytest.fixture
def store(influx):
    opened = open_scores(influx.url())
    yield opened
    opened.close()


@pytest.fixture
def bad_day(influx):
    with proxied(influx.host, influx.port) as (proxy, port):
        opened = open_scores(influx.url(port))
        opened.latest("nobody")
        yield proxy, opened
        opened.close()


@pytest.fixture
def pausing(monkeypatch):
    """Give what lets something be called where a call that failed would wait."""
    return lambda pause: monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=pause))


def fields(influx, kind, client="c-1"):
    (found,) = influx.query(
        """
        from(bucket: _bucket) |> range(start: 0) |> filter(fn: (r) => r.client == _client)
          |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        """,
        _bucket=influx.bucket(kind),
        _client=client,
    )
    return found


@pytest.mark.parametrize(
    "fault",
    [
        ANSWER_LOST,
        UNHEARD,
        Answer(503),
        Answer(500),
        Answer(429),
        Answer(503, (("Retry-After", "0"),)),
    ],
)
def test_what_got_lost_is_sent_again(bad_day, fault):
    proxy, store = bad_day
    proxy.fail(fault, fault)

    store.put(nights=[stored()])

    assert proxy.count() == 3
    assert store.nights("c-1", DAY, later(9)) == [stored()]


def test_an_answer_that_comes_too_late_is_not_waited_for(bad_day, monkeypatch):
    proxy, store = bad_day
    store._server._client.api_client.configuration.timeout = 2000
    proxy.fail(LATE)

    store.put(nights=[stored()])

    assert proxy.count() == 2
    assert store.nights("c-1", DAY, later(9)) == [stored()]


def test_a_baseline_whose_answer_was_lost_keeps_its_place(bad_day):
    proxy, store = bad_day
    proxy.fail(ANSWER_LOST)

    store.put(artefacts=[("c-1", baseline()), ("c-1", baseline(later(40)))])

    assert store.artefacts("c-1") == [baseline(), baseline(later(40))]


def test_half_an_answer_is_no_answer(bad_day):
    proxy, store = bad_day
    store.put([stored(day=later(n)) for n in range(50)])
    proxy.fail(ANSWER_TORN, path="/api/v2/query")

    assert len(store.nights("c-1", DAY, date.max)) == 50


def test_a_server_that_asks_to_be_left_alone_is(bad_day, pausing):
    proxy, store = bad_day
    pauses = []
    pausing(pauses.append)
    proxy.fail(Answer(429, (("Retry-After", "7"),)))

    store.put(nights=[stored()])

    assert proxy.count() == 2
    assert [pause >= 7 for pause in pauses] == [True]


def test_a_server_that_asks_for_longer_than_patience_lasts_is_left_alone_at_once(bad_day):
    proxy, store = bad_day
    proxy.fail(Answer(503, (("Retry-After", "600"),)))

    with pytest.raises(ScoresUnavailable, match="answered 503") as raised:
        store.put(nights=[stored()])

    assert raised.value.retry_after_s == 600
    assert proxy.count() == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_an_operator_must_mend_is_said_at_once_and_refuses_no_row(bad_day, status):
    proxy, store = bad_day
    proxy.fail(Answer(status))

    with pytest.raises(ScoresUnavailable, match=f"answered {status}: check"):
        store.put(nights=[stored()])

    assert proxy.count() == 1
    store.put(nights=[stored()])
    assert store.latest("c-1") == DAY


def test_only_what_is_refused_by_itself_counts_as_refused(bad_day):
    proxy, store = bad_day
    proxy.fail(Answer(422), Answer(400))
    nights = [stored(day=later(n)) for n in range(8)]

    store.put(nights=nights)

    assert store.nights("c-1", DAY, date.max) == nights


JANUARY = date(2025, 1, 6)


def conflict(influx, kind, field, client="c-1"):
    """Have a field hold text in January 2025: no point of that time can hold a number in it."""
    line = f'{kind},client={client} {field}="text" {noon(JANUARY)}'
    influx.client.write_api(write_options=influx_server.SYNCHRONOUS).write(
        influx.bucket(kind), record=line, write_precision="s"
    )


def test_rows_that_will_never_be_taken_are_named_after_all_others_are_stored(influx, store):
    store.latest("nobody")
    conflict(influx, "nights", "version", client="c-99")
    nights = [stored(client=f"c-{n}", day=JANUARY if n == 5 else DAY) for n in range(12)]
    days = [record(day=date(1600, 1, 1)), record()]

    with pytest.raises(RowsRefused) as raised:
        store.put(nights, days, [scored(client=""), scored()], [("c\\", baseline())])

    assert [one.reason for one in raised.value.refused] == [
        "type_conflict",
        "bad_date",
        "bad_tag",
        "bad_tag",
    ]
    assert raised.value.refused[0].row is nights[5]
    assert raised.value.refused[1].row is days[0]
    assert [store.latest(f"c-{n}") for n in range(12)] == [DAY] * 5 + [None] + [DAY] * 6
    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]


def test_a_refusal_quotes_nothing_that_was_refused(influx, store):
    with pytest.raises(RowsRefused) as raised:
        store.put([stored(client="unmistakable\n")])

    assert "unmistakable" not in f"{raised.value} {raised.value.refused[0].reason}"
    assert "1 rows will never be taken: bad_tag" in str(raised.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (scored(measure="bad\\"), "bad_name"),
        (scored(reasons=("x" * 1_000_001,)), "too_long"),
    ],
)
def test_what_has_no_line_is_refused(store, row, reason):
    with pytest.raises(RowsRefused) as raised:
        store.put(scores=[row, scored(client="c-2")])

    assert raised.value.refused == (Refused(row, reason),)
    assert store.latest("c-2") == DAY


def test_buckets_keep_points_for_ever_unless_told_otherwise(influx, store):
    store.put(nights=[stored()])

    found = influx.buckets()
    kinds = {name.removeprefix(f"{influx.prefix}-") for name in found}
    assert kinds == {"nights", "days", "scores", "artefacts", "known"}
    assert {rule.every_seconds for one in found.values() for rule in one.retention_rules} == {0}


def test_a_point_beyond_the_retention_that_was_asked_for_is_refused(influx):
    store = open_scores(influx.url(retention_days=30))
    today = date.today()  # noqa: DTZ011  the server reads the system's clock

    with pytest.raises(RowsRefused) as raised:
        store.put([stored(day=date(2020, 1, 1)), stored(day=today)])

    assert raised.value.refused == (Refused(stored(day=date(2020, 1, 1)), "beyond_retention"),)
    assert store.latest("c-1") == today
    found = influx.buckets()[influx.bucket("nights")]
    assert found.retention_rules[0].every_seconds == 30 * 86_400
    store.close()


def test_the_retention_of_a_bucket_that_is_there_is_never_changed(influx, store):
    store.put(nights=[stored()])
    other = open_scores(influx.url(retention_days=30))

    with pytest.raises(ScoresUnavailable, match=r"keeps points for 0 days .* not 30"):
        other.put(nights=[stored(day=later(1))])

    other.close()
    assert influx.buckets()[influx.bucket("nights")].retention_rules[0].every_seconds == 0
    assert store.latest("c-1") == DAY


def test_a_bucket_somebody_deleted_is_made_again(influx, store):
    store.put(nights=[stored()])
    influx.client.buckets_api().delete_bucket(influx.buckets()[influx.bucket("nights")])

    with pytest.raises(ScoresUnavailable, match="answered 404"):
        store.put(nights=[stored()])

    store.put(nights=[stored()])
    assert store.latest("c-1") == DAY


def test_many_who_read_while_nobody_listens_do_not_wait_for_each_other(pausing):
    together, met = threading.Barrier(12), set()

    def pause(_):
        if threading.get_ident() not in met:
            met.add(threading.get_ident())
            together.wait(30)

    pausing(pause)
    store = InfluxScores(Server(Address("http://127.0.0.1:1", "o", "t")), "prefix")
    failed = []

    def read():
        try:
            store.latest("c-1")
        except ScoresUnavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(failed) == 12
    assert len(met) == 12
    store.close()


def test_nobody_listens(influx):
    server = Server(Address("http://127.0.0.1:1", "o", "t"), patience_s=0.2)

    with pytest.raises(ScoresUnavailable, match="does not answer: NewConnectionError"):
        InfluxScores(server, influx.prefix).put(nights=[stored()])
    server.close()


def rights(bucket, org, *actions):
    return [
        Permission(action, PermissionResource(type="buckets", id=bucket, org_id=org))
        for action in actions
    ]


@pytest.fixture
def limited(influx, tmp_path):
    """Return the URL of a token that may read and write in the buckets there are, and no more."""
    store = open_scores(influx.url())
    store.latest("nobody")
    store.close()
    known = influx.buckets().values()
    org = next(iter(known)).org_id
    may = [one for bucket in known for one in rights(bucket.id, org, "read", "write")]
    api = influx.client.authorizations_api()
    made = api.create_authorization(org_id=org, permissions=may)
    (tmp_path / "limited").write_text(made.token)
    yield influx.url(token_file=tmp_path / "limited")
    api.delete_authorization(made)


def test_a_token_for_the_buckets_alone_is_enough_once_they_are_there(limited):
    store = open_scores(limited)

    store.put([stored()], [record()], [scored()], [("c-1", baseline())])

    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]
    store.erase("c-1")
    assert store.latest("c-1") is None
    store.close()


def test_a_token_that_may_make_no_buckets_says_so(influx, limited):
    influx.client.buckets_api().delete_bucket(influx.buckets()[influx.bucket("days")])
    store = open_scores(limited)

    with pytest.raises(ScoresUnavailable, match="a bucket that is missing cannot be made"):
        store.put([stored()])
    store.close()


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    return path


@pytest.fixture
def tls(influx, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with proxied(influx.host, influx.port, context) as (_, port):
        yield port


def test_a_certificate_of_our_own_is_trusted_where_the_url_names_it(influx, tls, certificate):
    store = open_scores(influx.url(tls, ca_file=certificate).replace("influxdb:", "influxdbs:"))

    store.put([stored()])

    assert store.latest("c-1") == DAY
    store.close()


def test_a_certificate_nobody_knows_is_not_trusted(influx, tls):
    store = open_scores(influx.url(tls).replace("influxdb:", "influxdbs:"))

    with pytest.raises(ScoresUnavailable, match="no TLS connection"):
        store.put([stored()])
    store.close()


def test_a_token_that_is_wrong_is_never_shown(influx, tmp_path):
    (tmp_path / "token").write_text("unmistakable\n")
    store = open_scores(influx.url(token_file=tmp_path / "token"))

    with pytest.raises(ScoresUnavailable, match="answered 401") as raised:
        store.latest("c-1")

    assert "unmistakable" not in f"{raised.value!r} {store._server!r}"
    store.close()


def test_erasure_says_so_when_something_is_left(influx, store, monkeypatch):
    store.put(scores=[scored()])
    monkeypatch.setattr(store._server, "delete", lambda *_: None)

    with pytest.raises(NotErased, match="bucket of scores"):
        store.erase("c-1")


def test_a_client_that_was_erased_can_be_stored_again(store):
    store.put([stored()], [record()], [scored()], [("c-1", baseline())])
    store.erase("c-1")

    store.put([stored(version=9)], scores=[scored(value=1.0)])

    assert store.nights("c-1", DAY, later(1)) == [stored(version=9)]
    assert store.scores("c-1", "7d", DAY, later(1)) == [scored(value=1.0)]
    assert store.days("c-1", DAY, later(1)) == []


def test_a_number_that_became_unknown_shows_as_such_beside_every_field(influx, store):
    store.put([stored()], [record()], [scored()])
    bare = Night(client="c-1", night=DAY, final=False, finalised_at=None)

    store.put([StoredNight(bare, 2, "revised", NOW)])
    store.put(days=[record(mood=None)], scores=[scored(value=None, lo=float("nan"))])

    night, day, row = (fields(influx, kind) for kind in ("nights", "days", "scores"))
    assert (night["onset.value"], night["onset.value_known"]) == (ABSENT, False)
    assert (night["onset.hi"], night["onset.bounds_known"]) == (ABSENT, False)
    assert (night["flags"], night["state"], night["version"]) == (None, "revised", 2.0)
    assert (day["mood"], day["mood_known"]) == (ABSENT, False)
    assert (row["sri.value"], row["sri.value_known"]) == (ABSENT, False)
    assert (row["sri.lo"], row["sri.bounds_known"]) == (ABSENT, False)


def test_every_field_of_a_score_can_be_asked_for(influx, store):
    store.put(scores=[scored()])

    found = fields(influx, "scores")
    told = {
        name.removeprefix("sri."): found[name]
        for name in found
        if name.startswith("sri.") and "window" not in name
    }
    assert told == {
        "value": 81.5,
        "value_known": True,
        "lo": 80.1,
        "hi": 83.2,
        "bounds_known": True,
        "coverage": 0.9,
        "n": 6.0,
        "n_expected": 7.0,
        "status": "ok",
        "reasons": "dst",
        "version": "1.1.0",
    }
    assert (found["client"], found["window"], found["registry"]) == ("c-1", "7d", "1")
    assert found["_time"].isoformat() == "2026-03-02T12:00:00+00:00"


def test_an_empty_text_is_no_missing_one(influx, store):
    store.put(scores=[scored(reasons=())])

    (found,) = influx.query(
        """
        from(bucket: _bucket) |> range(start: 0)
          |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
          |> filter(fn: (r) => exists r["sri.reasons"] and r["sri.reasons"] == "")
          |> map(fn: (r) => ({told: "<" + r["sri.reasons"] + ">"}))
        """,
        _bucket=influx.bucket("scores"),
    )

    assert found["told"] == "<>", "the library alone makes None of it"


def test_a_large_record_comes_back_whole(store):
    pieces = tuple((f"group-{n}", "overlapped") for n in range(20_000))
    large = record(night=stored(pieces=pieces).night)

    store.put(days=[large])

    assert store.days("c-1", DAY, later(1)) == [large]


def test_a_measure_that_is_left_out_of_a_row_does_not_keep_its_value(influx, store):
    two = tuple(Score(name, "7d", 1.0, status="ok") for name in ("sri.window", "srm5.rolling"))
    store.put(scores=[replace(scored(), scores=two)])

    store.put(scores=[replace(scored(), scores=two[:1])])

    found = fields(influx, "scores")
    assert (found["sri.window.value"], found["sri.window.value_known"]) == (1.0, True)
    assert (found["srm5.rolling.value"], found["srm5.rolling.value_known"]) == (ABSENT, False)
    assert found["srm5.rolling.status"] == "insufficient"


def test_rows_of_another_registry_are_neither_read_nor_overwritten(influx, store):
    store.put(scores=[scored()])
    line = f'scores,client=c-1,registry=0,window=7d body="old" {1772452800}'
    influx.client.write_api(write_options=influx_server.SYNCHRONOUS).write(
        influx.bucket("scores"), record=line, write_precision="s"
    )

    assert store.scores("c-1", "7d", DAY, later(1)) == [scored()]
    store.erase("c-1")
    assert influx.query("from(bucket: _b) |> range(start: 0)", _b=influx.bucket("scores")) == []


def test_writers_at_once_lose_nothing(influx):
    stores = [open_scores(influx.url()) for _ in range(3)]

    def work(store, n):
        for day in range(20):
            store.put(
                [stored(client=f"c-{n}", day=later(day))], scores=[scored(day=later(day), n=n)]
            )

    threads = [threading.Thread(target=work, args=(one, n)) for n, one in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [len(stores[0].nights(f"c-{n}", DAY, date.max)) for n in range(3)] == [20] * 3
    assert len(stores[0].scores("c-1", "7d", DAY, date.max)) == 20
    for one in stores:
        one.close()
