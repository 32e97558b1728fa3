import secrets
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import influxdb, psql, shared

from daykeel.demo.room import remove, room
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.records.open import open_records
from daykeel.scores.influx import KINDS
from daykeel.scores.open import open_scores

pytestmark = pytest.mark.servers

DAY = date(2026, 1, 20)


@pytest.fixture
def urls():
    return {name: shared(name).url(name) for name in ("kafka", "influxdb", "postgres")}


@pytest.fixture
def name():
    return f"demo-t{secrets.token_hex(4)}"


def use(own):
    """Have something in each store, as an installation would."""
    log = open_log(own.log)
    log.mark("stream.timers", 1.0)
    log.close()
    scores = open_scores(own.scores)
    assert scores.nights("c-1", DAY, DAY.replace(day=21)) == []
    scores.close()
    records = open_records(own.records, b"k" * 32)
    records.migrate()
    records.close()


def buckets(urls, name):
    found = influxdb(urls["influxdb"], "GET", "buckets?limit=100")["buckets"]
    return {one["name"] for one in found if one["name"].startswith(name)}


def has_database(urls, name):
    return name in psql(urls["postgres"], "select datname from pg_database").split()


def test_a_room_has_a_log_a_store_of_scores_and_records_and_leaves_nothing(urls, name):
    with room(urls, name) as own:
        use(own)
        assert len(buckets(urls, name)) == len(KINDS)
        assert has_database(urls, name)

    assert buckets(urls, name) == set()
    assert not has_database(urls, name)
    with pytest.raises(LogUnavailable, match="has not been made"):
        open_log(own.log)


def test_rooms_beside_it_stay(urls, name):
    with room(urls, name) as own:
        use(own)
        with room(urls, f"{name}0"):
            pass

        use(own)
        assert len(buckets(urls, name)) == len(KINDS)


def test_a_room_that_is_kept_stays_until_it_is_removed(urls, name):
    with room(urls, name, is_kept=True) as own:
        use(own)
    try:
        use(own)
    finally:
        remove(urls, own)

    assert buckets(urls, name) == set()
    assert not has_database(urls, name)


def test_a_name_that_is_taken_is_refused_and_its_room_stays(urls, name):
    with room(urls, name) as own:
        use(own)

        with pytest.raises(ProgrammingError), room(urls, name):
            pass

        use(own)
        assert len(buckets(urls, name)) == len(KINDS)
