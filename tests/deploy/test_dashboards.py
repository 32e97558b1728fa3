import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from influxdb_client import InfluxDBClient

from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.registry import MAJOR
from daykeel.scores.open import open_scores

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from rows import baseline, record, scored, stored
from servers_at import influxdb_url

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
DASHBOARDS = {one.stem: json.loads(one.read_text()) for one in GRAFANA.glob("dashboards/*.json")}
TODAY = datetime.now(UTC).date()
HOURS = Bounded(3.5, 3.4, 3.6)
NIGHT = dict.fromkeys(("onset", "mid", "offset", "duration", "tst"), HOURS)
NIGHT["reasons"] = ("off_wrist",)
RANGE = """
option v = {timeRangeStart: -90d, timeRangeStop: 2d, windowPeriod: 1d}
"""


def queries():
    """Yield everything that a dashboard asks, named by where it stands."""
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target["query"], id=f"{name}: {panel['title']}")
        for variable in dashboard["templating"]["list"]:
            yield pytest.param(variable["query"], id=f"{name}: ${variable['name']}")


QUERIES = list(queries())


def completed(query, prefix):
    """Return a query as Grafana would send it, for one client and these buckets."""
    said = query.replace('"daykeel-', f'"{prefix}-').replace("${client:doublequote}", '"c-1"')
    before, _, rest = said.rpartition('import "influxdata/influxdb/schema"\n')
    imports = 'import "influxdata/influxdb/schema"\n' if before or rest != said else ""
    return f"{imports}{RANGE}{rest}"


@pytest.fixture(scope="module")
def ask():
    """Run Flux over some weeks of a client and the canary on the real server."""
    with influxdb_url() as url:
        parts = urlsplit(url)
        _, organisation, prefix = parts.path.split("/")
        token = Path(parse_qs(parts.query)["token_file"][0]).read_text().strip()
        fill(url)
        with InfluxDBClient(f"http://{parts.netloc}", token, org=organisation) as client:
            yield lambda flux: [
                row.values
                for table in client.query_api().query(completed(flux, prefix))
                for row in table.records
            ]


def fill(url):
    store = open_scores(url)
    for ago in range(14):
        day = TODAY - timedelta(ago)
        nights = [
            stored(client=client, day=day, state=state, **NIGHT)
            for client, state in (("c-1", "revised"), ("c-2", "final"), ("c-canary", "final"))
        ]
        rows = [
            scored(day=day, measure="sri.window"),
            scored(day=day, measure="srm5.weekly", window="week"),
        ]
        store.put(
            nights, [record(day=day, valid_bits=b"\xff" * 180)], rows, [("c-1", baseline(day))]
        )
    store.close()


def test_there_is_a_dashboard_for_operators_and_one_for_researchers():
    assert {"operators", "researchers"} == DASHBOARDS.keys()
    assert all(name in one["uid"] for name, one in DASHBOARDS.items())


@pytest.mark.servers
@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_a_dashboard_is_answered(ask, query):
    assert ask(query)


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_asks_for_the_measures_of_now_and_quotes_what_is_chosen(query):
    assert set(re.findall(r'r\.registry == "(.*?)"', query)) <= {str(MAJOR)}
    assert set(re.findall(r"\$\{?\w+[^}]*\}?", query)) <= {"${client:doublequote}"}


def test_operators_see_no_client_and_no_value_of_anybody():
    text = json.dumps(DASHBOARDS["operators"])
    known = {"stored_at", "valid_min", "state", "reasons"}

    assert set(re.findall(r'r\._field == \\"(.*?)\\"', text)) == known
    assert not DASHBOARDS["operators"]["templating"]["list"]
    assert "pivot" not in text


def test_panels_do_not_lie_over_each_other():
    for dashboard in DASHBOARDS.values():
        cells = [
            (x, y)
            for at in (panel["gridPos"] for panel in dashboard["panels"])
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


def test_every_panel_has_an_id_of_its_own_and_the_provisioned_source():
    source = (GRAFANA / "provisioning/datasources/influxdb.yaml").read_text()
    for dashboard in DASHBOARDS.values():
        panels = dashboard["panels"]
        assert len({one["id"] for one in panels}) == len(panels)
        assert {one["datasource"]["uid"] for one in panels} == {"influxdb"}
    assert "uid: influxdb\n" in source
