"""What is known of one client's nights, days and scores: the values everything else reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

ANCHORS = ("out_of_bed", "first_contact", "start_activity", "dinner", "bed")
"""The five anchors of the SRM-5, in the order of the form."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A value and the interval it lies in, given what is unknown.

    All None where not even bounds are known; `value` is None and the bounds are not where only
    bounds are.
    """

    value: float | None = None
    lo: float | None = None
    hi: float | None = None


UNKNOWN = Bounded()


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time, instants in UTC."""

    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """An unknown run of at least 30 minutes in the core of a night."""

    start: datetime
    stop: datetime
    reason: str
    """One of the reasons of science.md 4, or `unknown`."""
    evidence: tuple[str, ...] = ()
    """Ids of the events, or of the outage of ours, that showed the reason."""


@dataclass(frozen=True, slots=True)
class Word:
    """Something a device said of itself that still holds."""

    what: str
    """`battery` (its last report), `flat` (since when it must be empty), `off_wrist`, `offline`
    (its last will), or `denied` (a permission or an account no longer lets its app read)."""
    since: datetime
    id: str
    """Of the event that said so."""
    percent: float | None = None
    """Of a `battery`."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one app on one device had told by the end of a night's core, or by now."""

    adapter: str
    device: str
    synced: datetime | None = None
    """Up to here it has told everything; at most the end of the core, as the next."""
    heard: datetime | None = None
    """Up to here it was there: any message but a last will is a sign of it."""
    words: tuple[Word, ...] = ()
    """In the order of `what`."""


@dataclass(frozen=True, slots=True)
class Night:
    """The night ledger's record of one client and local night (science.md 3)."""

    client: str
    night: date
    final: bool
    finalised_at: datetime | None
    """The instant of science.md 3.1 by rule; None while provisional."""
    onset: Bounded = UNKNOWN
    """Hours, anchored on the night's midnight: 23:30 is -0.5."""
    offset: Bounded = UNKNOWN
    mid: Bounded = UNKNOWN
    duration: Bounded = UNKNOWN
    """Minutes of the main sleep; 0 where there certainly was none."""
    tst: Bounded = UNKNOWN
    """Asleep minutes in the core, naps included."""
    onset_at: datetime | None = None
    offset_at: datetime | None = None
    certainty: str = "none"
    """`certain`, `bounded` or `none`."""
    no_main_sleep: bool = False
    naps: tuple[Span, ...] = ()
    coverage: float = 0.0
    known_core: float = 0.0
    assumed_share: float = 0.0
    fallback_share: float = 0.0
    gaps: tuple[Gap, ...] = ()
    zone: str = "UTC"
    offset_min: int = 0
    zone_changed: bool = False
    source: str = ""
    device: str = ""
    day_type: str = "work"
    """`work` or `free`."""
    day_why: str = "weekday"
    flags: tuple[str, ...] = ()
    """`dst`, `dst_1` .. `dst_3` (nights without evidence), marks, `excluded`."""
    reasons: tuple[str, ...] = ()
    pieces: tuple[tuple[str, str], ...] = ()
    """(event group, `used` or why it was not) of each sleep piece considered."""
    evidence_at: datetime | None = None
    """When the last record was here that its bounds needed: what was read, and the sync after."""
    sources: tuple[Source, ...] = ()
    """Every app ever heard from, by adapter and device."""
    rule_version: str = "1.0.0"


@dataclass(frozen=True, slots=True)
class AnchorCandidate:
    """One way to tell when a person did one of the five things on one social day."""

    item: str
    source_class: str
    """`reported`, or the sensed class, as `bed_sensor`, `main_sleep`, `contact`, `arrival`."""
    minutes: float | None
    """From local midnight of the social day; after midnight beyond 1440. None if not done."""
    done: bool
    people: int | None = None
    """0 alone .. 3 others very stimulating; None if not told."""


@dataclass(frozen=True, slots=True)
class DayRecord:
    """All that scores read of one date: the night that ends on it and the day that follows.

    Bits and sums are those of science.md 15.1. The bits are packed big-endian over the 1440
    clock minutes of night `day`, bit 0 at the night boundary on the date before.
    """

    client: str
    day: date
    night: Night
    sleep_bits: bytes = bytes(180)
    valid_bits: bytes = bytes(180)
    fallback_bits: bytes = bytes(180)
    act_unit: str | None = None
    act_device: str = ""
    """Source and device that counted; empty in records of before it was noted."""
    act_sum: tuple[int, ...] = (0,) * 24
    """Thousandths of `act_unit` in each local hour of the calendar day."""
    act_n: tuple[int, ...] = (0,) * 24
    bin_sum: tuple[int, ...] = (0,) * 144
    bin_n: tuple[int, ...] = (0,) * 144
    anchors: tuple[AnchorCandidate, ...] = ()
    """Every candidate of every item; the class is chosen per therapy week (events.md 3).

    `bed` of this day from sensors stands in the next date's `bed_before`.
    """
    bed_before: tuple[AnchorCandidate, ...] = ()
    """Sensed candidates of `bed` of the day before, from this night's start."""
    mood: int | None = None
    energy: int | None = None
    inputs: str = ""
    """Hash of the contents of the pieces read."""
    before: tuple[tuple[date, "DayRecord"], ...] = ()
    """(night, what was known of the date for baselines that froze before it), oldest first: one
    for every time something of it was deleted. Only the stream and back-tests read it."""


