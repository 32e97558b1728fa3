import pytest

from daykeel.process.broker import address


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


def test_the_url_of_another_broker_names_files_of_secrets(tmp_path):
    (tmp_path / "password").write_text("s3cret\n")

    found = address(f"mqtts://ann@host?password_file={tmp_path}/password&ca_file=/ca.pem")

    assert (found.username, found.secret(), str(found.ca_file)) == ("ann", "s3cret", "/ca.pem")


@pytest.mark.parametrize(
    "url", ["mqtt://host?ca_file=/ca.pem", "embedded://host?password_file=/p", "mqtts://host?ca=/x"]
)
def test_a_file_that_a_broker_has_no_use_for_is_refused(url):
    with pytest.raises(ValueError, match=r"^a broker of this kind"):
        address(url)
