"""The check of certificates: those in files, and those that are shown to others."""

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificate

from daykeel.doctor.finding import Finding, Level, NothingToSee
from daykeel.doctor.listening import ANSWER_S, endpoint, public_name
from daykeel.doctor.premises import Premises

SOON = timedelta(days=14)
"""Before its end a certificate is to be renewed."""


def certificates(premises: Premises) -> Iterator[Finding]:
    """Yield of each certificate until when it is valid."""
    found = False
    own = None
    if (file := premises.file("cert")) is not None:
        found = True
        own = _in_file(file)
        yield _judged(f"the certificate {file}", own, premises.now())
    for what, where in _shown(premises):
        found = True
        yield _of_endpoint(what, where, own, premises.now())
    if not found:
        raise NothingToSee("nothing here speaks TLS")


def _in_file(path: Path) -> Certificate | None:
    """Return the first certificate of a file, which is the own one."""
    try:
        return load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _shown(premises: Premises) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield who shows a certificate, and where."""
    if not premises.is_running:
        return
    url = premises.reached.url if premises.reached else ""
    if (pages := endpoint(url)) is not None:
        yield "the pages", pages
    named = public_name(premises)
    if named is not None and named[2]:
        yield "the broker", named[:2]


def _of_endpoint(
    what: str, where: tuple[str, int], own: Certificate | None, now: datetime
) -> Finding:
    name = f"the certificate of {what} at {where[0]}:{where[1]}"
    try:
        shown = load_pem_x509_certificate(
            ssl.get_server_certificate(where, timeout=ANSWER_S).encode()
        )
    except (OSError, ValueError, socket.gaierror):
        said = f"{name} cannot be seen, see ports, pages and broker"
        return Finding("certificate", Level.SKIPPED, said)
    found = _judged(name, shown, now)
    if own is None or shown.not_valid_after_utc >= own.not_valid_after_utc:
        return found
    if found.level is Level.FAILED:
        return found._replace(advice=START_AGAIN)
    said = f"{name} is an older one than that of the file"
    return Finding("certificate", Level.WARNING, said, START_AGAIN)


def _judged(name: str, found: Certificate | None, now: datetime) -> Finding:
    if found is None:
        advice = "put the certificate chain there in PEM form, the own certificate first"
        return Finding("certificate", Level.FAILED, f"{name} cannot be read", advice)
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    if now < begins:
        said = f"{name} is not valid before {begins:%Y-%m-%d %H:%M} UTC"
        advice = "see whether the clock of this machine is right; else wait, or use another one"
        return Finding("certificate", Level.FAILED, said, advice)
    if now >= ends:
        said = f"{name} is not valid since {ends:%Y-%m-%d %H:%M} UTC: no device gets in"
        return Finding("certificate", Level.FAILED, said, RENEW)
    if now + SOON >= ends:
        said = f"{name} is valid only until {ends:%Y-%m-%d %H:%M} UTC"
        return Finding("certificate", Level.WARNING, said, RENEW)
    return Finding("certificate", Level.WELL, f"{name} is valid until {ends:%Y-%m-%d}")


RENEW = "renew it, and start what shows it again"
START_AGAIN = "start the installation again: it holds on to the certificate it began with"
