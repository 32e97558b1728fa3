"""Checks of the folder and the files: they are there, others cannot read them, there is room."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from daykeel.doctor.finding import Ailment, Finding, Level, NothingToSee
from daykeel.doctor.premises import STORES, Premises
from daykeel.doctor.urls import files_in, sqlite_path

KEY_BYTES = 32
OTHERS, STRANGERS = 0o077, 0o007
"""Permission bits: of anybody but the owner, and of anybody but the owner and a group."""
PROBE = bytes(65_536)
EASY = 4
"""With less than so many times the least there is a warning."""
MB = 1_000_000


def folder(premises: Premises) -> str:
    """Return that the data folder is there, and for its owner alone."""
    if not premises.is_embedded:
        raise NothingToSee("each process runs by itself: nothing has to lie in a folder")
    path = premises.data
    if not path.is_dir() or (premises.is_new and not premises.key_file.exists()):
        raise Ailment(
            f"there is no installation in {path}",
            f"start one with `{premises.start}`, or give the folder it is in with --data; where it "
            "was here before, put it back from a backup, with its installation.key",
        )
    if path.stat().st_mode & OTHERS:
        raise Ailment(f"others can look into {path}", f"chmod 700 {path}")
    return f"{path} is there, for its owner alone"


def key(premises: Premises) -> str:
    """Return that the installation's key is there, whole, and for its owner's eyes only."""
    path = premises.key_file
    if premises.is_new and not path.exists():
        raise NothingToSee("there is no installation, see folder")
    try:
        found, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise Ailment(
            f"{path}, the installation's key, cannot be read: {error.strerror}",
            "put the key back from its backup, or look as the user the installation runs as; "
            "without it names cannot be read",
        ) from error
    if len(found) != KEY_BYTES:
        raise Ailment(
            f"{path} has {len(found)} bytes and must have {KEY_BYTES}",
            "put the key back from its backup; never make another one",
        )
    if mode & OTHERS:
        raise Ailment(
            f"others can read {path}, the installation's key",
            f"chmod 600 {path}, and think of whoever may have read it: with it and a copy of the "
            "records names can be read",
        )
    return f"{path} is whole, and for its owner alone"


def permissions(premises: Premises) -> Iterator[Finding]:
    """Yield each file that others can read or that somebody else owns; else that there is none."""
    found = [*_open_to_others(premises), *_of_others(premises)]
    for said, advice in found:
        yield Finding("permissions", Level.FAILED, said, advice)
    if not found:
        said = "stores and secrets are for their owner alone"
        yield Finding("permissions", Level.WELL, said)


def _open_to_others(premises: Premises) -> Iterator[tuple[str, str]]:
    for path, bits in _private(premises):
        if path.exists() and path.stat().st_mode & bits:
            who = "others" if bits == OTHERS else "everybody"
            mode = "600" if bits == OTHERS else "640"
            yield f"{who} can read {path}", f"chmod {mode} {path}"


def _private(premises: Premises) -> Iterator[tuple[Path, int]]:
    """Yield files, with the permission bits that none of them may have."""
    yield from ((path, OTHERS) for path in stores(premises))
    if (tls_key := premises.file("key")) is not None:
        yield tls_key, STRANGERS
    for name in (*STORES, "mqtt"):
        for option, path in files_in(premises.setting(name) or "").items():
            if option == "passfile":  # libpq passes over one that others can read
                yield path, OTHERS
            elif option in ("token_file", "password_file"):
                yield path, STRANGERS


def stores(premises: Premises) -> Iterator[Path]:
    """Yield the files of stores that lie in files; what SQLite puts beside takes after them."""
    for name in STORES:
        path = sqlite_path(premises.setting(name) or "")
        if path is not None:
            yield path


def _of_others(premises: Premises) -> Iterator[tuple[str, str]]:
    """Yield files of stores that do not belong to the owner of their folder."""
    for path in stores(premises):
        if path.exists() and path.stat().st_uid != path.parent.stat().st_uid:
            owner = path.parent.stat().st_uid
            said = (
                f"{path} does not belong to the owner of its folder, so processes cannot write it"
            )
            yield said, f"chown {owner} {path}, and run commands as that user"


def disk(premises: Premises) -> Iterator[Finding]:
    """Yield of each disk of ours whether there is room and whether it can be written."""
    for path in _disks(premises):
        yield _room(path, premises.least_free)
    if not premises.is_embedded:
        yield Finding("disk", Level.SKIPPED, "the disks of the servers are not seen from here")


def _disks(premises: Premises) -> list[Path]:
    """Return one folder of ours for each disk."""
    named = [premises.data, *(path.parent for path in stores(premises))]
    if (tables := premises.file("tables")) is not None:
        named.append(tables)
    found = {path.stat().st_dev: path for path in reversed(named) if path.is_dir()}
    return list(found.values())


def _room(path: Path, least: int) -> Finding:
    try:
        free = shutil.disk_usage(path).free
        with TemporaryFile(dir=path) as probe:
            probe.write(PROBE)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        said = f"nothing can be written in {path}: {error.strerror}"
        advice = "make room, or see to the disk: it may be full, or be read only after an error"
        return Finding("disk", Level.FAILED, said, advice)
    said = f"{free // MB} MB are free in {path}"
    if free < least:
        advice = f"make room: below {least // MB} MB devices are soon no longer acknowledged"
        return Finding("disk", Level.FAILED, said, advice)
    if free < EASY * least:
        advice = "make room soon: the log keeps what devices said for 30 days"
        return Finding("disk", Level.WARNING, said, advice)
    return Finding("disk", Level.WELL, said)
