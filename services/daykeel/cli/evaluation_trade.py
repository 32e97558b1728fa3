"""What fewer false alerts would cost, and why a budget cannot be kept whatever the limits."""

from collections.abc import Sequence

from markupsafe import Markup

from daykeel.cli.evaluation import RAISED, Found
from daykeel.cli.evaluation_words import delay, table
from daykeel.rhythm.budget import MOST_FALSE
from daykeel.rhythm.cohort.lives import HOLIDAYS, ILLNESSES
from daykeel.rhythm.cohort.study import HOLIDAY, SHIFTS, SMALL, Tally
from daykeel.web.charts.svg import element, label, line, polyline

GENERATORS = ("stated", "other")
SOON = 14
"""Nights within which a change is to be told."""
NIGHTS, ILL = 10, 4
"""Of a holiday and an illness of `ordinary`, in the mean."""
MOST = 7.0
"""False alerts a year at the right edge of a panel."""


def text(found: Found) -> str:
    """Return the section of the page."""
    return "\n\n".join((_beginning(found), _table(found), _floor(found)))


def _beginning(found: Found) -> str:
    return (
        "The same rules with all limits of charts raised, and the plain EWMA with its own; a "
        "`tracker` alone. False alerts a client-year where nothing changes, in ordinary life that "
        "nobody declares, and in years drawn from recordings; then the nights to the first signal "
        "of a lasting change (median; the share within 7 and 14 nights). Raising limits leaves "
        f"acute rules as they are. Each figure is of {found.trade[0][1][0].lives} lives."
    )


def _table(found: Found) -> str:
    shifts = (SMALL, SHIFTS[0], SHIFTS[3])
    head = ["rules", "limits times"]
    for generator in GENERATORS:
        head += [f"{generator}: calm", "ordinary", *(one.name for one in shifts)]
    head += ["recorded"] if _has_recordings(found) else []
    rows = []
    for place in range(2 * len(RAISED)):
        which, factor = divmod(place, len(RAISED))
        row = [found.rules[which].version, f"{RAISED[factor]:g}"]
        for generator in GENERATORS:
            row += [
                _rate(_calm(found, generator, place)),
                _rate(_ordinary(found, generator, place)),
            ]
            row += [delay(_changed(found, generator, one.name, place), (7, SOON)) for one in shifts]
        row += [_rate(found.trade[-1][1][place])] if _has_recordings(found) else []
        rows.append(row)
    return table(head, rows)


def _floor(found: Found) -> str:
    """Say what the budget asks of rules that only read the nights."""
    return (
        "**Why no limit is right.** The first nights of a holiday are those of a lasting change as "
        "late, if more scattered, and those of an illness no others than of a lasting change; "
        "nobody has said which they are. Rules that read these nights alone tell of the one about "
        "as often as of the other, and can tell of holidays more rarely only by telling of lasting "
        "changes more rarely within as many nights. "
        + " ".join(_spelled(found, generator) for generator in GENERATORS)
        + " What helps is to know: a holiday or an illness that is declared is told of to nobody "
        "unless it is to be acted on, and a change that outlasts it is told of after it."
    )


def _spelled(found: Found, generator: str) -> str:
    """Say how often changes are told of within a holiday and an illness, and what that adds to."""
    small, holiday = (
        _changed(found, generator, one.name, 0).within(NIGHTS) for one in (SMALL, HOLIDAY)
    )
    ill = _changed(found, generator, SHIFTS[0].name, 0).within(ILL)
    calm = _calm(found, generator, 0).alerts.value
    spells = HOLIDAYS * holiday + ILLNESSES * ill
    most = max(MOST_FALSE - calm, 0.0) / (HOLIDAYS + ILLNESSES)
    end = (
        f"within the budget of {MOST_FALSE:.0f}."
        if spells + calm <= MOST_FALSE
        else f"for {MOST_FALSE:.0f} a year in all no more than {most:.0%} of each might be told of."
    )
    return (
        f"On the {generator} generator {small:.0%} of lasting changes of 1 h are told of within "
        f"{NIGHTS} nights and {holiday:.0%} of holidays of as many; of changes of 1.5 h, and so of "
        f"illnesses, {ill:.0%} within {ILL}. With {HOLIDAYS} of each a year that is {spells:.1f} "
        f"alerts, and {calm:.1f} come in a life without them: {end}"
    )


def _calm(found: Found, generator: str, place: int) -> Tally:
    return next(
        own[place] for one, own in found.trade if one.name == generator and one.shift is None
    )


def _ordinary(found: Found, generator: str, place: int) -> Tally:
    return next(
        own[place] for one, own in found.trade if one.generator == generator and one.is_ordinary
    )


def _changed(found: Found, generator: str, shift: str, place: int) -> Tally:
    return next(
        own[place]
        for one, own in found.trade
        if one.generator == generator and one.shift and one.shift.name == shift
    )


def _has_recordings(found: Found) -> bool:
    return found.trade[-1][0].generator == "recorded"


def _rate(tally: Tally) -> str:
    return f"{tally.alerts.value:.2f}"


def panels(found: Found) -> list[Markup]:
    """Return for each generator what share of changes is told of at how many false alerts."""
    parts: list[Markup] = []
    for at, generator in enumerate(GENERATORS):
        parts += _panel(found, generator, 60.0 + at * 370.0)
    return parts


def _panel(found: Found, generator: str, left: float) -> list[Markup]:
    wide, top, bottom = 310.0, 60.0, 250.0

    def across(rate: float) -> float:
        return left + min(rate, MOST) / MOST * wide

    def up(share: float) -> float:
        return bottom - share * (bottom - top)

    parts = [
        label(left, top - 10, f"{SHIFTS[0].name}, {generator}: told of in {SOON} nights"),
        label(left + wide, bottom + 34, "false alerts a year in ordinary life", anchor="end"),
    ]
    for share in (0.0, 0.5, 1.0):
        parts += [line(left, up(share), left + wide, up(share), "axis")]
        parts += [label(left - 6, up(share) + 4, f"{share:.0%}", anchor="end")]
    for tick in range(int(MOST) + 1):
        parts.append(label(across(tick), bottom + 16, str(tick), anchor="middle"))
    parts.append(line(across(MOST_FALSE), top, across(MOST_FALSE), bottom, "budget"))
    for which in range(2):
        points = _points(found, generator, which)
        dots = [(across(rate), up(share)) for rate, share in points]
        parts.append(polyline(dots, f"s{which}"))
        parts += [element("circle", cx=x, cy=y, r=3.0, class_=f"f{which}") for x, y in dots]
    return parts


def _points(found: Found, generator: str, which: int) -> Sequence[tuple[float, float]]:
    """Return false alerts a year of ordinary life and the share told of in time, by limit."""
    first = which * len(RAISED)
    return [
        (
            _ordinary(found, generator, place).alerts.value,
            _changed(found, generator, SHIFTS[0].name, place).within(SOON),
        )
        for place in range(first, first + len(RAISED))
    ]
