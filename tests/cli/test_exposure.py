import subprocess
from argparse import ArgumentParser

import pytest

from daykeel.cli.exposure import add_exposure, exposure
from daykeel.cli.say import Refused


def asked(*arguments):
    parser = ArgumentParser()
    add_exposure(parser)
    return exposure(parser.parse_args([str(one) for one in arguments]))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=here.example.org"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_without_a_word_it_listens_to_this_machine_alone():
    exposed = asked()

    assert exposed.environment() == {
        "DAYKEEL_MQTT": "embedded://127.0.0.1:1883",
        "DAYKEEL_HTTP": "127.0.0.1:8080",
        "DAYKEEL_PUBLIC_URL": "http://127.0.0.1:8080",
    }
    assert not exposed.reached.mqtt_tls


def test_a_certificate_serves_pages_and_broker(certificate):
    cert, key = certificate

    exposed = asked("--public-host", "here.example.org", "--cert", cert, "--key", key)

    assert exposed.environment() == {
        "DAYKEEL_MQTT": "embedded+tls://0.0.0.0:8883",
        "DAYKEEL_HTTP": "0.0.0.0:8080",
        "DAYKEEL_PUBLIC_URL": "https://here.example.org:8080",
        "DAYKEEL_CERT": str(cert),
        "DAYKEEL_KEY": str(key),
    }
    assert (exposed.reached.mqtt_host, exposed.reached.mqtt_tls) == ("here.example.org", True)


def test_behind_a_proxy_we_still_listen_to_this_machine_alone():
    exposed = asked("--public-host", "mqtt.example.org", "--behind-proxy", "https://d.example.org/")

    assert exposed.environment() == {
        "DAYKEEL_MQTT": "embedded://127.0.0.1:1883",
        "DAYKEEL_HTTP": "127.0.0.1:8080",
        "DAYKEEL_PUBLIC_URL": "https://d.example.org",
    }
    assert exposed.reached.mqtt_host == "mqtt.example.org"
    assert (exposed.reached.mqtt_port, exposed.reached.mqtt_tls) == (8883, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--public-host", "here.example.org"], "needs --cert"),
        (["--listen", "192.0.2.2"], "--public-host"),
        (["--listen", "192.0.2.1"], "--public-host"),
        (["--cert", "c.pem"], "belong together"),
        (["--key", "k.pem"], "belong together"),
        (["--cert", "c.pem", "--key", "k.pem"], "need --public-host"),
        (["--behind-proxy", "https://d.example.org"], "need --public-host"),
        (["--public-host", "d", "--behind-proxy", "http://d.example.org"], "https://"),
        (["--public-host", "d", "--behind-proxy", "https://d.example.org/daykeel"], "path"),
        (
            ["--public-host", "d", "--behind-proxy", "https://d", "--cert", "c", "--key", "k"],
            "either",
        ),
        (["--port", "1883"], "must be two"),
        (
            ["--public-host", "https://d", "--behind-proxy", "https://d.example.org"],
            "name alone",
        ),
        (["--public-host", "d", "--cert", "none.pem", "--key", "none.pem"], "cannot be used"),
    ],
)
def test_what_would_be_in_the_open_or_contradicts_itself_is_refused(arguments, why):
    with pytest.raises(Refused, match=why):
        asked(*arguments)


def test_a_key_of_another_certificate_is_refused(certificate, tmp_path):
    other = tmp_path / "other.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(other)],
        check=True,
        capture_output=True,
    )

    with pytest.raises(Refused, match="cannot be used"):
        asked("--public-host", "here.example.org", "--cert", certificate[0], "--key", other)


def test_a_key_that_needs_a_passphrase_is_refused_without_asking(certificate, tmp_path):
    locked = tmp_path / "locked.pem"
    subprocess.run(
        [
            *("openssl", "pkey", "-in", str(certificate[1]), "-aes256"),
            *("-passout", "pass:sesame", "-out", str(locked)),
        ],
        check=True,
        capture_output=True,
    )

    with pytest.raises(Refused, match="cannot be used"):
        asked("--public-host", "here.example.org", "--cert", certificate[0], "--key", locked)


@pytest.mark.parametrize("number", ["0", "-1", "70000", "http"])
def test_what_is_no_port_is_refused(number, capsys):
    with pytest.raises(SystemExit) as ended:
        asked("--port", number)

    assert ended.value.code == 2
    assert "--port" in capsys.readouterr().err
