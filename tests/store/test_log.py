import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from daykeel.log.errors import Leased, LogUnavailable, UnknownTopic
from daykeel.log.open import look_at_log, open_log, open_sqlite_log
from daykeel.log.protocol import Memo, NewRecord, TopicSpec
from daykeel.log.topics import (
    COMMANDS,
    DAY_S,
    DAYS,
    DUE,
    EVENTS_RAW,
    GROUPS,
    QUARANTINE,
    SCORES,
    SIGNALS,
    TOPICS,
    partitions_at,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log

LOGS = ["sqlite", pytest.param("kafka", marks=pytest.mark.servers)]


@pytest.fixture(params=LOGS)
def url(request, tmp_path):
    """The URL of a log of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/log.db"
        return
    with kafka_log() as made:
        yield made


@pytest.fixture
def log(url):
    opened = open_log(url)
    yield opened
    opened.close()


@pytest.fixture
def again(url):
    """Another instance of the same log."""
    opened = open_log(url)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path):
    """The URL of a log in a file, for what only such a log does."""
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def sqlite_log(file):
    with_topics = open_sqlite_log(file)
    yield with_topics
    with_topics.close()


def drained(log, group, topics):
    found = []
    while records := log.read(group, topics, 1000):
        found += records
    return found


def raw(value, key=b"c-1", partition=0, topic=EVENTS_RAW):
    return NewRecord(topic, partition, key, value)


def values(records):
    return [record.value for record in records]


def test_records_come_back_in_order_with_their_offsets(log):
    offsets = log.append([raw(b"a"), raw(b"b", partition=1), raw(b"c")])

    found = log.read("stream", (EVENTS_RAW,), 10)

    assert offsets == [0, 0, 1]
    assert [(r.partition, r.offset, r.key, r.value) for r in sorted(found)] == [
        (0, 0, b"c-1", b"a"),
        (0, 1, b"c-1", b"c"),
        (1, 0, b"c-1", b"b"),
    ]


def test_headers_come_back_as_they_were(log, again):
    headers = (("trace", b"\x00\xff"), ("trace", b""), ("größe", b"7" * 2000))
    log.append([raw(b"a")._replace(headers=headers), raw(b"b")])
    log.append([raw(None, topic=SIGNALS)._replace(headers=headers)])

    read = log.read("stream", (EVENTS_RAW,), 10)

    assert [one.headers for one in read] == [headers, ()]
    assert again.fetch((EVENTS_RAW, 0), 0, 10) == read
    assert [one.headers for one in again.fetch((SIGNALS, 0), 0, 10)] == [headers]


def test_a_file_of_before_headers_is_read_as_it_is_and_keeps_them_once_it_is_opened(file):
    with closing(open_sqlite_log(file)) as log:
        log.append([raw(b"old")])
    with closing(sqlite3.connect(file.removeprefix("sqlite:///"))) as db:
        db.execute("ALTER TABLE log DROP COLUMN headers")
    with closing(look_at_log(file, patience_s=0.1)) as looking:
        before = looking.fetch((EVENTS_RAW, 0), 0, 10)
    headers = (("trace", b"7"),)

    with closing(open_sqlite_log(file)) as log:
        log.append([raw(b"new")._replace(headers=headers)])
        after = log.fetch((EVENTS_RAW, 0), 0, 10)

    assert [(one.value, one.headers) for one in before] == [(b"old", ())]
    assert [(one.value, one.headers) for one in after] == [(b"old", ()), (b"new", headers)]


def test_of_a_compacted_topic_headers_go_with_their_record(sqlite_log):
    first = raw(b"1", topic=SCORES)
    sqlite_log.append([first._replace(headers=(("trace", b"7"),))])
    sqlite_log.append([first])

    assert [one.headers for one in sqlite_log.fetch((SCORES, 0), 0, 10)] == [()]


def test_reading_goes_on_where_it_stopped(log):
    log.append([raw(b"%d" % at) for at in range(5)])

    first, second = log.read("sink", (EVENTS_RAW,), 3), log.read("sink", (EVENTS_RAW,), 3)
    log.append([raw(b"5")])

    assert values(first) == [b"0", b"1", b"2"]
    assert values(second) == [b"3", b"4"]
    assert values(log.read("sink", (EVENTS_RAW,), 3)) == [b"5"]
    assert log.read("sink", (EVENTS_RAW,), 3) == []


def test_a_busy_partition_does_not_starve_the_others(log):
    log.append([raw(b"busy") for _ in range(100)] + [raw(b"quiet", partition=3)])

    seen = [record.value for _ in range(4) for record in log.read("stream", (EVENTS_RAW,), 10)]

    assert b"quiet" in seen


def test_a_new_instance_begins_at_what_the_group_committed(log, again):
    log.append([raw(b"a"), raw(b"b"), raw(b"c")])
    log.read("stream", (EVENTS_RAW,), 10)
    log.commit("stream", {(EVENTS_RAW, 0): 2})

    assert values(again.read("stream", (EVENTS_RAW,), 10)) == [b"c"]
    assert values(again.read("sink", (EVENTS_RAW,), 10)) == [b"a", b"b", b"c"]


def test_a_commit_is_read_by_all_and_moves_nothing_else(log, again):
    log.append([raw(b"a"), raw(b"b"), raw(b"c", partition=1)])
    log.commit("stream", {(EVENTS_RAW, 0): 2, (EVENTS_RAW, 1): 1})
    log.commit("stream", {(EVENTS_RAW, 0): 1})

    assert again.committed("stream") == {(EVENTS_RAW, 0): 1, (EVENTS_RAW, 1): 1}
    assert again.committed("sink") == {}


def test_what_is_scored_is_committed_apart_from_what_is_folded(log, again):
    log.commit("stream", {(EVENTS_RAW, 0): 7, (COMMANDS, 3): 2})
    log.commit("scored", {(EVENTS_RAW, 0): 5})
    log.commit("stream", {(EVENTS_RAW, 0): 9})

    assert again.committed("stream") == {(EVENTS_RAW, 0): 9, (COMMANDS, 3): 2}
    assert again.committed("scored") == {(EVENTS_RAW, 0): 5}


def test_records_are_fetched_from_an_offset_on_whoever_has_read_them(log):
    log.append([raw(b"%d" % at) for at in range(5)] + [raw(b"other", partition=1)])
    log.read("stream", (EVENTS_RAW,), 10)

    first = log.fetch((EVENTS_RAW, 0), 1, 2)
    rest = log.fetch((EVENTS_RAW, 0), 3, 10)

    assert [(r.offset, r.value) for r in first] == [(1, b"1"), (2, b"2")]
    assert [(r.offset, r.value) for r in rest] == [(3, b"3"), (4, b"4")]
    assert [r.offset for r in log.fetch((EVENTS_RAW, 0), 0, 10)] == [0, 1, 2, 3, 4]


def test_nothing_is_fetched_from_the_end_on(log):
    log.append([raw(b"a")])

    assert log.fetch((EVENTS_RAW, 0), 1, 10) == []
    assert log.fetch((EVENTS_RAW, 0), 500, 10) == []
    assert log.fetch((EVENTS_RAW, 1), 0, 10) == []

    log.append([raw(b"b")])

    assert values(log.fetch((EVENTS_RAW, 0), 1, 10)) == [b"b"]


def test_heads_are_the_offsets_of_the_next_records(log, url):
    log.append([raw(b"a"), raw(b"b"), raw(b"c", partition=2), raw(b"d", topic=SIGNALS)])

    raw_heads, all_heads = log.heads((EVENTS_RAW,)), log.heads()

    count = partitions_at(url)
    empty = dict.fromkeys(((EVENTS_RAW, part) for part in range(count)), 0)
    assert raw_heads == {**empty, (EVENTS_RAW, 0): 2, (EVENTS_RAW, 2): 1}
    assert all_heads[SIGNALS, 0] == 1
    assert {topic for topic, _ in all_heads} >= {topic.name for topic in TOPICS}
    assert {topic for topic, _ in all_heads} == {topic for topic, part in all_heads if part == 3}


def test_a_deleted_value_is_none_and_an_empty_one_is_not(log):
    log.append([raw(None, topic=SIGNALS), raw(b"", b"c-2", topic=SIGNALS)])

    assert values(log.read("alerts", (SIGNALS,), 10)) == [None, b""]


def test_records_are_stamped_with_the_time_of_their_append(log):
    before = time.time()
    log.append([raw(b"a")])

    assert before - 0.01 <= log.read("stream", (EVENTS_RAW,), 1)[0].timestamp <= time.time()


def test_of_a_compacted_topic_only_the_last_record_of_a_key_is_left(sqlite_log):
    sqlite_log.append([raw(b"1", b"x", topic=SCORES), raw(b"2", b"y", topic=SCORES)])
    offsets = sqlite_log.append([raw(b"3", b"x", topic=SCORES), raw(b"4", b"x", topic=SCORES)])

    found = sqlite_log.read("sink", (SCORES,), 10)

    assert offsets == [2, 3]
    assert [(r.offset, r.key, r.value) for r in found] == [(1, b"y", b"2"), (3, b"x", b"4")]
    assert sqlite_log.value((SCORES, 0), b"x") == b"4"
    assert sqlite_log.value((SCORES, 0), b"z") is None


def test_the_same_key_in_another_partition_is_another_record(log):
    log.append([raw(b"1", topic=SCORES), raw(b"2", topic=SCORES, partition=1)])

    assert sorted(values(log.read("sink", (SCORES,), 10))) == [b"1", b"2"]


def test_lag_counts_all_for_a_group_that_never_committed(log):
    log.append([raw(b"a"), raw(b"b"), raw(b"c", partition=2), raw(b"d", topic=SIGNALS)])
    log.commit("stream", {(EVENTS_RAW, 0): 2})

    assert log.lag("alerts", (EVENTS_RAW,)) == 3
    assert log.lag("stream", (EVENTS_RAW,)) == 1
    assert log.lag("stream", (EVENTS_RAW, SIGNALS)) == 2
    assert log.lag("stream", (DAYS,)) == 0


def test_lag_does_not_count_what_compaction_removed(sqlite_log):
    sqlite_log.append([raw(b"%d" % at, topic=SCORES) for at in range(5)])
    sqlite_log.append([raw(b"other", b"y", topic=SCORES)])

    before = sqlite_log.lag("sink", (SCORES,))
    sqlite_log.commit("sink", {(SCORES, 0): sqlite_log.read("sink", (SCORES,), 10)[-1].offset + 1})

    assert before == 2
    assert sqlite_log.lag("sink", (SCORES,)) == 0


def test_lag_is_seen_by_another_instance_at_once(log, again):
    log.append([raw(b"a")])

    assert again.lag("stream", (EVENTS_RAW,)) == 1


def test_to_try_writing_leaves_nothing(log, again):
    log.append([raw(b"a")])
    before = again.heads(), again.lag("stream", (EVENTS_RAW,))

    log.try_writing()

    assert (again.heads(), again.lag("stream", (EVENTS_RAW,))) == before
    assert log.append([raw(b"b")]) == [1]


def test_to_try_writing_to_a_file_that_somebody_holds_is_told(tmp_path):
    path = tmp_path / "log.db"
    open_sqlite_log(f"sqlite:///{path}").close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    found = look_at_log(f"sqlite:///{path}", patience_s=0.1)

    with pytest.raises(LogUnavailable, match="locked"):
        found.try_writing()

    found.close()
    holder.close()


def test_to_look_at_a_log_makes_none_and_declares_nothing(tmp_path):
    path = tmp_path / "log.db"

    with pytest.raises(LogUnavailable):
        look_at_log(f"sqlite:///{path}", patience_s=0.1)
    there = path.exists()
    sqlite3.connect(path).execute("CREATE TABLE other(x)").connection.close()
    with pytest.raises(LogUnavailable):
        look_at_log(f"sqlite:///{path}", patience_s=0.1)

    assert not there


def test_what_is_read_in_a_snapshot_is_of_one_moment(tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    reader, writer = open_sqlite_log(url), open_sqlite_log(url)
    writer.append([raw(b"1", b"k", topic=DAYS)])

    with reader.snapshot():
        before = reader.value((DAYS, 0), b"k")
        writer.append([raw(b"2", b"k", topic=DAYS)])
        within = reader.value((DAYS, 0), b"k")
    after = reader.value((DAYS, 0), b"k")

    assert (before, within, after) == (b"1", b"1", b"2")
    reader.close()
    writer.close()


def test_marks_are_kept_and_overwritten(log, again):
    log.mark("stream.timers", 10.0)
    log.mark("stream.other", 1.0)
    log.mark("stream.timers", 11.5)

    assert again.marks() == {"stream.timers": 11.5, "stream.other": 1.0}


def test_a_memo_is_kept_with_the_records_and_overwritten(log, again):
    assert log.memo("ingest") == ""

    log.append([raw(b"a")], Memo("ingest", "one"))
    log.append([], Memo("ingest", "x" * 4000))
    log.append([], Memo("other", "two"))

    assert (again.memo("ingest"), again.memo("other")) == ("x" * 4000, "two")
    assert values(again.read("stream", (EVENTS_RAW,), 10)) == [b"a"]


def test_a_memo_whose_records_cannot_be_written_is_not_kept(log):
    with pytest.raises(UnknownTopic):
        log.append([raw(b"a", topic="nowhere")], Memo("ingest", "one"))

    assert log.memo("ingest") == ""


def test_a_mark_moves_no_offset_and_an_offset_no_mark(log, again):
    log.commit("stream", {(DUE, 0): 4, (DUE, 1): 5})
    log.mark("stream.timers", 10.0)
    log.commit("stream", {(DUE, 0): 6})

    done = again.committed("stream")
    assert (done[DUE, 0], done[DUE, 1]) == (6, 5)
    assert again.marks() == {"stream.timers": 10.0}


def test_an_incarnation_belongs_to_one_log(log, again, tmp_path):
    other = open_log(f"sqlite:///{tmp_path}/other.db")

    assert again.incarnation == log.incarnation
    assert other.incarnation != log.incarnation
    assert len(log.incarnation) == 16
    other.close()


def test_records_commits_and_marks_of_one_write_stand_or_fall_together(sqlite_log):
    with pytest.raises(UnknownTopic):
        sqlite_log.write([raw(b"a")], {"stream": {("nowhere", 0): 1}}, {"stream.timers": 1.0})

    assert sqlite_log.lag("stream", (EVENTS_RAW,)) == 0
    assert sqlite_log.marks() == {}
    assert sqlite_log.append([raw(b"b")]) == [0]


def test_an_unknown_topic_or_partition_is_refused(log, url):
    with pytest.raises(UnknownTopic, match="nowhere has no partition 0"):
        log.append([raw(b"a", topic="nowhere")])
    with pytest.raises(UnknownTopic):
        log.append([raw(b"a", partition=partitions_at(url))])
    with pytest.raises(UnknownTopic):
        log.commit("sink", {("nowhere", 0): 1})
    with pytest.raises(UnknownTopic):
        log.fetch(("nowhere", 0), 0, 1)


def test_declaring_topics_again_changes_nothing(log, url):
    log.append([raw(b"a", partition=3)])
    before = log.incarnation

    log.create(TOPICS, 20)
    log.create([TopicSpec("stream-days-changelog", compact=True)], 4)

    assert len([at for at in log.heads() if at[0] == EVENTS_RAW]) == partitions_at(url)
    assert len(log.heads(("stream-days-changelog",))) == 4
    assert values(log.read("stream", (EVENTS_RAW,), 1)) == [b"a"]
    assert log.incarnation == before


def test_a_topic_declared_by_another_instance_is_found(log, again):
    again.create([TopicSpec("stream-days-changelog", compact=True)], 2)

    assert log.append([raw(b"a", topic="stream-days-changelog", partition=1)]) == [0]


def test_the_file_is_readable_by_its_owner_alone(sqlite_log, tmp_path):
    assert (tmp_path / "log.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wrong", ["sqlite:log.db", "sqlite:///", "sqlite:///x?journal=off"])
def test_a_url_that_names_no_sqlite_log_is_refused(wrong):
    with pytest.raises(ValueError, match="a SQLite log"):
        open_log(wrong)


def test_an_unknown_kind_of_log_is_refused():
    with pytest.raises(ValueError, match="no such log"):
        open_log("redis://host")


def test_synchronous_full_is_an_option(tmp_path):
    log = open_sqlite_log(f"sqlite:///{tmp_path}/log.db?synchronous=FULL")

    assert log.append([raw(b"a")]) == [0]
    log.close()


# Retention

LONG_AGO = 365 * DAY_S


def test_retention_lets_old_records_go_once_every_group_is_done(sqlite_log):
    sqlite_log.append([raw(b"%d" % at) for at in range(5)])
    for group in ("stream", "scored"):
        sqlite_log.commit(group, {(EVENTS_RAW, 0): 5})

    deleted = sqlite_log.expire(time.time() + LONG_AGO)

    assert deleted == 4  # the last one of a partition stays
    assert values(sqlite_log.read("new", (EVENTS_RAW,), 10)) == [b"4"]


def test_retention_keeps_what_a_group_has_not_committed(sqlite_log):
    sqlite_log.append([raw(b"%d" % at) for at in range(5)])
    sqlite_log.commit("stream", {(EVENTS_RAW, 0): 5})
    sqlite_log.commit("scored", {(EVENTS_RAW, 0): 2})

    sqlite_log.expire(time.time() + LONG_AGO)

    assert values(sqlite_log.read("scored", (EVENTS_RAW,), 10)) == [b"2", b"3", b"4"]


def test_retention_keeps_everything_a_reader_has_never_committed(sqlite_log):
    sqlite_log.append([raw(b"a"), raw(b"b")])

    assert sqlite_log.expire(time.time() + LONG_AGO) == 0


def test_retention_keeps_what_is_young(sqlite_log):
    sqlite_log.append([raw(b"%d" % at, topic=QUARANTINE) for at in range(3)])

    assert sqlite_log.expire(time.time() + 89 * DAY_S) == 0
    assert sqlite_log.expire(time.time() + 91 * DAY_S) == 2


def test_who_has_once_looked_holds_nothing_back(sqlite_log):
    sqlite_log.append([raw(b"%d" % at, topic=QUARANTINE) for at in range(3)])
    sqlite_log.commit("operator", {(QUARANTINE, 0): 1})

    assert sqlite_log.expire(time.time() + 91 * DAY_S) == 2


def test_compacted_topics_keep_values_for_ever_and_tombstones_for_a_day(sqlite_log):
    sqlite_log.append([raw(b"1", b"x", topic=COMMANDS), raw(b"2", b"y", topic=COMMANDS)])
    sqlite_log.append([raw(None, b"x", topic=COMMANDS), raw(b"3", b"z", topic=COMMANDS)])
    for group in ("stream", "scored"):
        sqlite_log.commit(group, {(COMMANDS, 0): 4})

    too_young, deleted = (
        sqlite_log.expire(time.time() + 60),
        sqlite_log.expire(time.time() + LONG_AGO),
    )

    assert (too_young, deleted) == (0, 1)
    assert values(sqlite_log.read("new", (COMMANDS,), 10)) == [b"2", b"3"]


def test_every_group_reads_declared_topics():
    declared = {topic.name for topic in TOPICS}

    assert all(declared.issuperset(topics) for topics in GROUPS.values())


# Several processes

APPENDER = """
import sys
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
log = open_log(sys.argv[1])
for at in range(int(sys.argv[2])):
    log.append([NewRecord("events.raw", 0, b"c", b"%d" % at), NewRecord("scores", 1, b"k", b"v")])
    print(at, flush=True)
"""


HOLDER = """
import sys, time
from daykeel.log.open import open_sqlite_log
log = open_sqlite_log(sys.argv[1])
log.lease("stream")
print("held", flush=True)
time.sleep(60)
"""


def appender(url, count):
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, url, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_processes_that_start_at_once_append_to_one_log(url):
    running = [appender(url, 50) for _ in range(3)]
    assert [process.wait(60) for process in running if process.communicate()] == [0, 0, 0]

    log = open_log(url)
    found = drained(log, "stream", (EVENTS_RAW,))

    assert [record.offset for record in found] == list(range(150))
    assert len({record.value for record in found}) == 50
    assert log.heads((SCORES,))[SCORES, 1] == 150
    log.close()


def test_a_killed_process_leaves_all_that_append_returned(url):
    running = appender(url, 1_000_000)
    said = [int(running.stdout.readline()) for _ in range(20)]
    os.kill(running.pid, signal.SIGKILL)
    said += [int(line) for line in running.communicate()[0].split()]

    log = open_log(url)
    kept = [int(record.value) for record in drained(log, "stream", (EVENTS_RAW,))]

    assert kept[: len(said)] == said
    assert len(kept) - len(said) in (0, 1)  # one may be in the file and not yet said
    log.close()


def test_threads_may_share_an_instance(log):
    def append():
        for _ in range(50):
            log.append([raw(b"x")])

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert log.lag("stream", (EVENTS_RAW,)) == 200


def test_a_full_disk_is_told_and_nothing_is_written(sqlite_log):
    sqlite_log._db.execute("PRAGMA max_page_count=60")

    with pytest.raises(LogUnavailable, match="full"):
        sqlite_log.append([raw(bytes(100_000)) for _ in range(20)])

    assert sqlite_log.lag("stream", (EVENTS_RAW,)) == 0
    assert sqlite_log.append([raw(b"small")]) == [0]


def test_a_version_moves_when_another_instance_writes(sqlite_log, file):
    other = open_log(file)
    before = sqlite_log.version()
    same = sqlite_log.version()

    other.append([raw(b"a")])

    assert before == same
    assert sqlite_log.version() != before
    other.close()


def test_a_group_is_served_by_one_process_at_a_time(sqlite_log, file):
    other = open_sqlite_log(file)
    sqlite_log.lease("stream")

    with pytest.raises(Leased, match="stream"):
        other.lease("stream")
    other.lease("sink")
    sqlite_log.close()
    other.lease("stream")

    other.close()


def test_the_lease_of_a_killed_process_is_free(sqlite_log, file):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, file], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with pytest.raises(Leased):
        sqlite_log.lease("stream")
    holder.kill()
    holder.communicate()

    sqlite_log.lease("stream")


def test_the_file_is_in_wal_mode(sqlite_log, tmp_path):
    with sqlite3.connect(tmp_path / "log.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
