import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from influxdb_client import InfluxDBClient

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import influxdb_url


class Influx:
    """Buckets of one test on the real server."""

    def __init__(self, url):
        parts = urlsplit(url)
        _, self.org, self.prefix = parts.path.split("/")
        self.host, self.port = parts.hostname, parts.port
        self._token_file = parse_qs(parts.query)["token_file"][-1]
        token = Path(self._token_file).read_text().strip()
        self.client = InfluxDBClient(f"http://{self.host}:{self.port}", token, org=self.org)

    def url(self, port=None, token_file=None, **options):
        told = {"token_file": token_file or self._token_file, **options}
        rest = "&".join(f"{name}={value}" for name, value in told.items())
        return f"influxdb://{self.host}:{port or self.port}/{self.org}/{self.prefix}?{rest}"

    def bucket(self, kind):
        return f"{self.prefix}-{kind}"

    def buckets(self):
        found = self.client.buckets_api().find_buckets(limit=100).buckets
        return {one.name: one for one in found if one.name.startswith(self.prefix)}

    def query(self, flux, **values):
        tables = self.client.query_api().query(flux, params=values)
        return [record.values for table in tables for record in table.records]


@pytest.fixture
def influx():
    with influxdb_url() as url:
        place = Influx(url)
        yield place
        place.client.close()
