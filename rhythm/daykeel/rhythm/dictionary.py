"""The dictionary of measures as a page, made from the registry."""

from collections.abc import Iterator

from daykeel.rhythm.differences import section
from daykeel.rhythm.measure import Measure
from daykeel.rhythm.registry import MEASURES

HEAD = """\
# Measures

This page is made from the registry (`daykeel.rhythm.registry`); a test compares them.

A score has a value with the bounds it could have had given what is unknown, a coverage from 0 to
1 (the known share of what it reads; a fallback source counts half), and a status: `ok`;
`provisional`, which is shown greyed and enters no baseline; `insufficient`, which has no value.
Whatever is not `ok` names its reasons. Nothing is imputed: what is unknown stays unknown and
lowers the coverage. Where reference programs give other numbers, the table at the end says why.

Two laws are tested on random lives, baselines held: deleting data never changes a score without
lowering its coverage, and never raises a signal.

Windows: `1d` a night, day or pair of days; `7d`, `14d`, `28d` the days up to the date, also where
the record began later; `week` the therapy week that ends on it. A day's anchors and its activity
count once the night after it is final. Spread, shift and activity of a window have their value as
both bounds where nothing in it is unknown, and else the whole range of the measure: an unknown hour
may have been anything. A range without an upper end has no upper bound.

Circadian phase is for display only: no chart and no alert reads it. Light is guessed from sleep,
250 lux awake and none asleep, on an even line of time that only the wall clock of its answer jumps
with a journey. It is read from a Monday on, 28 to 34 nights, so that the dates of a week share one
run of the model. Gaps are bridged there and nowhere else; each bridged night widens `phase.error`,
which stands beside the estimate as it is no bound by unknown data. Steps of the model last up to an
hour, what light uses up of the receptors is exact: the minimum is within 0.02 hours of the model in
steps of a tenth. Where the clock never settles on the first week, it is `no_dominant_phase`.
"""

TAIL = """\
## Charts and what they come to

Each chart standardises a night by the client's own frozen baseline: centre and scale (with a
floor) of 28 valid nights among the last 42, estimated as the rules in force say, with the effect of
free days taken off. A night is valid when it is certain and final, of the device of the baseline,
and neither in the window of a journey, within three nights of a change of clocks, nor marked as
episode or excluded; a pair of nights when both are, and a day of steps with 20 valid hours. After
28 more quiet nights the baseline takes them in, up to 84, unless the centre would move by more than
half a scale. 22 nights in a row without data end it, and another device needs its own.

Statistic, limits, which charts open an alert alone or only two together, and what a rise and a fall
of each mean: [rules.md](rules.md).

`drift.steps` reads the logarithm of a day's steps, and like `drift.act.m10_onset` no more of ten
minutes than a ceiling that is frozen with the baseline. Pairs of nights of two devices, with less
than 960 minutes in common or without sleep in them say nothing.

`sleep.mid.deviation`, the distance of midsleep from its centre, stands in for `srm.hit_fraction`
while that has no baseline or fewer than three anchors are tracked, and where nobody tells them.
Which anchors are tracked has a first day: before it others counted. A baseline is of days with the
same ones, and has a say on such days alone: after a change the distance stands in until there are
28 days for another. The anchors'
chart reads each anchor from the source class that told it during the baseline, whatever another
class says later: times of another class are not comparable, and a class that changes when data
are deleted could raise a signal.

Acute rules, whatever the phase of therapy: 4 own SD away on 2 of 3 calendar nights (midsleep,
duration); 3 h, and 2.25 own SD, longer or shorter than the centre on 2 of 3; less than 4 h on 2
running. They are `acute_change`. Eight silent nights are `data_loss`, five if something was going
on; a journey over at least three hours of zones is `travel`, in place of a rhythm alert.

No cut-off of any measure is validated for bipolar disorder, and none is used. A week of SRM-5
within 1.5 points of the long-run mean, and two weeks within 2.1 points of each other, are inside
noise. A sleep regularity index depends on how sleep was told: it is never compared across
devices.
"""


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join([HEAD, *_families(), TAIL, section()])


def _families() -> Iterator[str]:
    for title, prefixes in (
        ("Social rhythm", ("srm",)),
        ("Sleep regularity and timing", ("sri", "sleep", "sjl", "cpd")),
        ("Rest and activity, circadian phase", ("act", "cosinor", "phase")),
        ("Personal charts", ("drift",)),
    ):
        yield f"## {title}\n"
        for one in MEASURES.values():
            if one.id.startswith(prefixes):
                yield _section(one)


def _section(one: Measure) -> str:
    windows = ", ".join(
        f"`{window}`" + ("" if one.computed else " (not computed)") for window in one.windows
    )
    return f"""\
### `{one.id}`: {one.name}

{one.formula.removesuffix(".")}.

* Unit and range: {one.unit}, {_range(one)}. Windows: {windows}. Version {one.version}.
* Needs: {one.minimum}.
* Missing data: {one.missing}
* For clients: {one.client_sentence}
* For therapists: {one.therapist_sentence}
* Source: {one.reference}.
"""


def _range(one: Measure) -> str:
    if one.lo is None and one.hi is None:
        return "any"
    if one.hi is None:
        return f"from {one.lo:g}"
    return f"up to {one.hi:g}" if one.lo is None else f"{one.lo:g} to {one.hi:g}"
