"""The stream's tables: Faust tables, and drafts of them that one event fills."""

from collections.abc import Iterator, MutableMapping
from dataclasses import fields

import faust

from daykeel.pipeline.state import Tables

NAMES = tuple(field.name for field in fields(Tables))


class Draft(MutableMapping[str, bytes]):
    """A table with changes that are not made yet: all are, or none where the work failed."""

    def __init__(self, table: MutableMapping[bytes, bytes]) -> None:
        self._table = table
        self._changes: dict[str, bytes | None] = {}

    def __getitem__(self, key: str) -> bytes:
        value = self._changes[key] if key in self._changes else self._table.get(key.encode())
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: bytes) -> None:
        self._changes[key] = value

    def __delitem__(self, key: str) -> None:
        self._changes[key] = None

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("the tables of a stream are read by key")

    def __len__(self) -> int:
        raise NotImplementedError("the tables of a stream are read by key")

    def make(self) -> None:
        """Make the changes."""
        for key, value in self._changes.items():
            if value is None:
                self._table.pop(key.encode(), None)
            else:
                self._table[key.encode()] = value
        self._changes.clear()


def add_tables(app: faust.App, partitions: int) -> dict[str, MutableMapping[bytes, bytes]]:
    """Have `app` keep the tables of the pipeline, each with a changelog topic."""
    return {
        name: app.Table(name, key_type=bytes, value_type=bytes, partitions=partitions)
        for name in NAMES
    }


def draft(tables: dict[str, MutableMapping[bytes, bytes]]) -> Tables:
    """Return drafts of all tables, for one event."""
    return Tables(**{name: Draft(table) for name, table in tables.items()})


def make(drafts: Tables) -> None:
    """Make all the changes of the drafts."""
    for name in NAMES:
        getattr(drafts, name).make()
