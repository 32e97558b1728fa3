import json
import socket

import pytest

from daykeel.demo.servers import NAMES, NoServers, servers_at

START = "python3 deploy/servers/servers.py start --at"


@pytest.fixture
def port():
    """One on which somebody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def written(folder, port):
    known = {name: {"url": f"{name}://127.0.0.1:{port}", "pid": 7} for name in NAMES}
    (folder / "servers.json").write_text(json.dumps(known))
    return known


def test_servers_are_where_the_folder_says(tmp_path, port):
    written(tmp_path, port)

    servers = servers_at(tmp_path)

    assert servers.urls["kafka"] == f"kafka://127.0.0.1:{port}"
    assert servers.mosquitto_pid == 7
    assert servers.mosquitto == tmp_path / "mosquitto"


def test_the_environment_names_the_folder_where_nobody_else_does(tmp_path, port, monkeypatch):
    written(tmp_path, port)
    monkeypatch.setenv("DAYKEEL_SERVERS_AT", str(tmp_path))

    assert servers_at(None).folder == tmp_path


def test_without_a_folder_it_is_said_what_to_run(monkeypatch):
    monkeypatch.delenv("DAYKEEL_SERVERS_AT", raising=False)

    with pytest.raises(NoServers, match=f"{START} FOLDER"):
        servers_at(None)


def test_in_a_folder_without_servers_it_is_said_what_to_run(tmp_path):
    with pytest.raises(NoServers, match=f"{START} {tmp_path}"):
        servers_at(tmp_path)


def test_a_server_that_was_never_started_is_missing(tmp_path, port):
    known = written(tmp_path, port)
    del known["influxdb"]
    (tmp_path / "servers.json").write_text(json.dumps(known))

    with pytest.raises(NoServers, match="does not say where all servers are"):
        servers_at(tmp_path)


def test_a_server_that_has_ended_is_named(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        written(tmp_path, probe.getsockname()[1])

        with pytest.raises(NoServers, match=f"kafka in .* does not answer; .*{START}"):
            servers_at(tmp_path)
