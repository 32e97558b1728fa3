"""What is so of the store in a file alone."""

import os
import sqlite3
import stat

import pytest
from rows import DAY, known, later, record, scored, stored

from daykeel.scores.errors import NotErased, OtherSchema
from daykeel.scores.open import open_scores


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "scores.db"


@pytest.fixture
def store(path):
    opened = open_scores(f"sqlite:///{path}")
    yield opened
    opened.close()


def test_a_failed_put_stores_nothing(store, path):
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON scores BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    other.close()

    with pytest.raises(sqlite3.IntegrityError):
        store.put([stored()], [record()], [scored()], known=[("c-1", known())])

    assert store.latest("c-1") is None
    assert store.known("c-1") == []


def test_a_file_of_before_what_became_known_was_kept_is_gone_on_with(path):
    open_scores(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE known")
        old.execute("PRAGMA user_version = 1")
    old.close()

    store = open_scores(f"sqlite:///{path}")
    store.put(known=[("c-1", known())])

    assert store.known("c-1") == [known()]
    assert store.schema() == 2
    store.close()


def test_a_put_after_one_that_could_not_be_committed_is_stored(store):
    def refusing(action, what, *_):
        is_commit = action == sqlite3.SQLITE_TRANSACTION and what == "COMMIT"
        return sqlite3.SQLITE_DENY if is_commit else sqlite3.SQLITE_OK

    store._db.set_authorizer(refusing)
    with pytest.raises(sqlite3.DatabaseError):
        store.put([stored()])
    store._db.set_authorizer(None)

    store.put(days=[record()])

    assert store.nights("c-1", DAY, later(1)) == []
    assert store.days("c-1", DAY, later(1)) == [record()]


def test_erasure_says_so_when_something_is_left(store, path):
    store.put([stored()])
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER keep BEFORE DELETE ON nights BEGIN SELECT RAISE(IGNORE); END")
    other.close()

    with pytest.raises(NotErased):
        store.erase("c-1")


def test_what_was_erased_is_in_no_file_any_more(store, path):
    store.put([stored(source="unmistakable")])

    store.erase("c-1")

    assert all(b"unmistakable" not in file.read_bytes() for file in path.parent.iterdir())


def test_the_file_is_for_its_owner_only(store, path):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "scores.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(OtherSchema):
        open_scores(f"sqlite:///{path}")


def test_each_measure_is_a_row_for_who_asks_by_sql(store, path):
    store.put(scores=[scored()])

    with sqlite3.connect(path) as db:
        found = db.execute(
            "SELECT measure, value, status FROM score WHERE client = 'c-1'"
        ).fetchall()
    db.close()

    assert found == [("sri", 81.5, "ok")]
