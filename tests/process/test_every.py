from daykeel.process.every import Every


def test_it_is_due_at_first_and_then_once_in_a_while():
    now = [0.0]
    every = Every(1.0, lambda: now[0])

    due = []
    for now[0] in (0.0, 0.5, 1.0, 1.9, 2.0):
        due.append(every.is_due())

    assert due == [True, False, True, False, True]


def test_what_is_put_off_is_due_later():
    now = [0.0]
    every = Every(1.0, lambda: now[0])

    every.put_off(10.0)

    due = []
    for now[0] in (1.0, 9.9, 10.0):
        due.append(every.is_due())
    assert due == [False, False, True]
