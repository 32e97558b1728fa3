import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from daykeel.log.errors import Leased, LogUnavailable, UnknownTopic
from daykeel.log.open import open_log, open_sqlite_log
from daykeel.log.protocol import NewRecord, TopicSpec
from daykeel.log.topics import (
    COMMANDS,
    DAY_S,
    DAYS,
    EVENTS_RAW,
    GROUPS,
    QUARANTINE,
    SCORES,
    SIGNALS,
    SQLITE_PARTITIONS,
    TOPICS,
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url):
    with_topics = open_sqlite_log(url)
    yield with_topics
    with_topics.close()


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


def test_a_new_instance_begins_at_what_the_group_committed(log, url):
    log.append([raw(b"a"), raw(b"b"), raw(b"c")])
    log.read("stream", (EVENTS_RAW,), 10)
    log.commit("stream", {(EVENTS_RAW, 0): 2})

    again = open_log(url)

    assert values(again.read("stream", (EVENTS_RAW,), 10)) == [b"c"]
    assert values(again.read("sink", (EVENTS_RAW,), 10)) == [b"a", b"b", b"c"]
    again.close()


def test_of_a_compacted_topic_only_the_last_record_of_a_key_is_left(log):
    log.append([raw(b"1", b"x", topic=SCORES), raw(b"2", b"y", topic=SCORES)])
    offsets = log.append([raw(b"3", b"x", topic=SCORES), raw(b"4", b"x", topic=SCORES)])

    found = log.read("sink", (SCORES,), 10)

    assert offsets == [2, 3]
    assert [(r.offset, r.key, r.value) for r in found] == [(1, b"y", b"2"), (3, b"x", b"4")]
    assert log.value((SCORES, 0), b"x") == b"4"
    assert log.value((SCORES, 0), b"z") is None


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


def test_lag_does_not_count_what_compaction_removed(log):
    log.append([raw(b"%d" % at, topic=SCORES) for at in range(5)])
    log.append([raw(b"other", b"y", topic=SCORES)])

    before = log.lag("sink", (SCORES,))
    log.commit("sink", {(SCORES, 0): log.read("sink", (SCORES,), 10)[-1].offset + 1})

    assert before == 2
    assert log.lag("sink", (SCORES,)) == 0


def test_lag_is_seen_by_another_instance_at_once(log, url):
    other = open_log(url)
    log.append([raw(b"a")])

    assert other.lag("stream", (EVENTS_RAW,)) == 1
    other.close()


def test_the_size_of_a_topic_is_counted_by_key(log):
    log.append([raw(b"1234", topic=QUARANTINE), raw(b"56", topic=QUARANTINE, partition=1)])
    log.append([raw(b"7", b"c-2", topic=QUARANTINE), raw(None, b"c-3", topic=QUARANTINE)])
    log.append([raw(b"other")])

    assert log.sizes(QUARANTINE) == {b"c-1": 6, b"c-2": 1, b"c-3": 0}


def test_marks_are_kept_and_overwritten(log, url):
    log.mark("stream.timers", 10.0)
    log.mark("stream.timers", 11.5)

    again = open_log(url)

    assert again.marks() == {"stream.timers": 11.5}
    again.close()


def test_an_incarnation_belongs_to_one_file(log, url, tmp_path):
    again, other = open_log(url), open_log(f"sqlite:///{tmp_path}/other.db")

    assert again.incarnation == log.incarnation
    assert other.incarnation != log.incarnation
    again.close()
    other.close()


def test_records_commits_and_marks_of_one_write_stand_or_fall_together(log):
    with pytest.raises(UnknownTopic):
        log.write([raw(b"a")], {"stream": {("nowhere", 0): 1}}, {"stream.timers": 1.0})

    assert log.lag("stream", (EVENTS_RAW,)) == 0
    assert log.marks() == {}
    assert log.append([raw(b"b")]) == [0]


def test_an_unknown_topic_or_partition_is_refused(log):
    with pytest.raises(UnknownTopic, match="nowhere has no partition 0"):
        log.append([raw(b"a", topic="nowhere")])
    with pytest.raises(UnknownTopic):
        log.append([raw(b"a", partition=SQLITE_PARTITIONS)])


def test_declaring_topics_again_changes_nothing(log):
    log.append([raw(b"a", partition=3)])

    log.create(TOPICS, 16)
    log.create([TopicSpec("stream-days-changelog", compact=True)], 4)

    assert len([at for at in log.heads() if at[0] == EVENTS_RAW]) == SQLITE_PARTITIONS
    assert values(log.read("stream", (EVENTS_RAW,), 1)) == [b"a"]


