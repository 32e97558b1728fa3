"""One Kafka broker, its own controller, that keeps every topic once and makes none unasked."""

import base64
import hashlib
import shutil
import socket
import struct
import uuid
from pathlib import Path

from cache import HERE, digest, made_once, program, run
from place import Launch, Place

SOURCE = HERE / "kafka"
MAVEN = "apt-get install maven"
JAVA = "apt-get install openjdk-17-jre-headless"
HEAP = "-Xmx400m"
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
# A year: an installation that stands still must not forget how far it was.
offsets.retention.minutes=525600
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
# A small machine.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=33554432
"""
METADATA, VERSION = 3, 1


class Kafka:
    """Kafka 3.9 from Maven's jars, whose checksums are in ``kafka/SHA256SUMS``."""

    name = "kafka"
    ports = 2

    def install(self) -> None:
        """Fetch the jars that the cache lacks.

        Raises
        ------
        ValueError
            When a fetched jar is not the one whose checksum is committed.
        """
        program("java", JAVA)
        _jars()

    def prepare(self, place: Place) -> Launch:
        """Write the settings and, the first time, format the data folder."""
        java, jars = program("java", JAVA), f"{_jars()}/*"
        broker, controller = place.ports
        data = self.data(place)
        settings = place.folder / "server.properties"
        settings.write_text(SETTINGS.format(broker=broker, controller=controller, data=data))
        if not (data / "meta.properties").exists():
            shutil.rmtree(data, ignore_errors=True)
            tool = [java, QUIET, "-cp", jars, "kafka.tools.StorageTool", "format"]
            run([*tool, "-t", _cluster_id(), "-c", settings], place.folder)
        return Launch([java, HEAP, QUIET, "-cp", jars, "kafka.Kafka", str(settings)])

    def answers(self, place: Place) -> bool:
        """Tell whether the broker names itself as one that serves."""
        try:
            with socket.create_connection(("127.0.0.1", place.ports[0]), 2) as connection:
                return _brokers(connection) > 0
        except OSError:
            return False

    def settle(self, place: Place) -> None:
        """Do nothing: topics are declared by the program."""

    def data(self, place: Place) -> Path:
        """Return the folder of what it keeps."""
        return place.folder / "data"

    def url(self, place: Place) -> str:
        """Return the address as Daykeel's settings name it."""
        return f"kafka://127.0.0.1:{place.ports[0]}"


def _jars() -> Path:
    sums = SOURCE / "SHA256SUMS"
    with made_once(f"kafka-{digest(SOURCE / 'pom.xml', sums)}") as (finished, work):
        if work is not None:
            command = [program("mvn", MAVEN), "-q", "-B", "-f", SOURCE / "pom.xml"]
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
            run([*command, *goal, f"-DoutputDirectory={work}"], work)
            verify(work, sums.read_text())
    return finished


def verify(folder: Path, sums: str) -> None:
    """Compare a folder's jars with lines of ``sha256sum``.

    Raises
    ------
    ValueError
        When a jar is missing, of other content, or not in the list.
    """
    asked = {name: told for told, name in (line.split() for line in sums.splitlines())}
    here = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.jar")
    }
    wrong = sorted(name for name in asked.keys() | here.keys() if asked.get(name) != here.get(name))
    if wrong:
        raise ValueError(f"not the files that kafka/SHA256SUMS names: {', '.join(wrong)}")


def _cluster_id() -> str:
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))[0] == "-":
        pass
    return text


def _brokers(connection: socket.socket) -> int:
    """Ask for the cluster's brokers, of no topic, and return how many there are."""
    request = struct.pack(">hhihi", METADATA, VERSION, 1, -1, 0)
    connection.sendall(struct.pack(">i", len(request)) + request)
    answer = connection.makefile("rb").read(12)
    if len(answer) < 12:  # noqa: PLR2004 - length, number of the request, count
        return 0
    return int(struct.unpack(">iii", answer)[2])
