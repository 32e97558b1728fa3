import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.web.charts import svg
from daykeel.web.charts.svg import Box, bars, drawing, element, label, number, titled

sys.path.insert(0, str(Path(__file__).parent))
from drawn import parsed

xml_text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))


@given(xml_text)
def test_no_text_can_leave_its_element(text):
    drawn = element("text", text, x=1.0)

    assert parsed(drawn).text == (text or None)
    assert len(parsed(drawn)) == 0


@given(xml_text)
def test_no_attribute_can_leave_its_quotes(text):
    drawn = parsed(element("g", class_=text))

    assert drawn.attrib == {"class": text}


@given(xml_text.filter(bool), xml_text)
def test_titles_and_descriptions_are_text(title, description):
    whole = drawing("actogram-x", (10, 10), title, description, titled(title, label(1, 1, title)))

    tags = [one.tag.rpartition("}")[2] for one in parsed(whole).iter()]

    assert tags == ["svg", "title", "desc", "g", "title", "text"]


def test_markup_is_escaped_even_when_it_looks_like_svg():
    assert "<script>" not in element("text", "<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.01, "0"), (1.26, "1.3"), (100.0, "100"), (-2.5, "-2.5")]
)
def test_lengths_have_at_most_one_decimal(value, text):
    assert number(value) == text


def test_no_boxes_draw_nothing():
    assert bars([], "asleep", "title") == ""


def test_a_pattern_is_named_by_the_path_that_uses_it():
    drawn = parsed(bars([Box(0, 0, 2, 3)], "unknown", fill="a-hatch"))

    assert drawn.attrib["fill"] == "url(#a-hatch)"


def test_a_drawing_is_announced_by_title_and_description():
    root = parsed(drawing("trend-x", (4, 3), "Title", "What it shows"))

    ids = {one.attrib["id"] for one in root}
    assert root.attrib["role"] == "img"
    assert set(root.attrib["aria-labelledby"].split()) == ids


def test_hatching_is_a_pattern_in_defs():
    root = parsed(svg.hatch("x-hatch"))

    assert (root.tag, root[0].tag, root[0].attrib["id"]) == ("defs", "pattern", "x-hatch")