def test_the_file_is_readable_by_its_owner_alone(log, tmp_path):
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


def test_retention_lets_old_records_go_once_every_group_is_done(log):
    log.append([raw(b"%d" % at) for at in range(5)])
    for group in ("stream", "scored"):
        log.commit(group, {(EVENTS_RAW, 0): 5})

    deleted = log.expire(time.time() + LONG_AGO)

    assert deleted == 4  # the last one of a partition stays
    assert values(log.read("new", (EVENTS_RAW,), 10)) == [b"4"]


def test_retention_keeps_what_a_group_has_not_committed(log):
    log.append([raw(b"%d" % at) for at in range(5)])
    log.commit("stream", {(EVENTS_RAW, 0): 5})
    log.commit("scored", {(EVENTS_RAW, 0): 2})

    log.expire(time.time() + LONG_AGO)

    assert values(log.read("scored", (EVENTS_RAW,), 10)) == [b"2", b"3", b"4"]


def test_retention_keeps_everything_a_reader_has_never_committed(log):
    log.append([raw(b"a"), raw(b"b")])

    assert log.expire(time.time() + LONG_AGO) == 0


def test_retention_keeps_what_is_young(log):
    log.append([raw(b"%d" % at, topic=QUARANTINE) for at in range(3)])

    assert log.expire(time.time() + 89 * DAY_S) == 0
    assert log.expire(time.time() + 91 * DAY_S) == 2


def test_who_has_once_looked_holds_nothing_back(log):
    log.append([raw(b"%d" % at, topic=QUARANTINE) for at in range(3)])
    log.commit("operator", {(QUARANTINE, 0): 1})

    assert log.expire(time.time() + 91 * DAY_S) == 2


def test_compacted_topics_keep_values_for_ever_and_tombstones_for_a_day(log):
    log.append([raw(b"1", b"x", topic=COMMANDS), raw(b"2", b"y", topic=COMMANDS)])
    log.append([raw(None, b"x", topic=COMMANDS), raw(b"3", b"z", topic=COMMANDS)])
    for group in ("stream", "scored"):
        log.commit(group, {(COMMANDS, 0): 4})

    too_young, deleted = log.expire(time.time() + 60), log.expire(time.time() + LONG_AGO)

    assert (too_young, deleted) == (0, 1)
    assert values(log.read("new", (COMMANDS,), 10)) == [b"2", b"3"]


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
    found = log.read("stream", (EVENTS_RAW,), 1000)

    assert [record.offset for record in found] == list(range(150))
    assert log.lag("sink", (SCORES,)) == 1
    log.close()


def test_a_killed_process_leaves_all_that_append_returned(url):
    running = appender(url, 1_000_000)
    said = [int(running.stdout.readline()) for _ in range(20)]
    os.kill(running.pid, signal.SIGKILL)
    said += [int(line) for line in running.communicate()[0].split()]

    log = open_log(url)
    kept = [int(record.value) for record in log.read("stream", (EVENTS_RAW,), 1_000_000)]

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


def test_a_full_disk_is_told_and_nothing_is_written(log):
    log._db.execute("PRAGMA max_page_count=60")

    with pytest.raises(LogUnavailable, match="full"):
        log.append([raw(bytes(100_000)) for _ in range(20)])

    assert log.lag("stream", (EVENTS_RAW,)) == 0
    assert log.append([raw(b"small")]) == [0]


def test_a_version_moves_when_another_instance_writes(log, url):
    other = open_log(url)
    before = log.version()
    same = log.version()

    other.append([raw(b"a")])

    assert before == same
    assert log.version() != before
    other.close()


def test_a_group_is_served_by_one_process_at_a_time(log, url):
    other = open_sqlite_log(url)
    log.lease("stream")

    with pytest.raises(Leased, match="stream"):
        other.lease("stream")
    other.lease("sink")
    log.close()
    other.lease("stream")

    other.close()


def test_the_lease_of_a_killed_process_is_free(log, url):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with pytest.raises(Leased):
        log.lease("stream")
    holder.kill()
    holder.communicate()

    log.lease("stream")


def test_the_file_is_in_wal_mode(log, tmp_path):
    with sqlite3.connect(tmp_path / "log.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
