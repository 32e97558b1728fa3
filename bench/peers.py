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

from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import EVENTS_RAW

EVENTS = 20_000
MESSAGES = 20_000
COUNTER = """
import sys, time
import faust
from daykeel.stream.transport.sqlite import Transport  # registers sqlite://

app = faust.App("bare", broker=sys.argv[1], store="memory://", topic_partitions=4,
                web_enabled=False, topic_disable_leader=True)
topic = app.topic("events.raw", key_type=bytes, value_type=bytes, key_serializer="raw",
                  value_serializer="raw")
table = app.Table("counts", default=int, partitions=4)
seen, begin = 0, None

@app.agent(topic, concurrency=1)
async def count(events):
    global seen, begin
    async for event in events.events():
        begin = begin or time.perf_counter()
        table[event.key.decode()] += 1
        seen += 1
        if seen == int(sys.argv[2]):
            print(seen / (time.perf_counter() - begin), flush=True)

app.worker(loglevel="ERROR").execute_from_commandline()
"""


def bare_faust() -> float:
    """Return the events/s of an agent with one table update each, on the SQLite transport."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.db"
        log = open_log(url)
        log.append(
            [
                NewRecord(EVENTS_RAW, at % 4, f"c-{at % 50}".encode(), b"x" * 200)
                for at in range(EVENTS)
            ]
        )
        log.close()
        worker = subprocess.Popen(
            [sys.executable, "-c", COUNTER, url, str(EVENTS)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert worker.stdout is not None
            return float(worker.stdout.readline())
        finally:
            worker.kill()
            worker.wait()


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
