"""The lives of the nine demonstration clients, and what each of them should come to."""

from dataclasses import dataclass

from daykeel.rhythm.synthetic.life import Change, Flight, Habit, Script


@dataclass(frozen=True, slots=True)
class Expected:
    """What the generator says of a client's alerts, before anything is computed."""

    kinds: frozenset[str] = frozenset()
    """At least one of these; empty: no alert at all."""
    also: frozenset[str] = frozenset()
    """These may come with it."""
    nights: int = 0
    """The first possible night is the first of so many last ones."""
    why: str = ""


STEADY = Habit(onset_sd=0.5, duration_sd=0.75, free_day=0.5)
"""A regular person, within what healthy people show."""

SCRIPTS = (
    Script("steady", "Atlantic/Reykjavik", STEADY),
    Script(
        "irregular",
        "Africa/Lagos",
        Habit(onset_sd=1.75, duration_sd=1.5, jitter=1.5),
    ),
    Script(
        "advance",
        "Africa/Johannesburg",
        STEADY,
        changes=(Change(nights=10, ramp=4, mid=-2.5, duration=-3.5),),
    ),
    Script(
        "delay",
        "Europe/Istanbul",
        STEADY,
        changes=(Change(nights=21, ramp=10, mid=2.5, duration=1.5),),
    ),
    Script(
        "cheap tracker",
        "Africa/Lagos",
        STEADY,
        changes=(Change(nights=24, ramp=1, swing=2.0),),
    ),
    Script("tracker off", "Africa/Nairobi", STEADY, off=(20, 8)),
    Script("flight", "Europe/Istanbul", STEADY, flight=Flight(nights=22, tz="Asia/Tokyo")),
    Script("late phone", "Africa/Johannesburg", STEADY),
    Script("summer time", "Europe/Berlin", STEADY),
)

EXPECTED = {
    "steady": Expected(why="nothing changes"),
    "irregular": Expected(why="irregular from the start: low scores, but no change to tell of"),
    "advance": Expected(
        frozenset({"phase_advance", "short_sleep"}),
        frozenset({"acute_change", "irregularity", "phase_advance", "short_sleep"}),
        nights=10,
        why="sleep 2.5 h earlier and 3.5 h shorter over the last 10 nights",
    ),
    "delay": Expected(
        frozenset({"phase_delay", "long_sleep"}),
        frozenset({"acute_change", "irregularity", "phase_delay", "long_sleep"}),
        nights=21,
        why="sleep 2.5 h later and 1.5 h longer over the last 21 nights",
    ),
    "cheap tracker": Expected(
        frozenset({"irregularity"}),
        frozenset({"irregularity", "acute_change"}),
        nights=24,
        why="from one night to the next 4 h earlier and later, at the same mean",
    ),
    "tracker off": Expected(
        frozenset({"data_loss"}),
        frozenset({"data_loss"}),
        nights=20,
        why="8 nights without tracker: a notice of silence, never a rhythm alert",
    ),
    "flight": Expected(
        frozenset({"travel"}),
        frozenset({"travel"}),
        nights=23,
        why="6 zones east: a travel notice in place of a rhythm alert",
    ),
    "late phone": Expected(why="all has arrived in the end, so notices of silence are withdrawn"),
    "summer time": Expected(why="the three nights after the change carry no evidence"),
}
