import json
import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import DEADLINE_S, free_port, until

from daykeel.events.codec import decode
from daykeel.events.event import RawRecord
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW
from daykeel.records.policy import CANARY

pytestmark = [pytest.mark.e2e, pytest.mark.long]

DAYKEEL = [sys.executable, "-m", "daykeel.cli.main"]


class Up:
    """`daykeel up` on a folder, as a person would start it."""

    def __init__(self, data, *more):
        self.data, self.port, self.mqtt_port = data, free_port(), free_port()
        self._out = data.parent / f"up-{self.port}.out"
        options = ["--data", str(data), "--port", str(self.port), *more]
        with self._out.open("wb") as out, (data.parent / "up.err").open("ab") as err:
            self.process = subprocess.Popen(
                [*DAYKEEL, "up", *options, "--mqtt-port", str(self.mqtt_port)],
                stdout=out,
                stderr=err,
            )
        until(lambda: "ready" in self.told, (data.parent / "up.err").read_text()[-2000:])

    @property
    def told(self):
        return self._out.read_text()

    def children(self):
        found = {}
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it has just died
                name = (process.cmdline() or ["dead"])[-1]
                found[name.removeprefix("daykeel.")] = process
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*more):
        started.append(Up(tmp_path / "data", *more))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.stop()


def command(*arguments):
    done = subprocess.run([*DAYKEEL, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def ticket(told):
    """What `client add` printed for OwnTracks."""
    own = told.split("OwnTracks")[1].split("\n\n")[0]
    return dict(re.findall(r"^  (\w+) +(\S+)", own, re.MULTILINE))


def publish(port, said, message, authority=None):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=said["user"])
    client.username_pw_set(said["user"], said["password"])
    if authority is not None:
        client.tls_set(str(authority))
    client.connect("localhost" if authority else "127.0.0.1", port)
    client.loop_start()
    told = client.publish(said["topic"], json.dumps(message).encode(), qos=1)
    told.wait_for_publish(DEADLINE_S)
    client.disconnect()
    client.loop_stop()
    assert told.is_published()


def location(at):
    return {"_type": "location", "lat": 0.0, "lon": 0.0, "tst": int(at.timestamp()), "batt": 80}


def logged(data):
    """What people's devices said."""
    return [raw for raw in everything(data) if raw.client != CANARY]


def everything(data):
    log = open_log(f"sqlite:///{data}/log.db")
    try:
        return [decode(RawRecord, one.value) for one in log.read("test", (EVENTS_RAW,), 100)]
    finally:
        log.close()


def is_ready(port, authority=None):
    scheme, host = ("https", "localhost") if authority else ("http", "127.0.0.1")
    url = f"{scheme}://{host}:{port}/readyz"
    try:
        with urllib.request.urlopen(url, context=authority) as answer:  # noqa: S310  ours
            return answer.status == 200
    except urllib.error.HTTPError as refused:
        with refused:
            return False


def test_it_serves_restarts_what_dies_stops_cleanly_and_keeps_everything(start, tmp_path):
    data = tmp_path / "data"
    now = datetime.now(UTC)
    first = start()
    told = command("client", "add", "--data", str(data), "--name", "A. Client", "--zone", "UTC")
    publish(first.mqtt_port, ticket(told), location(now - timedelta(minutes=2)))
    until(lambda: is_ready(first.port), "the canary has come back")
    assert set(first.children()) == {"stream", "cli.beside", "ingest", "api"}
    dead = first.children()["stream"]
    dead.kill()
    until(lambda: first.children().get("stream", dead) != dead, "the stream is started again")
    assert first.told.count("/login?token=") == 1
    assert first.stop() == 0

    second = start()
    publish(second.mqtt_port, ticket(told), location(now - timedelta(minutes=1)))
    with urllib.request.urlopen(f"http://127.0.0.1:{second.port}/healthz") as answer:
        assert answer.status == 200

    assert [raw.adapter for raw in logged(data)] == ["owntracks", "owntracks"]
    assert "/login?token=" not in second.told
    assert second.stop() == 0


def test_a_second_one_on_the_same_folder_is_refused(start, tmp_path):
    start()
    options = ["--data", str(tmp_path / "data"), "--port", str(free_port())]
    options += ["--mqtt-port", str(free_port())]

    ended = subprocess.run(
        [*DAYKEEL, "up", *options], capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 2
    assert "another installation is running" in ended.stderr


@pytest.fixture
def certificate(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_with_a_certificate_pages_and_broker_speak_tls_and_nothing_else(
    start, tmp_path, certificate
):
    cert, key = certificate
    data = tmp_path / "data"
    tls = ["--public-host", "localhost", "--cert", str(cert), "--key", str(key)]
    running = start(*tls, "--listen", "127.0.0.1")
    trusted = ssl.create_default_context(cafile=str(cert))

    told = command("client", "add", "--data", str(data), "--name", "A. Client", "--zone", "UTC")
    publish(running.mqtt_port, ticket(told), location(datetime.now(UTC)), authority=cert)
    url = f"https://localhost:{running.port}/healthz"
    with urllib.request.urlopen(url, context=trusted) as answer:
        assert answer.status == 200

    until(lambda: is_ready(running.port, trusted), "the canary has come back through TLS")
    assert any(raw.client == CANARY for raw in everything(data))
    assert f"https://localhost:{running.port}/login?token=" in running.told
    assert "TLS" in told
    assert [raw.adapter for raw in logged(data)] == ["owntracks"]
    with pytest.raises(OSError, match=r"."):
        urllib.request.urlopen(f"http://localhost:{running.port}/healthz", timeout=10)
