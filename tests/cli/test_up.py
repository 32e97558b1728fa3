import signal
import socket
import threading
from argparse import ArgumentParser

import pytest

from daykeel.cli import up
from daykeel.cli.folder import Reached, locked, opened
from daykeel.cli.main import main
from daykeel.cli.profile import free_port
from daykeel.clock.clock import SteppedClock
from daykeel.events.times import parse_instant


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_stepped_clock_in_the_environment_is_refused(data, monkeypatch, capsys):
    monkeypatch.setenv("DAYKEEL_CLOCK", f"stepped:{data}/clock.json")

    assert main(["up", "--data", str(data)]) == 2

    assert "demonstrations only" in capsys.readouterr().err
    assert not data.exists()


def test_the_folder_of_a_demonstration_is_refused(data, capsys):
    folder = opened(data)
    SteppedClock(folder.clock_file).set(parse_instant("2026-01-20T06:00:00Z"))

    assert main(["up", "--data", str(data)]) == 2

    assert "demonstration" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_port_that_is_taken_is_refused(data, option, taken, capsys):
    other = ({"--port", "--mqtt-port"} - {option}).pop()
    arguments = ["--data", str(data), option, str(taken), other, str(free_port())]

    assert main(["up", *arguments]) == 2

    assert f"port {taken} on 127.0.0.1" in capsys.readouterr().err


def test_a_folder_in_use_is_refused(data, capsys):
    with locked(opened(data)):
        assert main(["up", "--data", str(data)]) == 2

    assert "another installation" in capsys.readouterr().err


def test_nothing_is_made_when_the_options_are_refused(data):
    assert main(["up", "--data", str(data), "--public-host", "d.example.org"]) == 2

    assert not data.exists()


class Listeners:
    """Listens where the processes would, and tells to stop once `up` has seen it."""

    is_doomed = False
    """Whether the stop comes before anybody looks."""

    def __init__(self, settings, *, lock, stopped):
        self.settings, self._stopped, self._looks = settings, stopped, 0
        self._sockets = [
            socket.create_server(_address(settings[name]))
            for name in ("DAYKEEL_MQTT", "DAYKEEL_HTTP")
        ]

    def tend(self):
        self._looks += 1
        if self.is_doomed:
            self._stopped.set()
        if self._looks > 1:
            self._stopped.set()

    def stop(self):
        for one in self._sockets:
            one.close()


def _address(url):
    host, port = url.rpartition("/")[2].split(":")
    return host, int(port)


@pytest.fixture
def started(data):
    """Run `up` until it is ready, and return the settings its processes had."""

    def run(*arguments):
        parser, stopped, made = ArgumentParser(), threading.Event(), []
        up.add_arguments(parser)
        ports = ["--port", str(free_port()), "--mqtt-port", str(free_port())]
        args = parser.parse_args(["--data", str(data), *ports, *arguments])

        def start(settings, *, lock):
            made.append(Listeners(settings, lock=lock, stopped=stopped))
            return made[0]

        up.serve(args, stopped, start)
        return made[0].settings

    return run


def test_the_first_start_shows_an_operator_link_and_the_second_none(started, data, capsys):
    started()
    first = capsys.readouterr().out
    started()
    second = capsys.readouterr().out

    assert first.count("/login?token=") == 1
    assert "ready" in second
    assert "/login?token=" not in second
    assert opened(data).records().account_named("operator").role == "operator"


def test_its_processes_take_the_system_clock_and_everything_from_the_folder(started, data):
    settings = started()

    assert settings["DAYKEEL_CLOCK"] == "system:"
    assert settings["DAYKEEL_KEY_FILE"] == str(data / "installation.key")
    assert all(
        settings[f"DAYKEEL_{name}"].split("?")[0] == f"sqlite:///{data}/{name.lower()}.db"
        for name in ("LOG", "SCORES", "RECORDS")
    )


def test_what_it_acknowledges_survives_a_power_cut(started):
    settings = started()

    for name in ("DAYKEEL_LOG", "DAYKEEL_SCORES"):
        assert settings[name].endswith(".db?synchronous=FULL")


def test_how_it_is_reached_is_kept_for_client_add(started, data):
    started("--public-host", "d.example.org", "--behind-proxy", "https://d.example.org")

    assert opened(data).reached == Reached(
        "https://d.example.org", "d.example.org", 8883, mqtt_tls=True
    )


def test_a_link_that_was_never_shown_comes_at_the_next_start(started, monkeypatch, capsys):
    with monkeypatch.context() as first:
        first.setattr(up, "listens", lambda *_: False)
        first.setattr(Listeners, "is_doomed", True)
        started()
    assert "/login?token=" not in capsys.readouterr().out

    started()

    assert capsys.readouterr().out.count("/login?token=") == 1


@pytest.mark.parametrize("known", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_closed_terminal_ends_it_unless_it_was_started_by_nohup(known):
    heard = []
    before = signal.signal(signal.SIGHUP, known)
    try:
        up.on_signals(lambda number, _: heard.append(number), signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert heard == ([] if known == signal.SIG_IGN else [signal.SIGHUP])
