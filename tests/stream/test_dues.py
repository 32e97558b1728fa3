from daykeel.stream.dues import COLD_S, FAILED_S, HOT_S, Dues


def scored(dues, client, now):
    assert dues.take(now) == [client]
    dues.done(client)


def test_the_first_change_goes_at_once_and_the_next_not_before_a_pause():
    dues = Dues()
    dues.want("a", 10.0)
    scored(dues, "a", 10.0)
    dues.want("a", 10.01)

    assert dues.take(10.0 + HOT_S / 2) == []
    assert dues.take(10.0 + HOT_S) == ["a"]


def test_epochs_alone_wait_longer_and_anything_else_ends_their_wait():
    dues = Dues()
    dues.want("a", 10.0, hot=False)
    scored(dues, "a", 10.0)
    dues.want("a", 10.1, hot=False)

    assert dues.take(10.0 + COLD_S - 0.1) == []

    dues.want("a", 11.0)

    assert dues.take(11.0) == ["a"]


def test_at_most_one_due_of_a_client_is_out():
    dues = Dues()
    dues.want("a", 10.0)
    dues.take(10.0)
    dues.want("a", 20.0)

    assert dues.take(20.0) == []
    assert not dues

    dues.done("a")
    dues.want("a", 20.1)

    assert dues.take(20.1) == ["a"]


def test_one_clients_wait_is_not_anothers():
    dues = Dues()
    dues.want("a", 10.0)
    scored(dues, "a", 10.0)
    dues.want("a", 10.0)
    dues.want("b", 10.0)

    assert dues.take(10.0) == ["b"]


def test_who_could_wait_is_taken_early_when_asked_for():
    dues = Dues()
    dues.want("a", 10.0, hot=False)
    scored(dues, "a", 10.0)
    dues.want("a", 10.1, hot=False)

    assert dues.take(10.1, early=True) == ["a"]


def test_a_client_whose_score_failed_waits_also_when_taken_early():
    dues = Dues()
    dues.want("a", 10.0)
    dues.take(10.0)
    dues.failed("a", 10.0)
    dues.want("a", 11.0)

    assert dues.take(12.0, early=True) == []
    assert dues.take(10.0 + FAILED_S) == ["a"]


def test_forgetting_keeps_what_still_delays():
    dues = Dues()
    dues.want("a", 10.0)
    scored(dues, "a", 10.0)
    dues.forget(10.0 + HOT_S / 2)
    dues.want("a", 10.0 + HOT_S / 2)

    assert dues.take(10.0 + HOT_S / 2) == []

    dues.forget(10.0 + COLD_S)

    assert dues._sent == {}


def test_who_is_patient_goes_when_nobody_else_waits_and_one_at_a_time():
    dues = Dues()
    for client in "ab":
        dues.wish(client)
    dues.want("c", 10.0)

    assert dues.take(10.0) == ["c"]
    assert dues.take(10.1) == []

    dues.done("c")

    assert dues.take(10.2) == ["a"]
    assert dues.take(10.3) == []

    dues.done("a")

    assert dues.take(10.4) == ["b"]
    assert not dues


def test_who_is_patient_does_not_wait_longer_than_for_the_next_change_of_their_own():
    dues = Dues()
    for client in "ab":
        dues.wish(client)
    dues.want("b", 10.0)

    assert dues.waits("a")
    assert dues.take(10.0) == ["b"]

    dues.done("b")

    assert dues.take(10.1) == ["a"]
    dues.done("a")
    assert dues.take(10.2) == []


def test_a_wish_for_somebody_who_is_on_the_way_is_no_second_one():
    dues = Dues()
    dues.want("a", 10.0)
    dues.take(10.0)
    dues.wish("a")
    dues.done("a")

    assert (dues.is_patient, dues.take(20.0)) == (False, [])


def test_a_patient_one_whose_score_failed_is_tried_again_later():
    dues = Dues()
    dues.wish("a")
    dues.take(10.0)
    dues.failed("a", 10.0)

    assert dues.take(11.0) == []
    assert dues.take(10.0 + FAILED_S) == ["a"]