@dataclass(slots=True, unsafe_hash=True)
class Score:
    """The value of a measure for one client, date and window (science.md 2).

    Nobody changes it. It is not frozen only because each night makes hundreds of them, and a
    frozen one takes ten times as long to make.
    """

    measure: str
    window: str
    value: float | None = None
    lo: float | None = None
    hi: float | None = None
    coverage: float = 0.0
    status: str = "insufficient"
    """`ok`, `provisional` or `insufficient`."""
    reasons: tuple[str, ...] = ()
    n: int = 0
    n_expected: int = 0
    version: str = "1.0.0"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """All scores of one client, local date and window: one point in the store."""

    client: str
    local_date: date
    window: str
    zone: str
    scores: tuple[Score, ...]
    inputs: str = ""
    """Hash of the nights and days read."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A client's own centre and scale for one chart, frozen (science.md 12.3)."""

    chart: str
    first: date
    frozen: date
    """Night at whose end it froze; the chart starts on the next."""
    nights: tuple[date, ...]
    centre: float
    scale: float
    phi: float
    free_day_effect: float = 0.0
    habitual: tuple[tuple[str, float], ...] = ()
    """(anchor, minutes from midnight), for `srm.hit_fraction` only."""
    classes: tuple[tuple[str, str], ...] = ()
    """(anchor, source class that told its times), for `srm.hit_fraction` only."""
    ceilings: tuple[int, ...] = ()
    """Steps up to which each ten minutes of a day count, for charts of steps only."""
    provisional: bool = False
    """Deletion has left fewer nights than a baseline needs: its chart no longer alerts."""
    rule_version: str = "1.0.0"
    id: str = ""
    """Hash of the content."""
    deleted: int = 0
    """Of its nights, how many were deleted after it froze; the estimate stays as it was."""
    refines: str = ""
    """Id of the baseline it refines, whose statistics go on."""
    confirmed: bool = False
    """A therapist confirmed it, or what it refines."""
    until: date | None = None
    """First night on which it is no longer in use."""
    proposal: "Baseline | None" = None
    """What a therapist may put in its place; nothing changes before that."""
    why: str = ""
    """Of a proposal: `late_data`, or `moved` where quiet nights would move the centre far. Of one
    that is over: `renewed` if a therapist ended it."""


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One night on one chart."""

    night: date
    value: float | None
    lo: float | None
    hi: float | None
    z: float | None
    up: float
    """Guarded one-sided statistic for a rise."""
    down: float
    ewma: float
    """Two-sided, for display only."""
    limit: float
    evidence: bool
    why: str = ""
    """Why the night carries no evidence: `missing`, `dst`, `travel`, `excluded`, `device`,
    `baseline`."""
    signal: str = ""
    """`up`, `down` or empty."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one chart or acute rule saw: the evidence an alert shows."""

    chart: str
    rule: str
    """`slow`, `acute_z`, `acute_change`, `acute_short`, `agreed`, `lost.<anchor>`, `silence`,
    `zone_change`."""
    side: str
    """`early_high`, `late_low`, `irregular`, or empty."""
    onset: date
    nights: tuple[date, ...]
    """Nights on which it signalled, oldest first."""
    statistic: float | None = None
    limit: float | None = None
    baseline: Baseline | None = None
    points: tuple[ChartPoint, ...] = ()
    """The last 28 nights up to the last signal."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A run of signals of one kind: what an alert is about. State, so no times of ours."""

    client: str
    kind: str
    onset: date
    """First signal night."""
    nights: tuple[date, ...]
    severity: str
    """`info`, `watch` or `act`."""
    findings: tuple[Finding, ...]
    coverage: float = 0.0
    confidence: float = 0.0
    escalated: date | None = None
    recovered: date | None = None
    evidence_at: datetime | None = None
    """Later of the last needed record's `received_at` and the instant the onset night is final."""
    suppressed: tuple[str, ...] = ()
    """Why a notice is held back, as `travel` or `data_missing`; the alert stays visible."""
    note: tuple[tuple[str, str], ...] = ()
    """Facts in words for the page, as (`reason`, `not_synced`)."""
    pending: bool = False
    """It still counts nights: nobody is told yet."""
    phase: str = "middle"
    """Of therapy, on the onset night."""
    versions: tuple[tuple[date, int], ...] = ()
    """(night, version) that this was made of. History: State leaves it empty."""

    @property
    def is_held(self) -> bool:
        """Whether nobody is told for now; of what is to be acted on at once somebody always is."""
        return bool(self.suppressed) and self.severity != "act"


@dataclass(frozen=True, slots=True)
class SignalSet:
    """All episodes of one kind that one client's State holds: complete, so none is implied."""

    client: str
    kind: str
    as_of: datetime
    episodes: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What State says of one client at `as_of`."""

    scores: tuple[ScoreRow, ...]
    baselines: tuple[Baseline, ...]
    charts: Mapping[str, tuple[ChartPoint, ...]]
    signals: tuple[SignalSet, ...]
    progress: dict[str, int] = field(default_factory=dict)
    """Per chart without a frozen baseline, the valid nights it has of the 28 it needs."""
