import pytest

from daykeel.api.problems import Problem
from daykeel.api.uploads import Uploads


def test_a_sender_has_one_place_at_a_time():
    uploads = Uploads()
    with (
        uploads.place("ann"),
        uploads.place("ben"),
        pytest.raises(Problem, match="not-ready"),
        uploads.place("ann"),
    ):
        pytest.fail("it had two")

    with uploads.place("ann"):
        pass


def test_there_are_few_places():
    uploads = Uploads(most=1)
    with (
        uploads.place("ann"),
        pytest.raises(Problem, match="not-ready"),
        uploads.place("ben"),
    ):
        pytest.fail("it had a place")
