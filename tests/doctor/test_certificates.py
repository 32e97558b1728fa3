"""Certificates that somebody shows, as far as they can be seen from outside."""

import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from certificate import certificate

from daykeel.doctor.certificates import certificates
from daykeel.doctor.finding import Ailment, Level, NothingToSee
from daykeel.doctor.listening import broker, pages
from daykeel.doctor.premises import Premises, Reached
from daykeel.records.canary import CanaryLogin

LOGIN = CanaryLogin("d-canary", "topic", "password")


@contextmanager
def showing(cert, key):
    """Show a certificate to whoever connects, and say nothing more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("localhost", 0)) as server:

        def serve():
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def premises(port, **settings):
    url = f"https://localhost:{port}"
    return Premises(
        data=Path("/nowhere"),
        settings={f"DAYKEEL_{name.upper()}": str(value) for name, value in settings.items()},
        is_embedded=True,
        is_running=True,
        reached=Reached(url, "localhost", port, mqtt_tls=True),
    )


def test_a_certificate_that_is_shown_and_over(tmp_path):
    with showing(*certificate(tmp_path, begins=-9, days=-1)) as port:
        found = list(certificates(premises(port)))

    assert [one.level for one in found] == [Level.FAILED, Level.FAILED]
    assert [
        f"the certificate of {what} at localhost" in one.said
        for what, one in zip(("the pages", "the broker"), found, strict=True)
    ] == [True, True]


def test_who_cannot_get_in_because_it_is_over_leaves_that_to_the_check_of_certificates(tmp_path):
    cert, key = certificate(tmp_path, begins=-9, days=-1)
    with showing(cert, key) as port:
        house = premises(port, public_url=f"https://localhost:{port}", cert=cert)

        with pytest.raises(NothingToSee, match="see certificate"):
            pages(house)
        with pytest.raises(NothingToSee, match="see certificate"):
            list(broker(house, lambda: LOGIN))


def test_a_certificate_that_nobody_knows_is_another_matter(tmp_path):
    with showing(*certificate(tmp_path, days=30)) as port:
        house = premises(port, public_url=f"https://localhost:{port}")

        with pytest.raises(Ailment, match="self-signed certificate"):
            pages(house)
        with pytest.raises(Ailment, match="self-signed certificate"):
            list(broker(house, lambda: LOGIN))


def test_a_process_that_still_shows_the_certificate_of_before_it_was_renewed(tmp_path):
    (tmp_path / "old").mkdir()
    old = certificate(tmp_path / "old", days=2)
    cert, _ = certificate(tmp_path, days=90)
    with showing(*old) as port:
        house = replace(
            premises(port, cert=cert), reached=Reached("http://x", "localhost", port, True)
        )
        file, shown = certificates(house)

    assert file.level is Level.WELL
    assert (shown.level, "start the installation again" in shown.advice) == (Level.WARNING, True)


def test_one_that_is_over_locks_everybody_out_though_the_file_was_renewed(tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("authority", "old", "new")]
    for folder in folders:
        folder.mkdir()
    authority = certificate(folders[0], days=90, name="authority")
    old = certificate(folders[1], begins=-9, days=-1, issuer=authority)
    cert, _ = certificate(folders[2], days=90, issuer=authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    with showing(*old) as port:
        house = premises(port, public_url=f"https://localhost:{port}", cert=cert)
        file, *shown = certificates(house)
        with pytest.raises(NothingToSee, match="see certificate"):
            pages(house)

    assert file.level is Level.WELL
    assert [one.level for one in shown] == [Level.FAILED, Level.FAILED]
    assert all("no device gets in" in one.said for one in shown)
    assert all("start the installation again" in one.advice for one in shown)


def test_where_nobody_shows_one_there_is_nothing_to_say_of_it():
    with socket.create_server(("localhost", 0)) as silent:
        port = silent.getsockname()[1]
    house = premises(port)

    assert {one.level for one in certificates(house)} == {Level.SKIPPED}


def test_without_tls_there_is_none():
    house = replace(premises(1), reached=Reached("http://x", "x", 1, mqtt_tls=False))

    with pytest.raises(NothingToSee):
        list(certificates(house))


def test_what_is_valid_is_said_until_when(tmp_path):
    cert, _ = certificate(tmp_path, days=90)
    house = replace(premises(1, cert=cert), is_running=False)

    (found,) = certificates(house)

    assert found.level is Level.WELL
    assert (
        str((datetime.now(UTC)).year) in found.said or str(datetime.now(UTC).year + 1) in found.said
    )
