import re

from daykeel.rhythm.registry import MEASURES, NOT_COMPUTED, WINDOWS


def test_every_measure_is_computed():
    assert all(one.computed for one in MEASURES.values())


def test_every_measure_of_the_specification_is_there():
    families = {one.split(".")[0] for one in MEASURES}

    assert families == {
        "srm5", "srm", "sri", "act", "sleep", "sjl", "cpd", "cosinor", "phase", "drift"
    }  # fmt: skip
    assert len(MEASURES) == len({one.name for one in MEASURES.values()})


def test_every_measure_is_said_in_full():
    for one in MEASURES.values():
        texts = (one.name, one.unit, one.formula, one.client_sentence, one.therapist_sentence,
                 one.minimum, one.missing, one.reference)  # fmt: skip
        assert all(texts), one.id
        assert re.search(r"doi:10\.\d{4,}/\S+", one.reference), one.id
        assert re.fullmatch(r"\d+\.\d+\.\d+", one.version)
        assert one.windows
        assert set(one.windows) <= set(WINDOWS)
        assert one.lo is None or one.hi is None or one.lo < one.hi


def test_what_is_not_computed_stands_in_its_windows():
    assert set(NOT_COMPUTED["week"]) == {"srm5.weekly", "srm.sleep_anchors", "srm.ali"}
    assert {one.status for rows in NOT_COMPUTED.values() for one in rows.values()} == {
        "insufficient"
    }


def test_no_sentence_promises_what_the_product_cannot():
    for one in MEASURES.values():
        for text in (one.client_sentence, one.therapist_sentence):
            assert not re.search(r"predict|relapse|episode|\bnormal\b", text), one.id
