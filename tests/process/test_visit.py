import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from daykeel.process.visit import IN_FLIGHT, Broker, NotHeard, broker_at, visit

sys.path.insert(0, str(Path(__file__).parent))
from small_broker import SmallBroker

MESSAGES = [("t/1", b"one"), ("t/2", b"two")]
MANY = [(f"t/{number}", str(number).encode()) for number in range(2 * IN_FLIGHT + 5)]
CERT, AUTHORITY = Path("cert.pem"), Path("ca.pem")


def at(broker):
    return Broker("127.0.0.1", broker.port)


def test_a_visit_returns_once_everything_is_kept_in_order():
    with SmallBroker() as broker:
        visit(at(broker), "d-canary", "secret", MESSAGES)

        assert broker.kept == MESSAGES
        assert broker.signed_in == [("d-canary", "secret")]


def test_what_is_not_acknowledged_was_not_heard():
    with SmallBroker(limit=1) as broker, pytest.raises(NotHeard, match="1 of 2 messages"):
        visit(at(broker), "d-canary", "secret", MESSAGES, patience_s=3.0)


def test_more_than_are_sent_ahead_are_kept_in_order():
    with SmallBroker() as broker:
        visit(at(broker), "d-1", "secret", MANY)

        assert broker.kept == MANY


class Ticking:
    """Three seconds go by from one look to the next, so each message has some left."""

    now = 0.0

    def monotonic(self):
        self.now += 3.0
        return self.now


def test_a_long_visit_is_as_patient_with_each_message_as_with_the_first(monkeypatch):
    monkeypatch.setattr("daykeel.process.visit.time", Ticking())

    with SmallBroker() as broker:
        visit(at(broker), "d-1", "secret", MANY, patience_s=10, is_long=True)

        assert broker.kept == MANY


def test_a_refused_sign_in_is_told_without_the_password():
    with SmallBroker(code=5) as broker, pytest.raises(NotHeard, match="refused") as told:
        visit(at(broker), "d-canary", "hunter2", MESSAGES)

    assert "hunter2" not in str(told.value)


def test_no_broker_at_all_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(NotHeard, match="no broker"):
        visit(Broker("127.0.0.1", port), "d-canary", "secret", MESSAGES)


def test_a_broker_that_accepts_and_is_silent_is_told():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker = Broker("127.0.0.1", silent.getsockname()[1])

        with pytest.raises(NotHeard, match="does not answer"):
            visit(broker, "d-canary", "secret", MESSAGES, patience_s=0.2)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("embedded://0.0.0.0:1884", "127.0.0.1", 1884),
        ("embedded://[::]:1884", "::1", 1884),
        ("embedded://localhost", "localhost", 1883),
        ("mqtt://ingest:secret@broker.example:99", "broker.example", 99),
        ("mqtts://broker.example", "broker.example", 8883),
    ],
)
def test_a_broker_is_reached_where_it_listens(url, host, port):
    broker = broker_at(url, cert=CERT)

    assert (broker.host, broker.port, broker.is_tls) == (host, port, url.startswith("mqtts"))
    assert "secret" not in repr(broker)


@pytest.mark.parametrize("url", ["", "broker.example", "http://broker.example", "mqtt://"])
def test_another_url_is_refused(url):
    with pytest.raises(ValueError, match="a broker is named"):
        broker_at(url)


def test_our_own_broker_with_tls_needs_its_certificate():
    with pytest.raises(ValueError, match="DAYKEEL_CERT"):
        broker_at("embedded+tls://0.0.0.0:8883")


def test_our_own_broker_is_known_by_its_certificate_and_another_by_its_name_too():
    ours = broker_at("embedded+tls://0.0.0.0:8883", cert=CERT)
    other = broker_at(f"mqtts://broker.example?ca_file={AUTHORITY}", cert=CERT)

    assert (ours.trusted, ours.is_ours) == (CERT, True)
    assert (other.trusted, other.is_ours) == (AUTHORITY, False)
    context = broker_at("mqtts://broker.example").context
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert broker_at("mqtt://broker.example").context is None


def certificate(folder, name):
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=elsewhere.example"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@contextmanager
def shaking_hands(cert, key):
    """A listener that speaks TLS with a certificate, and tells of the first handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    done = SimpleQueue()

    def serve():
        peer, _ = listener.accept()
        with peer:
            try:
                context.wrap_socket(peer, server_side=True).close()
            except OSError:
                done.put(False)
            else:
                done.put(True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], done
        thread.join(30)


@pytest.mark.parametrize("is_right", [True, False])
def test_of_our_own_broker_exactly_its_certificate_is_trusted(tmp_path, is_right):
    cert, key = certificate(tmp_path, "ours")
    trusted = cert if is_right else certificate(tmp_path, "other")[0]

    with shaking_hands(cert, key) as (port, done):
        broker = broker_at(f"embedded+tls://0.0.0.0:{port}", cert=trusted)
        with pytest.raises(NotHeard) as told:
            visit(broker, "d-canary", "secret", MESSAGES, patience_s=3.0)

        assert done.get(timeout=30) is is_right
    assert ("CERTIFICATE_VERIFY_FAILED" in str(told.value)) is not is_right
