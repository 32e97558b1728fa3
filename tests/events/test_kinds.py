import re
import types
import typing
from pathlib import Path

import msgspec
import pytest

from daykeel.events.kinds import INTERNAL, KINDS, BadShape, checked, shaped
from daykeel.events.values import Steps

PAGE = Path(__file__).parents[2] / "docs/events.md"
IN_CODE = re.compile(r"`([^`]+)`")


def documented():
    """Yield each kind of the page's table with what the table says of its value."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            for kind in " ".join(IN_CODE.findall(cells[0])).split():
                yield kind, cells[1]


DOCUMENTED = dict(documented())


def fields_of(cell):
    """Return name -> (is it optional, the words it may be) of a cell of the table."""
    found = {}
    for part in cell.split(";"):
        names, _, said = part.partition(":")
        words = frozenset(" ".join(IN_CODE.findall(said)).split())
        for name in IN_CODE.findall(names):
            found[name.rstrip("?")] = (name.endswith("?"), words)
    return found


def words_of(hint):
    """Return the words a type allows, or nothing where it allows more than words."""
    if isinstance(hint, types.UnionType):
        return frozenset().union(*map(words_of, typing.get_args(hint)))
    is_literal = typing.get_origin(hint) is typing.Literal
    return frozenset(typing.get_args(hint)) if is_literal else frozenset()


def test_the_page_has_every_kind_and_no_other():
    assert set(DOCUMENTED) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_tells_the_fields_of_a_kind(kind):
    told = fields_of(DOCUMENTED[kind])

    assert {name: is_optional for name, (is_optional, _) in told.items()} == {
        field.name: not field.required for field in msgspec.structs.fields(KINDS[kind])
    }


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sleep.episode"}))
def test_the_page_tells_the_words_a_field_may_be(kind):
    hints = typing.get_type_hints(KINDS[kind])

    for name, (_, words) in fields_of(DOCUMENTED[kind]).items():
        if allowed := words_of(hints[name]):
            assert not words or words == allowed


def test_positions_are_the_only_internal_kind():
    assert {"place.fix"} == INTERNAL


def test_a_field_the_kind_has_not_is_dropped():
    assert checked("meal", {"meal": "dinner", "with": "sauce"}) == {"meal": "dinner"}


def test_what_is_not_known_is_left_out():
    assert checked("activity.steps", {"steps": 5, "local_date": None}) == {"steps": 5}


def test_dates_and_instants_come_back_as_text():
    assert checked("phone.usage_daily", {"local_date": "2026-03-01", "minutes": 5}) == {
        "local_date": "2026-03-01",
        "minutes": 5,
    }


@pytest.mark.parametrize(
    ("kind", "value", "where"),
    [
        ("meal", {}, "meal"),
        ("meal", [], ""),
        ("meal", {"meal": "sauce"}, "meal"),
        ("activity.epoch", {"unit": "steps", "value": -1, "epoch_s": 60}, "value"),
        ("activity.epoch", {"unit": "steps", "value": "1", "epoch_s": 60}, "value"),
        ("activity.epoch", {"unit": "steps", "value": True, "epoch_s": 60}, "value"),
        ("activity.epoch", {"unit": "steps", "value": 1, "epoch_s": 0}, "epoch_s"),
        ("activity.steps", {"steps": 1.5}, "steps"),
        ("cardio.hr", {"bpm": 0}, "bpm"),
        ("place.fix", {"lat": 91, "lon": 0}, "lat"),
        ("self.mood", {"level": 6, "day": "2026-03-01"}, "level"),
        ("self.mood", {"level": 1, "day": "2026-02-30"}, "day"),
        ("self.note", {"text": "x" * 2001}, "text"),
        ("sleep.episode", {"stages": [{"stage": "deep"}]}, "stages[0].start"),
        ("meta.correction", {"of": "x", "by": "client", "start": "2026-03-01T10:00"}, "start"),
    ],
)
def test_a_wrong_value_is_told_by_its_place_alone(kind, value, where):
    with pytest.raises(BadShape) as told:
        checked(kind, value)

    assert str(told.value) == where


def test_a_kind_there_is_not_has_no_fields():
    with pytest.raises(KeyError):
        checked("tea", {})


def test_what_stood_there_is_never_told():
    with pytest.raises(BadShape) as told:
        shaped(Steps, {"steps": "four hundred and twelve"})

    assert "four" not in str(told.value)
