import ssl
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

sys.path.insert(0, str(Path(__file__).parent))
from practice import SENDER, free_port
from receivers import MailBox

from daykeel.notify.carriers import NotDelivered
from daykeel.notify.letter import Said
from daykeel.notify.mail import Mailer, mail_server

SAID = Said("1 new entry", "1 new entry.\n\nhttps://daykeel.example/n/abc\n")
TO = "t@clinic.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    subprocess.run([*command, *name, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


def opened(**more):
    box = MailBox(free_port(), **more)
    box.open()
    return box


def carry(url, to=TO):
    Mailer(mail_server(url), SENDER).carry(to, SAID, "mark")


def test_a_mail_has_the_headers_it_needs_and_no_others():
    box = opened()

    carry(f"smtp+plain://127.0.0.1:{box.port}")
    box.close()

    envelope, _, content = box.mails[0].partition(b"\n")
    mail = message_from_bytes(content)
    assert envelope == b"clinic.example notices@clinic.example ['t@clinic.example']"
    assert set(mail.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
        "X-Peer",
    } - ({"X-Peer"} if mail["X-Peer"] is None else set())
    assert mail["Message-ID"] == "<mark@clinic.example>"
    assert mail.get_payload() == "1 new entry.\r\n\r\nhttps://daykeel.example/n/abc\r\n"


def test_a_mail_goes_over_starttls_with_a_password_from_a_file(context, certificate, tmp_path):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"secret", handled=False)

    box = opened(
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    (tmp_path / "password").write_text("secret\n")
    carry(
        f"smtp://us%40er@localhost:{box.port}"
        f"?password_file={tmp_path}/password&ca_file={certificate[0]}"
    )
    (tmp_path / "password").write_text("wrong\n")
    with pytest.raises(NotDelivered, match="refused our password") as error:
        carry(
            f"smtp://us%40er@localhost:{box.port}"
            f"?password_file={tmp_path}/password&ca_file={certificate[0]}"
        )
    box.close()

    assert seen[0] == (b"us@er", b"secret", True)
    assert len(box.mails) == 1
    assert not error.value.is_final


def test_nothing_is_said_to_a_server_without_tls_or_with_a_wrong_certificate(context):
    plain, other = opened(), opened(tls_context=context)

    with pytest.raises(NotDelivered):
        carry(f"smtp://localhost:{plain.port}")
    with pytest.raises(NotDelivered, match="no mail server"):
        carry(f"smtp://localhost:{other.port}")
    for box in (plain, other):
        box.close()

    assert plain.mails == other.mails == []


def test_a_server_that_is_not_there_may_be_there_later():
    with pytest.raises(NotDelivered, match="no mail server: ConnectionRefusedError") as error:
        carry(f"smtp+plain://127.0.0.1:{free_port()}")

    assert not error.value.is_final


@pytest.mark.parametrize(("answer", "is_final"), [("452 full", False), ("554 no", True)])
def test_what_the_server_says_decides_whether_it_is_tried_again(answer, is_final):
    box = opened(refuses=answer)

    with pytest.raises(NotDelivered, match=answer[:3]) as error:
        carry(f"smtp+plain://127.0.0.1:{box.port}")
    box.close()

    assert error.value.is_final == is_final
    assert TO not in error.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://u:p@mail.example",
        "smtp://m?tls=no",
    ],
)
def test_what_names_no_mail_server_is_refused(url):
    with pytest.raises(ValueError, match="mail server"):
        mail_server(url)


def test_a_sender_has_an_address():
    with pytest.raises(ValueError, match="no sender"):
        Mailer(mail_server("smtps://mail.example"), "Daykeel")
