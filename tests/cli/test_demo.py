import pytest

from daykeel.cli import demo, performance, production, profile
from daykeel.cli.main import main
from daykeel.demo.conductor import Stuck


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--seed", "-1"),
        ("--nights", "0"),
        ("--port", "70000"),
        ("--port", "-1"),
        ("--start", "9999-12-30"),
        ("--start", "0001-01-01"),
        ("--start", "2026-02-30"),
    ],
)
def test_what_cannot_be_played_is_refused(option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--exit", f"{option}={value}"])

    assert ended.value.code == 2
    assert f"argument {option}" in capsys.readouterr().err


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(tmp_path, capsys):
    (tmp_path / "installation.key").write_bytes(b"k" * 32)
    tmp_path.chmod(0o755)

    assert main(["demo", "--exit", "--port", "0", "--data", str(tmp_path)]) == 2

    assert "empty folder" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["installation.key"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


class Sleeping:
    """Processes that never listen."""

    pids = ()
    restarts = 0

    def __init__(self, _, *, logs, **__):
        logs.mkdir()
        (logs / "api.log").write_text("why")

    def tend(self):
        pass

    def stop(self):
        pass


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Play with processes that never listen; where temporary folders are made."""
    monkeypatch.setattr(performance, "Supervisor", Sleeping)
    monkeypatch.setattr(profile, "PATIENCE_S", 0.0)
    monkeypatch.setattr(demo.tempfile, "tempdir", str(tmp_path))
    return tmp_path


PLAY = ["demo", "--exit", "--port", "0", "--nights", "1"]


def test_the_logs_of_a_play_that_broke_off_are_kept_where_it_says(broken, capsys):
    assert main(PLAY) == 1

    (log,) = broken.glob("*/logs/api.log")
    assert f"see {log.parent}" in capsys.readouterr().err


def test_a_pipeline_that_does_not_settle_is_told_without_a_traceback(broken, capsys, monkeypatch):
    def stuck(*_, **__):
        raise Stuck("not settled")

    monkeypatch.setattr(performance, "listens", lambda *_: True)
    monkeypatch.setattr(performance, "_conduct", stuck)

    assert main(PLAY) == 1

    assert "daykeel demo: not settled; see" in capsys.readouterr().err


def test_after_an_interruption_nothing_is_left(broken, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(performance, "_wait", interrupted)

    assert main(PLAY) == 130

    assert list(broken.iterdir()) == []


def test_servers_are_for_production_alone(broken, capsys):
    assert main([*PLAY, "--servers", "somewhere"]) == 2

    assert "--servers is for --profile production" in capsys.readouterr().err


def test_without_servers_production_says_what_to_run(broken, capsys, monkeypatch):
    monkeypatch.delenv("DAYKEEL_SERVERS_AT", raising=False)

    assert main([*PLAY, "--profile", "production"]) == 2

    said = capsys.readouterr().err
    assert "python3 deploy/servers/servers.py start --at FOLDER" in said
    assert list(broken.iterdir()) == []


def test_what_production_needs_besides_is_named(broken, capsys, monkeypatch):
    monkeypatch.setattr(production, "NEEDED", ("not_there",))

    assert main([*PLAY, "--profile", "production"]) == 2

    assert "pip install 'daykeel[production]'" in capsys.readouterr().err
