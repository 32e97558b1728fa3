import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log
from laid import NAMES, lay
from lives import START, life, midnight, profile

from daykeel.log.open import open_log
from daykeel.pipeline.batch import batch
from daykeel.stream.kept import kept

CLIENTS = ("c-1", "c-2", "c-3")
NOW = midnight(START) + timedelta(days=3)


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/log.db"
        return
    with kafka_log() as made:
        yield made


@pytest.fixture(scope="module")
def tables():
    records = [one for seed, client in enumerate(CLIENTS) for one in life(client, 2, seed=seed)]
    return batch(records, [profile(client) for client in CLIENTS], NOW).tables


def test_it_holds_what_the_stream_has_written_of_each_client(url, tables):
    with closing(open_log(url)) as log:
        lay(log, url, tables)

    with kept(url) as found:
        read = {}
        for client in found.clients:
            with found.tables(client) as own:
                read |= {
                    (name, key): getattr(own, name).get(key)
                    for name in NAMES
                    for key in getattr(tables, name)
                    if key.partition("|")[0] == client
                }

    assert found.clients == CLIENTS
    assert read == {
        (name, key): value for name in NAMES for key, value in getattr(tables, name).items()
    }


def test_what_is_done_to_it_is_not_kept_and_what_is_not_there_is_not(url, tables):
    with closing(open_log(url)) as log:
        lay(log, url, tables)

    with kept(url) as found:
        with found.tables("c-1") as own:
            own.clients["c-1"] = b"something else"
            del own.days[f"c-1|{START}"]
            changed = own.clients["c-1"], own.days.get(f"c-1|{START}")
        with found.tables("c-1") as own:
            again = own.clients["c-1"], own.days.get(f"c-1|{START}"), own.days.get("c-1|1999")

    assert changed == (b"something else", None)
    assert again == (tables.clients["c-1"], tables.days[f"c-1|{START}"], None)


def test_a_log_on_which_no_stream_has_worked_holds_nobody(url):
    open_log(url).close()

    with kept(url) as found:
        assert found.clients == ()
