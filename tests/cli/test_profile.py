import socket

import pytest

from daykeel.cli import profile
from daykeel.cli.folder import opened
from daykeel.cli.profile import embedded, free_port


@pytest.fixture
def taken(monkeypatch):
    """A port somebody listens on, as one of two there are."""
    with socket.socket() as listening:
        free = free_port()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        monkeypatch.setattr(profile, "PORTS", (port, free))
        yield port


def test_a_port_that_is_taken_is_not_chosen(taken):
    assert taken not in {free_port() for _ in range(20)}


def test_an_outgoing_connection_gets_none_of_the_ports_we_choose_from():
    for _ in range(20):
        with socket.socket() as outgoing:
            outgoing.bind(("127.0.0.1", 0))
            assert outgoing.getsockname()[1] not in profile.PORTS


def test_everything_of_an_embedded_installation_lies_in_its_folder(tmp_path):
    with embedded(opened(tmp_path)) as made:
        reached = made.reached(8080)

        assert made.settings["DAYKEEL_MQTT"] == f"embedded://127.0.0.1:{made.broker.port}"
        assert made.folder.store("log") == f"sqlite:///{tmp_path}/log.db"
        assert (reached.mqtt_port, reached.mqtt_tls) == (made.broker.port, False)
        assert reached.url == "http://127.0.0.1:8080"
