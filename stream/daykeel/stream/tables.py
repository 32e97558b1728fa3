"""The stream's tables: Faust tables, and drafts of them that one event fills."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import fields
from typing import cast

import faust

from daykeel.pipeline.state import Tables
from daykeel.stream.store import HeldStore

Table = faust.Table[bytes, bytes]
"""A table whose store is a `HeldStore`."""

NAMES = tuple(field.name for field in fields(Tables))


class Overlay(MutableMapping[str, bytes]):
    """What something says of each key, with changes that it does not know of."""

    def __init__(self, value: Callable[[bytes], bytes | None]) -> None:
        self._value = value
        self._changes: dict[str, bytes | None] = {}

    def __getitem__(self, key: str) -> bytes:
        value = self._changes[key] if key in self._changes else self._value(key.encode())
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


class Draft(Overlay):
    """A table with changes that are not made yet: all are, or none where the work failed."""

    def __init__(self, table: Table) -> None:
        super().__init__(cast(HeldStore, table.data).value)
        self._table = table

    def make(self) -> None:
        """Make the changes."""
        for key, value in self._changes.items():
            if value is not None:
                self._table[key.encode()] = value
            elif key.encode() in self._table:
                del self._table[key.encode()]
        self._changes.clear()


def add_tables(app: faust.App, partitions: int) -> dict[str, Table]:
    """Have `app`, keep those of the pipeline."""
    made = (
        app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes) for name in NAMES
    )
    return {table.name: cast(Table, table) for table in made}


def draft(tables: Mapping[str, Table]) -> Tables:
    """Return drafts of all tables, for one event."""
    return Tables(**{name: Draft(table) for name, table in tables.items()})


def make(drafts: Tables) -> None:
    """Make all the changes of the drafts."""
    for name in NAMES:
        getattr(drafts, name).make()
