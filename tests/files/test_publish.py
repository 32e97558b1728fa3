import socket
import sys
from pathlib import Path

import pytest

from daykeel.files.publish import IN_FLIGHT, Broker, NotPublished, publish

sys.path.insert(0, str(Path(__file__).parent))
from small_broker import SmallBroker

MESSAGES = [(f"t/{number}", str(number).encode()) for number in range(2 * IN_FLIGHT + 5)]


def at(broker):
    return Broker("127.0.0.1", broker.port, False, "d-1", "secret")


def test_it_returns_once_everything_is_kept_in_order():
    with SmallBroker() as broker:
        publish(MESSAGES, at(broker))

        assert broker.kept == MESSAGES
        assert broker.signed_in == [("d-1", "secret")]


def test_it_gives_up_when_acknowledgements_stop():
    with SmallBroker(limit=3) as broker, pytest.raises(NotPublished) as told:
        publish(MESSAGES, at(broker), patience_s=0.2)

    assert (
        str(told.value) == f"3 of {len(MESSAGES)} messages were acknowledged, then none for 0.2 s"
    )


def test_a_refused_sign_in_is_told():
    with SmallBroker(code=5) as broker, pytest.raises(NotPublished, match="refused"):
        publish(MESSAGES, at(broker))


def test_no_broker_at_all_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(NotPublished, match="no broker"):
        publish(MESSAGES, Broker("127.0.0.1", port, False, "u", "p"))


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("mqtt://example.org", 1883, False),
        ("mqtts://example.org", 8883, True),
        ("mqtt://[::1]:99", 99, False),
    ],
)
def test_a_broker_is_named_by_a_url(url, port, tls):
    broker = Broker.at(url, "u", "p")

    assert (broker.port, broker.tls) == (port, tls)


@pytest.mark.parametrize("url", ["", "example.org", "http://example.org", "mqtt://", "mqtt://x:y"])
def test_another_url_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011  the words for a port are the library's
        Broker.at(url, "u", "p")
