import pytest

from daykeel.ingest.settings import IngestSettings, address


def test_the_default_listens_on_loopback_only():
    found = IngestSettings(_env_file=None).address

    assert (found.is_embedded, found.host, found.is_open) == (True, "127.0.0.1", False)


@pytest.mark.parametrize(
    ("url", "port", "is_tls"),
    [
        ("embedded://127.0.0.1:18", 18, False),
        ("embedded+tls://[::]", 8883, True),
        ("mqtt://broker", 1883, False),
        ("mqtts://broker:88", 88, True),
    ],
)
def test_a_url_says_port_and_tls(url, port, is_tls):
    found = address(url)

    assert (found.port, found.is_tls) == (port, is_tls)


@pytest.mark.parametrize(
    "url", ["", "embedded", "embedded://", "http://host", "mqtt:///path", "mqtt://host/topic"]
)
def test_what_names_no_broker_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match=r"^a broker is named"):
        address(url)


def test_only_tls_or_loopback_is_closed_to_listeners():
    assert address("embedded://0.0.0.0").is_open
    assert not address("embedded+tls://0.0.0.0").is_open
    assert not address("embedded://localhost").is_open


def test_a_password_is_in_no_text_of_the_settings():
    settings = IngestSettings(mqtt="mqtt://ann:s3cret@host")

    assert settings.address.password == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings.address!r}"


@pytest.mark.parametrize(("log", "count"), [("sqlite:///x", 4), ("kafka://host:9092", 16)])
def test_the_log_says_how_many_partitions_there_are(log, count):
    assert IngestSettings(log=log).partitions == count
