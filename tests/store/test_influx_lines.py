"""Line protocol against the library's own writer of it."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from influxdb_client import Point

from daykeel.scores.influx_lines import (
    FIRST,
    LAST,
    BadPoint,
    bounded,
    field_name,
    instants,
    is_taggable,
    noon,
    number,
    series,
    text,
)

TAGS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(is_taggable)


@given(TAGS)
def test_a_tag_is_written_as_the_library_writes_it(value):
    written = Point("nights").tag("client", value).field("x", 1.0).to_line_protocol()

    assert written == f"{series('nights', [('client', value)])} x=1"


@given(st.text(alphabet=st.one_of(st.sampled_from('\\"\n\r,= \x00'), st.characters(codec="utf-8"))))
def test_a_text_is_written_as_the_library_writes_it(value):
    written = Point("nights").field("x", value).to_line_protocol()

    assert written == f"nights x={text(value)}"


@given(st.text(alphabet='a,= "\\\n\x00'))
def test_nothing_that_stands_for_syntax_is_left_bare_in_a_tag(value):
    try:
        written = series("nights", [("client", value)])
    except BadPoint:
        return

    assert written.replace("\\,", "").replace("\\=", "").replace("\\ ", "").count(",") == 1
    assert " " not in written.replace("\\ ", "")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_the_same(value):
    assert float(number(value)).hex() == value.hex()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_shows_as_absent(value):
    assert number(value) == "-1e+99"
    assert bounded("x", value, 1, 2).startswith("x.value=-1e+99,x.value_known=false,x.lo=1.0")
    assert bounded("x", 1, value, 2).endswith("x.lo=-1e+99,x.hi=-1e+99,x.bounds_known=false")


@pytest.mark.parametrize("value", ["", " ", "a\\", "a\nb", "a\tb", 'a"b', "\x00", "\u2028"])
def test_what_cannot_be_a_tag_is_refused_without_being_quoted(value):
    for make in (lambda: series("nights", [("client", value)]), lambda: field_name(value)):
        with pytest.raises(BadPoint) as raised:
            make()
        assert str(raised.value) in ("bad_tag", "bad_name")


def test_a_text_that_is_too_long_is_refused():
    assert len(text("é" * 500_000)) == 500_002
    with pytest.raises(BadPoint, match="too_long"):
        text("é" * 500_001)


def test_a_point_lies_at_noon_of_its_date():
    assert noon(date(2026, 3, 2)) == datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
    assert noon(date(1969, 7, 20)) == datetime(1969, 7, 20, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("day", [date.min, FIRST - timedelta(1), LAST + timedelta(1), date.max])
def test_a_date_that_cannot_be_counted_is_refused(day):
    with pytest.raises(BadPoint, match="bad_date"):
        noon(day)


@given(st.dates(), st.dates(), st.dates(FIRST, LAST))
def test_a_range_of_dates_holds_exactly_their_noons(first, stop, day):
    assume(first <= stop)
    start, end = instants(first, stop)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    assert (start <= at < end) == (first <= day < stop)


@given(st.dates(), st.dates())
def test_every_range_can_be_counted_in_nanoseconds(first, stop):
    for one in instants(first, stop):
        assert -(2**63) < (one - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e9 < 2**63
