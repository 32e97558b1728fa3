"""The bare machinery, measured beside the whole: a Faust agent that counts, a paho subscriber."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt

from daykeel.log.sqlite import SqliteLog

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/stream"))
from counting import event, open_counting

EVENTS = 20_000
MESSAGES = 20_000
ROOT = Path(__file__).resolve().parents[1]
COUNTING = ROOT / "tests/stream/counting.py"


def bare_faust() -> float:
    """Return the events/s of an agent with one table update and one send each, on the same log."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.db"
        log = open_counting(url)
        log.append([event(f"c-{at % 50}".encode()) for at in range(EVENTS)])
        worker = subprocess.Popen([sys.executable, str(COUNTING), url])
        try:
            begin = _when(log, EVENTS - 1)
            return EVENTS / (_when(log, 0) - begin)
        finally:
            worker.kill()
            worker.wait()
            log.close()


def _when(log: SqliteLog, left: int) -> float:
    """Wait until at most `left` events are not counted, and return the time."""
    while log.lag("counting", ["events"]) > left:
        time.sleep(0.002)
    return time.perf_counter()


def bare_paho() -> float:
    """Return the messages/s a paho subscriber gets through at QoS 1, doing nothing with them."""
    with broker() as port:
        seen: list[float] = []
        subscriber = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="subscriber")
        subscriber.on_message = lambda *_: seen.append(time.perf_counter())
        ready: list[int] = []
        subscriber.on_subscribe = lambda *_: ready.append(1)
        subscriber.on_connect = lambda *_: subscriber.subscribe("bench", 1)
        subscriber.connect("127.0.0.1", port)
        subscriber.loop_start()
        while not ready:
            time.sleep(0.01)
        publisher = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher")
        publisher.max_inflight_messages_set(100)
        publisher.connect("127.0.0.1", port)
        publisher.loop_start()
        begin = time.perf_counter()
        for _ in range(MESSAGES):
            publisher.publish("bench", b"x" * 200, qos=1)
        while len(seen) < MESSAGES:
            time.sleep(0.01)
        publisher.disconnect()
        subscriber.disconnect()
        return MESSAGES / (seen[-1] - begin)


@contextmanager
def broker():
    """Run a stock Mosquitto on loopback."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        raise SystemExit("the bare subscriber needs Mosquitto: install the package mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "mosquitto.conf")
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        )
        running = subprocess.Popen([found, "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                time.sleep(0.02)
            yield port
        finally:
            running.kill()
            running.wait()
