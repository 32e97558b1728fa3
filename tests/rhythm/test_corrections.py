import sys
from itertools import permutations
from pathlib import Path

import pytest

from daykeel.rhythm.corrections import Corrections, moved, valued

sys.path.insert(0, str(Path(__file__).parent))
from told import at, correction, said

FIRST = correction("x", start=1, stop=7, when=9, meal="lunch")
NEWER = correction("x", start=2, when=10)
ON_NEWER = correction(NEWER.group, stop=8, when=12, meal="dinner")


@pytest.mark.parametrize("order", list(permutations((FIRST, NEWER, ON_NEWER))))
def test_the_newest_word_holds_and_words_on_it_change_it(order):
    found = Corrections(order).of("x")

    assert found.value["start"] == NEWER.value["start"]
    assert found.value["end"] == ON_NEWER.value["end"]
    assert found.value["value"] == {"meal": "dinner"}
    assert found.received_at == at(12)
    assert NEWER.revision in found.revision
    assert ON_NEWER.revision in found.revision


def test_a_single_word_holds_as_it_stands():
    assert Corrections([FIRST]).of("y", "x").value == FIRST.value
    assert Corrections([FIRST]).of("y") is None
    assert not Corrections([])


def test_what_named_itself_is_passed_once():
    word = correction("x", start=1)
    itself = correction(word.id, start=2, when=21)

    assert list(Corrections([word, itself]).on("x")) == [word, itself]


def test_times_and_values_are_those_of_the_correction_where_it_has_any():
    meal = said("meal", 18, 19, meal="lunch")

    found = moved(meal, correction(meal.id, start=17, meal="dinner"))

    assert (found.start, found.end, found.value) == (at(17), at(19), {"meal": "dinner"})
    assert valued(meal, correction(meal.id, start=17)) == meal
