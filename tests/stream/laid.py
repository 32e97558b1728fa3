"""Tables of a stream that no stream has made, on a log of either kind."""

from dataclasses import fields

from daykeel.log.protocol import NewRecord, TopicSpec
from daykeel.log.topics import CHANGELOG, SQLITE_PARTITIONS, partition_of, partitions_at
from daykeel.pipeline.state import Tables
from daykeel.stream.state import changelog, changelog_key

NAMES = [field.name for field in fields(Tables)]


def lay(log, url, tables):
    """Write what the tables hold as a stream does."""
    if not url.startswith("kafka:"):
        log.create([TopicSpec(changelog(name), compact=True) for name in NAMES], SQLITE_PARTITIONS)
    for name in NAMES:
        records = [_record(url, name, key, value) for key, value in getattr(tables, name).items()]
        for first in range(0, len(records), 500):
            log.append(records[first : first + 500])


def _record(url, name, key, value):
    partition = partition_of(key.partition("|")[0], partitions_at(url))
    if url.startswith("kafka:"):
        return NewRecord(CHANGELOG.name, partition, changelog_key(name, key.encode()), value)
    return NewRecord(changelog(name), partition, key.encode(), value)
