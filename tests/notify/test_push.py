import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from practice import free_port
from receivers import PushBox

from daykeel.notify.addresses import BadAddress, address
from daykeel.notify.carriers import NotDelivered
from daykeel.notify.letter import Said
from daykeel.notify.push import Pusher
from daykeel.notify.reach import Refused, is_public, only_public

SAID = Said("1 new entry", "1 new entry.\n\nhttps://daykeel.example/n/abc\n")


@pytest.fixture
def box():
    opened = PushBox(free_port())
    opened.open()
    yield opened
    opened.close()


def url(box, scheme="ntfy", host="127.0.0.1"):
    return f"{scheme}://{host}:{box.port}/a-topic"


def test_a_push_holds_the_words_and_no_more_than_the_service_needs(box):
    Pusher(["127.0.0.1"]).carry(url(box), SAID, "m")

    (request,) = box.requests
    assert b"1 new entry" in request
    assert b"https://daykeel.example/n/abc" in request
    assert b"github" not in request
    assert b"pprise" not in request


def test_what_the_service_refuses_is_not_delivered_but_may_be_later(box):
    box.status = 500

    with pytest.raises(NotDelivered) as error:
        Pusher(["127.0.0.1"]).carry(url(box), SAID, "m")

    assert not error.value.is_final
    assert "a-topic" not in error.value.detail


# Machines that are not public


def test_a_host_that_nobody_named_is_not_reached(box):
    with pytest.raises(NotDelivered, match="not named") as error:
        Pusher([]).carry(url(box), SAID, "m")

    assert error.value.is_final
    assert box.requests == []


EVERYWHERE = "0.0.0.0"  # noqa: S104  nobody listens there


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", EVERYWHERE])
def test_by_no_name_does_a_service_reach_this_machine(box, host):
    with pytest.raises(NotDelivered, match="not at a public address") as error:
        Pusher([]).carry(url(box, "ntfys", host), SAID, "m")

    assert error.value.is_final
    assert box.requests == []


def test_a_name_that_resolves_to_a_machine_inside_is_seen_through(box, monkeypatch):
    honest = socket.getaddrinfo

    def rebound(host, *args, **more):
        return honest("127.0.0.1" if host == "ntfy.example" else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)

    with pytest.raises(NotDelivered, match="not at a public address"):
        Pusher([]).carry(url(box, "ntfys", "ntfy.example"), SAID, "m")


def test_a_redirect_is_not_followed(box):
    other = PushBox(free_port())
    other.open()
    box.status, box.headers = 307, {"location": f"http://127.0.0.1:{other.port}/inside"}

    with pytest.raises(NotDelivered):
        Pusher(["127.0.0.1"]).carry(url(box), SAID, "m")

    other.close()
    assert other.requests == []


def test_only_the_thread_and_only_meanwhile_is_held_back(box):
    with pytest.raises(Refused), only_public():
        socket.create_connection(("127.0.0.1", box.port), 5)

    socket.create_connection(("127.0.0.1", box.port), 5).close()


@pytest.mark.parametrize(
    "inside",
    [
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:192.168.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "no address",
    ],
)
def test_addresses_inside_are_not_public(inside):
    assert not is_public(inside)


@pytest.mark.parametrize("outside", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are(outside):
    assert is_public(outside)


# What somebody may type


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@b",
        "a@b.example\nBcc: c@d.example",
        "a b@c.example",
        "file:///etc/passwd",
        "syslog://",
        "dbus://",
        "mailtos://u:p@mail.example",
        "http://127.0.0.1/",
        "ntfys://ntfy.example/t?verify=no",
        "ntfys://ntfy.example/t?attach=file:///etc/passwd",
        "ntfys://ntfy.example/t#x",
        "ntfys://[bad/t",
        "é@b.example",
        "ntfys://ntfy.example/" + "t" * 300,
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadAddress):
        address(text)


@pytest.mark.parametrize(
    "text",
    ["ntfys://ntfy.sh/topic", "ntfys://tk_abc@ntfy.example:8443/t", "tgram://123:abc/456"],
)
def test_what_services_need_is_kept_as_it_was_typed(text):
    assert address(f" {text} ") == ("push", text)


def test_a_url_that_the_service_cannot_read_is_undeliverable():
    with pytest.raises(NotDelivered, match="cannot be read") as error:
        Pusher([]).carry("tgram://x", SAID, "m")

    assert error.value.is_final
