"""The tables of one worker in one RocksDB: of each partition a prefix of its changelog.

What is written is on the changelog before, and the offset reached is written with it, so a worker
that dies at any instant needs only what lies beyond that offset.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

CACHE = 32_000_000
"""Bytes of blocks kept in memory."""

BUFFER = 8_000_000
"""Bytes of writes gathered in memory, besides RocksDB's own log of them."""

_WHOSE = b"\xffincarnation"


class Shelf:
    """Values by partition and changelog key; one process at a time has it open."""

    def __init__(self, folder: Path, incarnation: str) -> None:
        """Open the shelf, and empty it if it was filled from another log.

        Parameters
        ----------
        folder
            Where the files lie; made if it is not there.
        incarnation
            Of the log whose changelog is kept.
        """
        self._folder = folder
        self._db = _opened(folder)
        if self._db.get(_WHOSE) not in (None, incarnation.encode()):
            self._db.close()
            Rdict.destroy(str(folder))
            self._db = _opened(folder)
        self._db.put(_WHOSE, incarnation.encode())

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""
        value: bytes | None = self._db.get(bytes([partition]) + key)
        return value

    def put(self, partition: int, changes: Iterable[tuple[bytes, bytes | None]], stop: int) -> None:
        """Apply what the changelog says before offset `stop`; None deletes."""
        batch, home = WriteBatch(raw_mode=True), bytes([partition])
        for key, value in changes:
            if value is None:
                batch.delete(home + key)
            else:
                batch.put(home + key, value)
        batch.put(home, b"%d" % stop)
        self._db.write(batch)

    def stop(self, partition: int) -> int:
        """Return the offset up to which the partition's changelog is here."""
        return int(self._db.get(bytes([partition])) or b"0")

    def values(self, partition: int, prefix: bytes) -> Iterator[bytes]:
        """Yield the values of all keys of a partition that begin with `prefix`."""
        wanted = bytes([partition]) + prefix
        found: Iterator[tuple[bytes, bytes]] = cast(Any, self._db.items(from_key=wanted))
        for key, value in found:
            if not key.startswith(wanted):
                return
            yield value

    def clear(self, partition: int) -> None:
        """Forget the partition, as when its changelog has begun anew."""
        self._db.delete_range(bytes([partition]), bytes([partition + 1]))

    def close(self) -> None:
        """Release the files."""
        self._db.close()


def _opened(folder: Path) -> Rdict:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options, blocks = Options(raw_mode=True), BlockBasedOptions()
    blocks.set_block_cache(Cache(CACHE))
    blocks.set_bloom_filter(10, block_based=False)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(BUFFER)
    options.set_keep_log_file_num(2)
    return Rdict(str(folder), options=options)
