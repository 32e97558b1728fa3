"""From URLs to stores of scores; none of them is asked anything."""

import pytest
from rows import stored

from daykeel.scores.influx import InfluxScores
from daykeel.scores.open import open_scores
from daykeel.scores.sqlite import SqliteScores


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret\n")
    return path


@pytest.mark.parametrize("url", ["", "sqlite:", "sqlite:///", "sqlite://host/x", "postgres:///x"])
def test_a_url_that_names_no_store_is_refused(url):
    with pytest.raises(ValueError, match="no such store"):
        open_scores(url)


def test_full_synchrony_can_be_asked_for(tmp_path):
    store = open_scores(f"sqlite:///{tmp_path}/scores.db?synchronous=full")

    assert isinstance(store, SqliteScores)
    store.put([stored()])
    store.close()


@pytest.mark.parametrize("scheme", ["influxdb", "influxdbs"])
def test_an_influxdb_is_named_by_host_organisation_prefix_and_token(token, scheme):
    store = open_scores(f"{scheme}://db.example.org/my%20clinic/daykeel?token_file={token}")

    assert isinstance(store, InfluxScores)
    store.close()


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "h",
        "h/org",
        "h/org/prefix",
        "/org/prefix?token_file={token}",
        "h/org?token_file={token}",
        "h/org/prefix/more?token_file={token}",
        "user:password@h/org/prefix?token_file={token}",
        "h/org/prefix?token_file={token}&token=x",
        "h/org/prefix?token_file={token}&ca_file=x",
    ],
)
def test_a_url_that_is_not_of_the_form_is_refused_with_the_form(token, rest):
    with pytest.raises(ValueError, match="use influxdb://HOST:PORT/ORGANISATION/PREFIX") as raised:
        open_scores(f"influxdb://{rest.format(token=token)}")

    assert "password" not in str(raised.value)


@pytest.mark.parametrize("days", ["", "-1", "ten", "1.5"])
def test_a_retention_that_is_no_number_of_days_is_refused(token, days):
    with pytest.raises(ValueError, match="retention_days is a number of days"):
        open_scores(f"influxdb://h/org/prefix?token_file={token}&retention_days={days}")


def test_a_token_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(ValueError, match=r"cannot be read: .*nowhere"):
        open_scores(f"influxdb://h/org/prefix?token_file={tmp_path}/nowhere")

    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ValueError, match=r"there is no token of InfluxDB in .*empty"):
        open_scores(f"influxdb://h/org/prefix?token_file={tmp_path}/empty")
