import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from notes import noted

from daykeel.quarantine.entries import Place, entry
from daykeel.quarantine.shown import MOST, described, shown, word


@given(st.binary(max_size=200))
def test_nothing_that_is_shown_can_move_the_cursor(data):
    assert all(one.isprintable() or one == "\n" for one in shown(data))


@given(st.text(max_size=200))
def test_a_word_stays_in_its_line(text):
    assert word(text).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[2Jgone",
        b"\x1b]0;title\x07",
        b"over\rwritten",
        "\u202edesrever".encode(),
        "\x9b2J".encode(),
        b"\x9b2J",
        b"\x08\x08",
        "\ud800".encode(errors="surrogatepass"),
    ],
)
def test_escapes_of_terminals_are_spelled_out(data):
    assert shown(data).startswith(("\\", "over\\r"))


def test_what_can_be_read_is_as_it_was_sent():
    assert shown('{"a": "é 日"}\n'.encode()) == '{"a": "é 日"}\n'


def test_all_that_is_known_is_described_and_the_payload_last():
    note = noted(detail="start: no\ttime", payload=b"\x1b[31mred", replay_of="0:1")

    lines = list(described(entry(Place(3, 17), note), note))

    told = "\n".join(lines)
    assert lines[0] == "position  3:17"
    assert lines[-1] == "\\x1b[31mred"
    assert "it lay at 0:1, was replayed and refused again" in told
    assert "start: no\\ttime" in told
    assert "8 bytes, whole" in told


def test_of_a_long_payload_the_rest_is_counted():
    note = noted(payload=b"x" * (MOST + 5))

    *_, shown_part, rest = described(entry(Place(0, 0), note), note)

    assert (len(shown_part), rest.split(":")[0]) == (MOST, "and 5 bytes more")
