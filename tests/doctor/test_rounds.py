import threading
import time

from daykeel.doctor.finding import Ailment, Finding, Level, NothingToSee
from daykeel.doctor.rounds import Check, Round
from daykeel.doctor.rounds import examine as examine_rounds


def well():
    return "all is well"


def ill():
    raise Ailment("it is broken", "mend it")


def nothing():
    raise NothingToSee("there is none")


def faulty():
    raise ZeroDivisionError("a fault of ours that names c-ann")


def examine(rounds, deadline_s):
    return examine_rounds([Round(checks) for checks in rounds], deadline_s)


def levels(found):
    return [(one.check, one.level) for one in found]


def test_every_check_is_made_whatever_the_others_find():
    checks = [Check("a", ill), Check("b", faulty), Check("c", nothing), Check("d", well)]

    assert levels(examine([checks], 5.0)) == [
        ("a", Level.FAILED),
        ("b", Level.FAILED),
        ("c", Level.SKIPPED),
        ("d", Level.WELL),
    ]


def test_what_is_wrong_comes_with_what_to_do():
    assert examine([[Check("a", ill)]], 5.0) == [
        Finding("a", Level.FAILED, "it is broken", "mend it")
    ]


def test_a_fault_of_a_check_is_told_without_its_text():
    (found,) = examine([[Check("a", faulty)]], 5.0)

    assert found.said == "the check ended by ZeroDivisionError"
    assert "report" in found.advice


def test_what_rests_on_something_that_has_failed_is_not_made_and_says_so():
    made = []
    rest = Check("b", lambda: made.append("b") or "x", ("a",))

    found = examine([[Check("a", ill), rest, Check("c", well, ("b",)), Check("d", well)]], 5.0)

    assert made == []
    assert levels(found)[1:] == [
        ("b", Level.SKIPPED),
        ("c", Level.SKIPPED),
        ("d", Level.WELL),
    ]
    assert found[1].said == "not looked at, see a"


def test_what_rests_on_something_that_only_warns_is_made():
    def warns():
        yield Finding("a", Level.WARNING, "soon", "mend it")

    found = examine([[Check("a", warns), Check("b", well, ("a",))]], 5.0)

    assert levels(found) == [("a", Level.WARNING), ("b", Level.WELL)]


def test_a_check_that_hangs_fails_by_the_deadline_and_holds_up_no_other_round():
    ended = threading.Event()
    hanging = Check("b", ended.wait)

    found = examine([[Check("a", well), hanging, Check("c", well)], [Check("d", well)]], 1.0)
    held_up = not ended.is_set()
    ended.set()

    assert levels(found) == [
        ("a", Level.WELL),
        ("b", Level.FAILED),
        ("c", Level.SKIPPED),
        ("d", Level.WELL),
    ]
    assert found[1].said == "no answer within 1 s"
    assert held_up


def test_each_check_has_the_whole_time_for_itself():
    def slow():
        time.sleep(0.3)
        return "slow"

    found = examine([[Check(name, slow) for name in "abcd"]], 1.0)

    assert {one.level for one in found} == {Level.WELL}


def test_what_was_opened_is_closed_when_all_was_looked_at():
    closed = []
    rounds = [Round([Check("a", ill)], lambda: closed.append(1))]

    examine_rounds(rounds, 5.0)

    assert closed == [1]
