import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from scan import Secrets, floats, told_by

LINK = "Zx3_-Phase0random"
SECRETS = Secrets(
    names=["Annegret", "c-ann", "a-1f2e"],
    nights=[date(2026, 2, 20)],
    scores=[83.375, 0.9137],
    addresses=["ann@home.example", "a-topic-of-bakker"],
    links=[LINK],
)
MAIL = (
    "me.example a@b.example ['ann@home.example']\n"
    "Subject: 1 new entry{subject}\r\nDate: Fri, 20 Feb 2026 08:00:00\r\n"
    "Message-ID: <0123456789abcdef0123456789abcdef@b.example>\r\nX-About: {header}\r\n\r\n"
    "1 new entry{body}.\r\n\r\nhttps://d.example/n/{url}\r\n"
)
PUSH = 'POST /{path} HTTP/1.1\nHost: push.example\n\n{{"message": "1 new entry{push}"}}'
LOG = "WARNING daykeel.notify a letter waits, mail: no mail server{log}"
PLACES = ("subject", "header", "body", "url", "path", "push", "log")
PLANTED = (
    *("Annegret", "c-ann", "a-1f2e"),
    *("phase_delay", "Phase delay", "data_loss", "travel", "acute-change"),
    *("sri", "sleep.mid", "drift.sri.pair"),
    *("2026-02-20", "20.02.2026", "20 Feb", "February 20"),
    *("83.375", "0.91"),
)
WORDS = ("act", "acute", "phase", "severity", "score", "sleep", "rhythm", "night", "bipolar")


def outputs(**planted):
    said = dict.fromkeys(PLACES, "") | {"url": LINK, "path": "a-topic-of-bakker"} | planted
    return {
        "mail": [MAIL.format(**said).encode()],
        "push": [PUSH.format(**said).encode()],
        "logs": [LOG.format(**said)],
    }


def test_what_leaves_as_it_should_tells_nothing():
    assert told_by(outputs(), SECRETS) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", PLANTED)
def test_a_secret_of_any_kind_is_found_wherever_it_is_planted(place, secret):
    assert told_by(outputs(**{place: f" {secret}"}), SECRETS)


@pytest.mark.parametrize("place", [one for one in PLACES if one != "log"])
@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_says_what_it_is_about_is_found_in_all_but_logs(place, word):
    assert told_by(outputs(**{place: f"/{word}-"}), SECRETS)


@pytest.mark.parametrize("secret", ["ann@home.example", "a-topic-of-bakker", LINK])
def test_a_log_holds_neither_addresses_nor_links(secret):
    assert told_by(outputs(log=secret), SECRETS) == [("logs", secret)]


def test_all_numbers_with_a_fraction_are_scores_wherever_they_stand():
    assert sorted(floats({"a": [1, (0.5, "0.7")], "b": 0.25})) == [0.25, 0.5]
