import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy" / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
import influxdb_build
from kafka_server import SETTINGS
from servers_at import shared

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_PLACE = {"controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"}


def properties(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_kafka_in_a_container_is_the_one_of_the_tests_but_for_its_place():
    tested = properties(SETTINGS)
    shipped = properties((DEPLOY / "kafka/server.properties").read_text())

    differs = {one for one in tested | shipped if tested.get(one) != shipped.get(one)}
    assert differs == OF_PLACE | {"log.flush.interval.messages"}


@pytest.mark.servers
def test_influxdb_takes_every_setting_of_its_configuration():
    shared("influxdb")  # else there is none built
    file = DEPLOY / "influxdb/config.yaml"
    asked = yaml.safe_load(file.read_text())
    environment = os.environ | {"INFLUXD_CONFIG_PATH": str(file)}

    done = subprocess.run(
        [influxdb_build.install(), "print-config"], env=environment, capture_output=True, check=True
    )

    taken = yaml.safe_load(done.stdout)
    assert {name: taken.get(name) for name in asked} == asked


def test_influxdb_keeps_everything_in_its_volume():
    kept = yaml.safe_load((DEPLOY / "influxdb/config.yaml").read_text())
    influxdb = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["influxdb"]

    (volume,) = [one for one in influxdb["volumes"] if one.startswith("influxdb:")]
    folder = Path(volume.partition(":")[2])
    assert {Path(kept[name]).parent for name in ("bolt-path", "engine-path")} == {folder}


def test_scripts_are_shell():
    for script in (DEPLOY / "prepare", DEPLOY / "postgres/daykeel.sh"):
        assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
        assert os.access(script, os.X_OK)


def test_grafana_s_token_comes_from_a_file():
    file = DEPLOY / "grafana/provisioning/datasources/influxdb.yaml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]

    assert source["secureJsonData"] == {"token": "$__file{/run/secrets/grafana_influxdb_token}"}
    assert "token" not in json.dumps(source["jsonData"])
