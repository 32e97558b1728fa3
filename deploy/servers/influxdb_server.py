"""One InfluxDB 2 with an organisation, a bucket and one token for everything in it."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import influxdb_build
from place import Launch, Place

NAME = "daykeel"


class InfluxDB:
    """InfluxDB 2.7 built from its sources."""

    name = "influxdb"
    ports = 1

    def install(self) -> None:
        """Build it when the cache lacks it."""
        influxdb_build.install()

    def prepare(self, place: Place) -> Launch:
        """Make the folder of its data, and name it in the command."""
        data = self.data(place)
        data.mkdir(mode=0o700, exist_ok=True)
        options = {
            "bolt-path": data / "influxd.bolt",
            "sqlite-path": data / "influxd.sqlite",
            "engine-path": data / "engine",
            "http-bind-address": f"127.0.0.1:{place.ports[0]}",
            "log-level": "warn",
        }
        said = [f"--{option}={value}" for option, value in options.items()]
        return Launch([str(influxdb_build.install()), *said, "--reporting-disabled"])

    def answers(self, place: Place) -> bool:
        """Tell whether it says of itself that it is ready."""
        try:
            return _call(place, "/health")["status"] == "pass"
        except OSError:
            return False

    def settle(self, place: Place) -> None:
        """Set it up, unless that was done."""
        token = place.secret("token").read_text()
        if _call(place, "/api/v2/setup")["allowed"]:
            password = place.secret("password").read_text()
            asked = {"username": NAME, "password": password, "org": NAME, "bucket": NAME}
            _call(place, "/api/v2/setup", {**asked, "token": token})

    def data(self, place: Place) -> Path:
        """Return the folder of what it keeps."""
        return place.folder / "data"

    def url(self, place: Place) -> str:
        """Return the address as Daykeel's settings name it: organisation, bucket, token's file."""
        return (
            f"influxdb://127.0.0.1:{place.ports[0]}/{NAME}/{NAME}"
            f"?token_file={place.secret('token')}"
        )


def _call(place: Place, path: str, body: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{place.ports[0]}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - http on loopback
        return json.load(answer)
