"""A mail server and a push service of an installation, on loopback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "notify")]
from installation import free_port  # noqa: E402
from receivers import MailBox, PushBox  # noqa: E402

TOPIC = "a-topic-of-dr"


@contextmanager
def post_office() -> Iterator[tuple[MailBox, PushBox]]:
    """Open both, and have whatever is started meanwhile use them."""
    mail, push = MailBox(free_port()), PushBox(free_port())
    settings = {
        "DAYKEEL_SMTP": f"smtp+plain://127.0.0.1:{mail.port}",
        "DAYKEEL_SENDER": "Daykeel <notices@clinic.example>",
        "DAYKEEL_PUBLIC_URL": "http://daykeel.example",
        "DAYKEEL_PUSH_HOSTS": "127.0.0.1",
    }
    mail.open()
    push.open()
    try:
        with patch.dict(os.environ, settings):
            yield mail, push
    finally:
        mail.close()
        push.close()


def push_url(push: PushBox) -> str:
    """Return the address of somebody who gets what is pushed."""
    return f"ntfy://127.0.0.1:{push.port}/{TOPIC}"
