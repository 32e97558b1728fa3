import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from practice import Practice
from receivers import MailBox, PushBox


@pytest.fixture
def house(records_url):
    built = Practice(records_url)
    yield built
    built.close()


@pytest.fixture
def mailbox(house):
    box = MailBox(house.mail_port)
    box.open()
    yield box
    box.close()


@pytest.fixture
def pushbox(house):
    box = PushBox(house.push_port)
    box.open()
    yield box
    box.close()
