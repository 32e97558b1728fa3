import json
import os
import re
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from string import Template

import pytest
import yaml
from pydantic_settings import BaseSettings

from daykeel.cli.folder import Reached, existing, opened
from daykeel.cli.main import COMMANDS
from daykeel.ingest.settings import IngestSettings
from daykeel.notify.mail import Mailer
from daykeel.notify.settings import NotifySettings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILE = DEPLOY / "compose.yaml"
ASKED = {"DAYKEEL_PUBLIC_HOST": "daykeel.example.org"}
"""What whoever starts it has to say."""

SERVERS = {"mosquitto", "kafka", "influxdb", "postgres"}
PROCESSES = {"ingest", "stream", "sink", "alerts", "notify", "api", "canary"}
ONCE = {"create", "admin"}
"""Those that end when they are done, which nobody can be healthy or not."""
OPTIONAL = {"admin": "admin", "grafana": "grafana", "mail": "mail"}
ABROAD = {"mosquitto", "api", "notify", "grafana", "mail"}
"""Those that are reached from outside, or reach out."""


def read():
    text = FILE.read_text().replace("$$", "\0")
    plain = re.sub(r"\$\{(\w+):\?[^}]*\}", r"${\1}", text)
    plain = re.sub(r"\$\{\w+:-\}", "", plain)
    return yaml.safe_load(Template(plain).substitute(ASKED).replace("\0", "$"))


COMPOSE = read()
SERVICES = COMPOSE["services"]
EACH = pytest.mark.parametrize("name", sorted(SERVICES))


def settings_of(name):
    module = "daykeel.cli.create" if name == "create" else f"daykeel.{name}.settings"
    return next(
        one
        for one in vars(import_module(module)).values()
        if isinstance(one, type) and issubclass(one, BaseSettings) and one.__module__ == module
    )


def told(name):
    """Return the settings of a container; one that nobody has given is empty."""
    environment = SERVICES[name].get("environment", {})
    return {variable: value or "" for variable, value in environment.items()}


def owner(name):
    return SERVICES[name]["user"].partition(":")[0]


def test_it_is_a_compose_file():
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE]
    bin_folder = Path(sys.executable).parent

    done = subprocess.run(
        [bin_folder / command[0], *command[1:]], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_server_and_process_is_there():
    assert SERVERS | PROCESSES | ONCE | OPTIONAL.keys() == SERVICES.keys()
    assert {name: one["profiles"][0] for name, one in SERVICES.items() if "profiles" in one} == (
        OPTIONAL
    )


@EACH
def test_nobody_is_root_or_may_become_it(name):
    service = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & service.keys()
    assert "docker.sock" not in json.dumps(service)


@EACH
def test_nobody_takes_the_machine(name):
    service = SERVICES[name]

    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert service["pids_limit"] <= 512
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert all("size=" in one for one in service.get("tmpfs", ()))


@EACH
def test_everybody_is_looked_after(name):
    service = SERVICES[name]
    check = service["healthcheck"]

    assert check.get("disable", False) == (name in ONCE)
    assert name in ONCE or {"test", "interval", "timeout", "retries"} <= check.keys()
    assert name in ONCE or service["restart"] == "unless-stopped"


@EACH
def test_every_image_is_an_exact_version(name):
    image = SERVICES[name]["image"]

    assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z]+)?(@sha256:[0-9a-f]{64})?$", image), image


@EACH
def test_no_secret_is_in_the_environment(name):
    for variable, value in told(name).items():
        is_secret = re.search(r"PASSWORD|TOKEN|SECRET|KEY|CREDENTIAL", variable)
        assert not is_secret or value.startswith("/run/secrets/"), variable
        assert not re.search(r"://[^/@]*:[^/@]*@", value), variable


@EACH
def test_every_file_that_is_named_is_given_to_it(name):
    service = SERVICES[name]
    said = json.dumps([service.get(key) for key in ("environment", "command", "healthcheck")])
    named = set(re.findall(r"/run/secrets/(\w+)", said))

    assert named <= set(service.get("secrets", ()))
    assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()


def test_the_mail_that_is_kept_here_takes_what_notify_sends(monkeypatch):
    monkeypatch.setenv("DAYKEEL_SMTP", "smtp+plain://mail:1025")
    monkeypatch.setenv("DAYKEEL_SENDER", "Daykeel <notices@clinic.example>")

    carriers = NotifySettings().carriers

    assert isinstance(carriers["mail"], Mailer)
    assert "`smtp+plain://mail:1025`" in (DEPLOY.parent / "docs/deploying.md").read_text()


def test_only_who_asks_influxdb_has_its_token():
    having = {name for name, one in SERVICES.items() if "influxdb_token" in one.get("secrets", ())}

    assert having == {"sink", "api", "notify", "admin"}


