"""The dictionary of measures as a page, made from the registry."""

from collections.abc import Iterator

from daykeel.rhythm.measure import Measure
from daykeel.rhythm.registry import MEASURES

HEAD = """\
# Measures

This page is made from the registry (`daykeel.rhythm.registry`); a test compares them.

A score has a value with the bounds it could have had given what is unknown, a coverage from 0 to
1 (the known share of what it reads; a fallback source counts half), and a status: `ok`;
`provisional`, which is shown greyed and enters no baseline; `insufficient`, which has no value.
Whatever is not `ok` names its reasons. Nothing is imputed: what is unknown stays unknown and
lowers the coverage. Where published programs give other numbers, [references.md](references.md)
says why.

Two laws are tested on random lives, baselines held: deleting data never changes a score without
lowering its coverage, and never raises a signal.

Measures that this version does not compute stand in every row as `insufficient` with the reason
`not_computed`. Windows: `1d` a night, day or pair of days; `7d`, `14d`, `28d` the days up to the
date; `week` the therapy week that ends on it. A day's anchors are complete once the night after
it is final.
"""

TAIL = """\
## Charts and what they come to

Each chart standardises a night by the client's own frozen baseline: centre (median) and scale
(1.4826 times the median absolute deviation, with a floor) of 28 valid nights among the last 42,
with the effect of free days taken off. A night is valid when it is certain and final, of the
device of the baseline, and neither in the window of a journey, within three nights of a change of
clocks, nor marked as episode or excluded. After 28 more quiet nights the baseline takes them in,
up to 84, unless the centre would move by more than half a scale. 22 nights in a row without data
end it, and another device needs its own.

The statistic of each side is `max(0, 0.8 before + 0.2 evidence)`, evidence being the bound that
speaks least for a change, clipped to [-1, 4]; a night without evidence counts -1. It signals
above `L sqrt(0.2 / 1.8)`, widened for carry-over from night to night, with L = 5.0 for baselines
below 56 nights and 4.6 from 56 on, a tenth more for `sleep.mid.deviation`, whose upper tail is
longer.

| chart | a rise means | a fall means |
|---|---|---|
| `sleep.mid` | later: `phase_delay` | earlier: `phase_advance` |
| `sleep.duration` | longer: `long_sleep` | shorter: `short_sleep` |
| `srm.hit_fraction` | - | less regular: `irregularity` |
| `sleep.mid.deviation` | less regular: `irregularity` | - |

`sleep.mid.deviation`, the distance of midsleep from its centre, stands in for `srm.hit_fraction`
while that has no baseline: fewer than three tracked anchors, or nobody tells them. The anchors'
chart reads each anchor from the source class that told it during the baseline, whatever another
class says later: times of another class are not comparable, and a class that changes when data
are deleted could raise a signal.

Acute rules, whatever the phase of therapy: 4 own SD away on 2 of 3 calendar nights (midsleep,
duration); 3 h longer or shorter than the centre on 2 of 3; less than 4 h on 2 running. They are
`acute_change`. Seven silent nights are `data_loss`, three if something was going on; a journey
over at least three hours of zones is `travel`, in place of a rhythm alert.

No cut-off of any measure is validated for bipolar disorder, and none is used. A week of SRM-5
within 1.5 points of the long-run mean, and two weeks within 2.1 points of each other, are inside
noise. A sleep regularity index depends on how sleep was told: it is never compared across
devices.
"""


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join([HEAD, *_families(), TAIL])


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
        f"`{window}`" + ("" if one.is_computed(window) else " (not computed)")
        for window in one.windows
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
