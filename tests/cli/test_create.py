import signal
import sys
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from daykeel.cli.create import made
from daykeel.cli.main import main
from daykeel.cli.say import Refused
from daykeel.log.kafka import KafkaLog
from daykeel.log.kafka_address import address
from daykeel.log.open import open_log
from daykeel.log.topics import TOPICS

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import kafka_url


def test_a_log_in_a_file_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DAYKEEL_LOG", f"sqlite:///{tmp_path}/log.db")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the test's own process

    assert main(["create"]) == 0

    assert (tmp_path / "log.db").exists()
    assert capsys.readouterr().out == "The log is there.\n"


def test_it_waits_for_servers_until_told_to_stop(caplog):
    class Soon(Event):
        def wait(self, timeout=None):
            self.set()
            return True

    assert made("kafka://127.0.0.1:1/x", Soon()) == 1
    assert "waiting: Kafka at 127.0.0.1:1" in caplog.text


@pytest.mark.servers
def test_a_log_on_kafka_is_made_once_and_then_left_as_it_is():
    with kafka_url() as url:
        first = made(url, Event()), incarnation(url)
        second = made(url, Event()), incarnation(url)

        assert first == second
        assert first[0] == 0


def incarnation(url):
    with closing(open_log(url)) as log:
        return log.incarnation


@pytest.mark.servers
def test_a_log_with_other_partitions_is_refused():
    with kafka_url() as url:
        with closing(KafkaLog(address(url))) as log:
            log.create(TOPICS, 2)

        with pytest.raises(Refused, match="has 2 partitions and must have 16"):
            made(url, Event())