def test_every_secret_belongs_to_whoever_reads_it(tmp_path):
    # In place of `chown`, which only root may do.
    (tmp_path / "chown").write_text(f'#!/bin/sh\necho "$1 $2" >> {tmp_path}/owners\n')
    (tmp_path / "chown").chmod(0o755)
    script = tmp_path / "prepare"
    script.write_bytes((DEPLOY / "prepare").read_bytes())
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = ["bash", script]

    said = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    again = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout

    secrets = {one.name: one for one in (tmp_path / "secrets").iterdir()}
    asked = set(re.findall(r"put your (\w+) here", said)) | {"grafana_influxdb_token"}
    assert secrets.keys() | asked == COMPOSE["secrets"].keys()
    assert "made" in said
    assert "made" not in again
    assert {one.stat().st_mode & 0o777 for one in secrets.values()} == {0o400}
    assert len(secrets["installation_key"].read_bytes()) == 32
    assert secrets["records_passfile"].read_text() == (
        f"postgres:5432:daykeel:daykeel:{secrets['records_password'].read_text()}\n"
    )
    lines = (tmp_path / "owners").read_text().splitlines()
    owners = {
        file.removesuffix(".new"): one.partition(":")[0] for one, file in map(str.split, lines)
    }
    for name, service in SERVICES.items():
        for secret in set(service.get("secrets", ())) - asked:
            assert owners[secret] == owner(name), f"{name} cannot read {secret}"


@pytest.mark.parametrize("name", sorted(PROCESSES | {"create"}))
def test_a_process_has_a_command_and_settings_that_are_its_own(name, monkeypatch):
    service = SERVICES[name]
    fields = {f"DAYKEEL_{field}".upper() for field in settings_of(name).model_fields}

    assert service["command"] == [name]
    assert name in COMMANDS
    assert service["environment"].keys() <= fields
    for variable, value in told(name).items():
        monkeypatch.setenv(variable, value)
    settings_of(name)()


def test_every_process_is_known_by_its_pulse_but_the_one_that_answers():
    for name in PROCESSES - {"api"}:
        service = SERVICES[name]
        assert service["healthcheck"]["test"][:3] == ["CMD", "daykeel", "pulse"]
        assert service["healthcheck"]["test"][3] == service["environment"]["DAYKEEL_PULSE"]


def test_ingest_reaches_mosquitto_by_the_name_in_its_certificate(monkeypatch):
    told = SERVICES["ingest"]["environment"]["DAYKEEL_MQTT"]
    at = IngestSettings(mqtt=told).address

    aliases = SERVICES["mosquitto"]["networks"]["inside"]["aliases"]
    assert (at.is_tls, at.host, at.port) == (True, ASKED["DAYKEEL_PUBLIC_HOST"], 8883)
    assert at.host in aliases
    assert at.username == "daykeel-ingest"


def test_mosquitto_is_looked_for_where_it_listens():
    (*_, asked, _) = SERVICES["mosquitto"]["healthcheck"]["test"]

    with socket.socket() as listening:
        listening.bind(("", 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = asked.replace(f":{8883:X} ", f":{port:X} ")
        assert found in Path("/proc/net/tcp").read_text()


def test_nothing_is_logged_into_memory():
    kafka = SERVICES["kafka"]["environment"]

    assert "loggc" not in kafka["EXTRA_ARGS"]
    assert kafka["KAFKA_LOG4J_OPTS"].endswith("/tools-log4j.properties")


def test_what_is_inside_stays_inside():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert {name for name, one in SERVICES.items() if "edge" in one["networks"]} == ABROAD
    for service in SERVICES.values():
        for port in service.get("ports", ()):
            assert port == "8883:8883" or port.startswith("127.0.0.1:")


def test_nobody_waits_for_who_never_comes():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            condition = how["condition"]
            assert condition == (
                "service_completed_successfully" if other == "create" else "service_healthy"
            ), name
            assert "profiles" not in SERVICES[other]


def test_everything_that_is_mounted_is_there():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), name
                assert volume.endswith(":ro"), name
            else:
                assert source in COMPOSE["volumes"], name


def test_the_command_line_is_told_how_the_installation_is_reached(tmp_path, monkeypatch):
    key = opened(tmp_path / "secrets").key_file
    for variable, value in SERVICES["admin"]["environment"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("DAYKEEL_KEY_FILE", str(key))

    told = existing(tmp_path / "notes").reached

    host = ASKED["DAYKEEL_PUBLIC_HOST"]
    assert told == Reached(f"https://{host}", host, 8883, mqtt_tls=True)


def test_nothing_is_written_into_a_container_that_is_read_only():
    # Compose would write a config or secret that is no file into it, and then refuses to start it.
    given = [*COMPOSE["secrets"].values(), *COMPOSE.get("configs", {}).values()]
    assert all(one.keys() == {"file"} for one in given)
