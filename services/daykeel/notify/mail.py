"""Letters by mail: one connection each, to the one server the operator named."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from daykeel.notify.carriers import NotDelivered
from daykeel.notify.letter import Said

PATIENCE_S = 10.0
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
"""TLS from the first byte, STARTTLS before anything else, or no TLS at all."""
OPTIONS = {"password_file", "ca_file"}
REFUSED = 500
"""Codes from which a server will not change its mind."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password_file: Path | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """How to make sure of the server."""
        return ssl.create_default_context(cafile=self.ca_file)

    @property
    def password(self) -> str:
        """Read each time, so that it can be changed."""
        return self.password_file.read_text().strip() if self.password_file else ""


def mail_server(url: str) -> MailServer:
    """Return the mail server a URL names.

    >>> mail_server("smtps://us%40er@mail.example?password_file=/run/secrets/smtp").user
    'us@er'

    Raises
    ------
    ValueError
        It names none.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    if parts.scheme not in PORTS or not parts.hostname or options.keys() - OPTIONS:
        raise ValueError(
            "a mail server is smtps://[USER@]HOST[:PORT], smtp://… (STARTTLS) or smtp+plain://…, "
            "with ?password_file=FILE and &ca_file=FILE"
        )
    if parts.password is not None:
        raise ValueError("the password of the mail server belongs into a file: ?password_file=FILE")
    files = {name: Path(values[-1]) for name, values in options.items()}
    return MailServer(
        parts.scheme,
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        files.get("password_file"),
        files.get("ca_file"),
    )


class Mailer:
    """Carries letters to mail addresses."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._domain = parseaddr(sender)[1].partition("@")[2]
        if not self._domain:
            raise ValueError(f"{sender!r} is no sender such as 'Daykeel <notices@clinic.example>'")

    def carry(self, address: str, said: Said, mark: str) -> None:
        """Hand a mail over to the server, with the same id however often that is tried."""
        message = self._message(address, said, mark)
        try:
            with self._connected() as smtp:
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _not_taken(max(codes, default=0)) from None
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(f"the mail server refused our password: {error.smtp_code}") from None
        except smtplib.SMTPResponseException as error:
            raise _not_taken(error.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"no mail server: {type(error).__name__}") from None

    def _message(self, address: str, said: Said, mark: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = address
        message["Subject"] = said.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{mark}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(said.body)
        return message

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        with self._opened() as smtp:
            if server.scheme == "smtp":
                smtp.starttls(context=server.context)
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp

    def _opened(self) -> smtplib.SMTP:
        server = self._server
        if server.scheme == "smtps":
            return smtplib.SMTP_SSL(
                server.host, server.port, self._domain, timeout=PATIENCE_S, context=server.context
            )
        return smtplib.SMTP(server.host, server.port, self._domain, timeout=PATIENCE_S)


def _not_taken(code: int) -> NotDelivered:
    return NotDelivered(f"the mail server refused it: {code}", is_final=code >= REFUSED)
