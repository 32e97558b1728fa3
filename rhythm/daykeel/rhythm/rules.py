"""When a client's charts signal, as one value: what is calibrated, back-tested and versioned."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import msgspec

CHARTS = ("sleep.mid", "sleep.duration", "srm.hit_fraction", "sleep.mid.deviation")
"""Those that alert by themselves."""
SECONDARY = (
    "sleep.onset",
    "sleep.offset",
    "sleep.tst",
    "sri.pair",
    "act.m10_onset",
    "steps",
)
"""Those of which two, of different families, alert together."""


class BadRules(ValueError):  # noqa: N818  a fact about what somebody wrote, not a fault of ours
    """No rules: the text says what is wrong with which of them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides whether and when somebody is told (science.md 4, 12 and 13).

    Whatever their values, deleting data raises no signal: each night adds at least as much
    evidence as a missing one, and the statistics grow with the evidence.
    """

    version: str
    """Of alerts and baselines: other rules, other version."""
    weight: float = 0.2
    """Of the newest night in a chart's statistic: its memory is about 1 / weight nights."""
    reference: float = 0.0
    """Own SD by which a night must differ to count for a change rather than against it."""
    least: float = -1.0
    """Own SD at which a night's evidence is cut; a missing night counts as the least."""
    most: float = 4.0
    limits: tuple[tuple[int, float], ...] = ((0, 5.0), (56, 4.6))
    """(baseline nights, limit in asymptotic SD of the statistic from so many on)."""
    widened: tuple[tuple[str, float], ...] = (("sleep.mid.deviation", 1.1),)
    """(chart, how many times its limit): the upper tail of a distance is longer."""
    estimator: str = "median"
    """Of a baseline's centre and scale: `median` (and MAD) or `huber`."""
    cool_down: int = 14
    """Nights from opening in which nothing new of a kind opens."""
    secondary: tuple[str, ...] = ()
    """Charts of which two of different families, to one side, open what a primary one opens alone;
    what they see joins an alert that is open."""
    near: int = 5
    """Nights within which timing and amount to one side are one matter, and two secondary charts
    open together."""
    quiet: int = 7
    """Known nights below half the limit after which an episode is over."""
    escalates: float = 2.0
    """Limits at which an episode becomes urgent."""
    acute_far: float = 4.0
    """Own SD of `acute_z`."""
    acute_much: float = 3.0
    """Hours of `acute_change`."""
    acute_own: float = 0.0
    """Own SD that they must come to as well: some people's nights differ by hours."""
    acute_short: float = 4.0
    """Hours of `acute_short`."""
    silence_counts: int = 2
    """Silent nights from which they are counted, and the client is nudged."""
    silence_tells: int = 7
    """Silent nights at which the therapist is told."""
    silence_tense: int = 3
    """The same while something is going on."""
    tense: float = 0.5
    """Share of a limit above which something is going on."""
    agreed_hours: float | None = None
    """Hours by which sleep is longer or shorter that client and therapist agreed on."""
    agreed_nights: int = 3
    """In a row."""

    def __post_init__(self) -> None:
        """Refuse what could not be meant.

        Raises
        ------
        BadRules
            One of them is out of its range.
        """
        for name, is_good, needs in (
            ("version", bool(self.version), "is not empty"),
            ("weight", 0 < self.weight <= 1, "is above 0, at most 1"),
            ("reference", 0 <= self.reference < self.most, "is at least 0 and below `most`"),
            ("least", self.least < self.most, "is below `most`"),
            ("limits", _are_steps(self.limits), "are (nights, limit), from 0 nights on, ascending"),
            ("widened", _are_factors(self.widened), "are (chart that alerts, factor above 0)"),
            ("secondary", set(self.secondary) <= {*SECONDARY}, "are charts that alert together"),
            ("estimator", self.estimator in ("median", "huber"), "is `median` or `huber`"),
            ("escalates", self.escalates > 1, "is above 1"),
            ("cool_down", self.cool_down >= 0, "is at least 0"),
            ("quiet", self.quiet >= 1, "is at least 1"),
            ("silence_counts", self.silence_counts >= 1, "is at least 1"),
            (
                "silence_tense",
                self.silence_counts <= self.silence_tense <= self.silence_tells,
                "lies between `silence_counts` and `silence_tells`",
            ),
            ("agreed_nights", self.agreed_nights >= 1, "is at least 1"),
        ):
            if not is_good:
                raise BadRules(f"{name}: {getattr(self, name)!r}, but it {needs}")

    def bound(self, chart: str, nights: int) -> float:
        """Return the limit of a chart in asymptotic SD, for a baseline of so many nights."""
        steps = [limit for first, limit in self.limits if nights >= first]
        return steps[-1] * dict(self.widened).get(chart, 1.0)


def _are_steps(limits: tuple[tuple[int, float], ...]) -> bool:
    firsts = [first for first, _ in limits]
    is_rising = all(before < after for before, after in pairwise(firsts))
    return firsts[:1] == [0] and is_rising and all(limit > 0 for _, limit in limits)


def _are_factors(widened: tuple[tuple[str, float], ...]) -> bool:
    return all(chart in (*CHARTS, *SECONDARY) and factor > 0 for chart, factor in widened)


PLAIN = Rules(version="1.0.0")
"""The guarded EWMA of science.md 12.4, at the limits of 13.3."""

LIVE = Rules(
    version="2.2.0",
    weight=0.1,
    reference=0.5,
    most=3.0,
    limits=((0, 2.9), (56, 2.7)),
    widened=(("sleep.mid.deviation", 1.4),),
    secondary=SECONDARY,
    estimator="huber",
    acute_own=2.25,
    silence_tells=8,
    silence_tense=5,
    tense=0.75,
)
"""What alerts come from: a longer memory that only counts what lies beyond half an SD, no night for
more than three, and baselines that lose less of their nights. `docs/evaluation.md` has what that
comes to, beside `PLAIN` at the same budget.
"""


def each_night(by: Rules | Sequence[Rules], nights: int) -> Sequence[Rules]:
    """Return the rules of each night: the same on all, unless they are told night by night."""
    return [by] * nights if isinstance(by, Rules) else by


def as_json(rules: Rules) -> bytes:
    """Return rules as a person may read and change them."""
    return msgspec.json.format(msgspec.json.encode(rules), indent=2)


def from_json(text: bytes | str) -> Rules:
    """Return the rules of a JSON object; what it leaves out is as in `LIVE`.

    Raises
    ------
    BadRules
        It is no such object, names a rule that does not exist, or is out of range.

    Examples
    --------
    >>> from_json('{"version": "trial", "quiet": 9}').quiet
    9
    """
    try:
        told = msgspec.json.decode(text, type=dict[str, object])
        if unknown := sorted(told.keys() - {one.name for one in fields(Rules)}):
            raise BadRules(f"{unknown[0]}: no such rule")
        if "version" not in told:
            raise BadRules("version: missing, and other rules need another one")
        return msgspec.convert({**msgspec.to_builtins(LIVE), **told}, Rules)
    except msgspec.MsgspecError as error:
        raise BadRules(str(error)) from error
