"""How times, dates, durations, kinds and reasons are said in the pages."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from math import expm1
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"

LIMITS = (
    "Daykeel is not a medical device. It measures regularity; it does not predict episodes, "
    "diagnose, or serve emergencies."
)
"""What every page says."""

ITEMS = {
    "out_of_bed": "Out of bed",
    "first_contact": "First contact",
    "start_activity": "Start of activity",
    "dinner": "Dinner",
    "bed": "Go to bed",
}

PEOPLE = ("alone", "others present", "others involved", "very stimulating")

SOURCES = {
    "reported": "told by the client",
    "bed_sensor": "bed sensor",
    "main_sleep": "end or start of main sleep",
    "contact": "call or message",
    "routine": "start of a routine",
    "arrival": "arrival at a place",
    "walk": "first walk after leaving home",
    "meal": "meal",
}

REASONS = {
    "few_nights": "too few nights",
    "few_days": "too few days",
    "few_pairs": "too few pairs of days",
    "few_items": "too few anchors",
    "low_coverage": "too little data",
    "prorated": "scaled up for missing days",
    "short_window_bias": "short window",
    "night_provisional": "a night is not final yet",
    "night_revised": "a night was revised by late data",
    "no_main_sleep": "certainly no main sleep",
    "no_sleep_in_window": "no sleep in the window",
    "edge_unknown": "begin or end not certain",
    "awake_assumed": "awake assumed outside sessions",
    "fallback_source": "from a fallback source",
    "mixed_sources": "mixed sources",
    "device_change": "the device changed",
    "no_free_days": "no free days",
    "no_work_days": "no work days",
    "alarm_unknown": "alarm use unknown",
    "no_target": "no target time",
    "weak_rhythm": "no clear rhythm",
    "ill_conditioned": "data too uneven",
    "no_dominant_phase": "no dominant time of day",
    "stale": "data too old",
    "burn_in": "not enough history yet",
    "travel": "travel across time zones",
    "dst": "clock change",
    "zone_unknown": "time zone unknown",
    "clock_untrusted": "device clock not trusted",
    "baseline_missing": "no baseline yet",
    "baseline_provisional": "baseline not complete",
    "span_exceeded": "more data than the window holds",
    "not_computed": "not computed",
}

GAPS = {
    "consent_revoked": "consent or permission withdrawn",
    "our_outage": "outage on our side",
    "battery_flat": "battery flat",
    "not_worn": "not worn",
    "not_synced": "not synced yet",
    "source_silent": "source silent",
    "unknown": "reason unknown",
}

WHO = {
    "client": "The client can do something about it.",
    "us": "That is our fault, and for us to mend.",
    "wait": "It may still come: wait.",
    "us and client": "We and the client can look why.",
}
"""Who can act on a silence."""

DEVICE = {
    "flat": "battery empty",
    "off_wrist": "not worn",
    "offline": "gone",
    "denied": "app not let in",
}
"""What a device says of itself."""

APPS = {
    "daykeel": "Daykeel",
    "sleep_as_android": "Sleep as Android",
    "owntracks": "OwnTracks",
    "health_auto_export": "Health Auto Export",
    "health_connect": "Health Connect",
}

CHARTS = {
    "sleep.mid": "Midpoint of sleep",
    "sleep.onset": "Falling asleep",
    "sleep.offset": "Waking up",
    "sleep.duration": "Length of main sleep",
    "sleep.tst": "Total sleep",
    "srm.hit_fraction": "Anchors near the habitual time",
    "sleep.mid.deviation": "Distance of midsleep from its usual time",
    "sri.pair": "Likeness of one day to the next",
    "act.m10_onset": "Start of the most active ten hours",
    "steps": "Steps",
    "srm5.weekly": "SRM-5 of each therapy week",
    "silence": "Nights without data",
    "zone": "Time zone",
}

SEVERITIES = {"info": "for information", "watch": "watch", "act": "act now"}

STATES = {
    "pending": "counting nights",
    "open": "open",
    "acknowledged": "acknowledged",
    "snoozed": "snoozed",
    "resolved": "resolved",
    "cancelled": "cancelled",
}

RULES = {
    "slow": "a lasting change on the personal chart",
    "acute_z": "far outside the own range on 2 of 3 nights",
    "acute_change": "more than 3 h from the own centre, and unusual, on 2 of 3 nights",
    "acute_short": "less than 4 h of sleep on 2 nights running",
    "agreed": "beyond the threshold you agreed on",
    **{f"lost.{item}": f"{name.lower()}: not done on 5 of 7 days" for item, name in ITEMS.items()},
    "silence": "nights without data",
    "zone_change": "another time zone for at least 2 nights",
}

BESIDE = "a lasting change on a chart that alerts only together with another"
"""What a secondary chart saw."""

STATISTICS = {
    "slow": "Evidence gathered",
    "silence": "Nights without data",
    "zone_change": "Hours of difference",
}
"""What the statistic of a rule is called."""

PHASES = {
    "formulation": "formulation",
    "middle": "middle",
    "graduation": "graduation",
}

PROPOSED = {
    "late_data": "Data that arrived late would change it",
    "moved": "The last quiet nights would move it",
}
"""Why another baseline is proposed."""

SUPPRESSED = {
    "travel": "travel across time zones",
    "data_missing": "data are missing",
    "illness": "illness declared",
    "event": "a life event declared",
    "consent": "consent withdrawn",
    "phase": "phase of therapy",
    "silenced": "silenced",
}

CLOSE_REASONS = {
    "useful_acted": "useful, and acted on",
    "useful_no_action": "useful, but no action needed",
    "expected": "expected: a life event",
    "wrong_data": "wrong data",
    "wrong_rule": "wrong rule",
}
"""Why a person resolves an alert."""

ENDS = CLOSE_REASONS | {
    "recovered": "recovered by itself",
    "withdrawn": "withdrawn by late data",
}

STEPS = ENDS | {
    "seen": "seen for the first time",
    "worse": "got worse",
    "back": "the evidence is back",
    "more nights": "more nights counted",
    "useful": "said to be useful",
    "not useful": "said not to be useful",
}
"""Reasons in an alert's history."""

CLOCK_CHARTS = frozenset({"sleep.mid", "sleep.onset", "sleep.offset", "act.m10_onset"})
"""Charts whose values are times of day."""

HOUR_CHARTS = frozenset({"sleep.duration", "sleep.tst", "sleep.mid.deviation"})
"""Charts whose values are hours."""


def clock(hours: float | None) -> str:
    """Return a time of day, wherever the hours are anchored.

    >>> clock(-0.5), clock(7.0833), clock(None)
    ('23:30', '07:05', 'unknown')
    """
    if hours is None:
        return UNKNOWN
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02}"


def clock_of(minutes: float | None) -> str:
    """Return the time of day of minutes from a midnight.

    >>> clock_of(1455.0)
    '00:15'
    """
    return UNKNOWN if minutes is None else clock(minutes / 60)


def length(minutes: float | None) -> str:
    """Return a duration in hours and minutes.

    >>> length(475.0), length(40.0), length(480.0), length(None)
    ('7 h 55 min', '40 min', '8 h', 'unknown')
    """
    if minutes is None:
        return UNKNOWN
    hours, rest = divmod(round(minutes), 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join(parts + ([f"{rest} min"] if rest or not hours else []))


def age(passed: timedelta) -> str:
    """Return how long ago something was, to the nearest unit a reader cares for.

    >>> age(timedelta(seconds=4)), age(timedelta(minutes=150)), age(timedelta(days=3))
    ('4 s', '2 h', '3 days')
    """
    seconds = max(0, int(passed.total_seconds()))
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            many = seconds // size
            return f"{many} {unit}{'s' if unit == 'day' and many != 1 else ''}"
    return f"{seconds} s"


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day(value: date | None) -> str:
    """Return a short date with its weekday.

    >>> day(date(2026, 3, 2))
    'Mon 2 Mar'
    """
    return UNKNOWN if value is None else f"{value:%a} {value.day} {value:%b}"


def weekdays(numbers: Iterable[int]) -> str:
    """Return days of the week, of which Monday is 0.

    >>> weekdays((5, 6)), weekdays(())
    ('Saturday, Sunday', 'none')
    """
    return ", ".join(WEEKDAYS[one] for one in sorted(numbers)) or "none"


def instant(value: datetime | None, zone: str) -> str:
    """Return an instant on the wall clock of `zone`.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 3, 2, 21, 5, tzinfo=UTC), "Europe/Berlin")
    'Mon 2 Mar 2026, 22:05'
    """
    if value is None:
        return UNKNOWN
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())} {local:%Y, %H:%M}"


def bounded(value: float | None, lo: float | None, hi: float | None, of: str = "") -> str:
    """Return a number with its bounds where they differ from it; `of` follows the number.

    >>> bounded(3.5, 3.5, 3.5, " of 7"), bounded(3.5, 3.0, 4.25), bounded(None, None, None)
    ('3.5 of 7', '3.5 (3 to 4.2)', 'unknown')
    """
    if value is None:
        return UNKNOWN if lo is None or hi is None else f"{_short(lo)} to {_short(hi)}"
    if lo is None or hi is None or lo == hi:
        return _short(value) + of
    return f"{_short(value)}{of} ({_short(lo)} to {_short(hi)})"


def shares(value: float, lo: float | None, hi: float | None) -> str:
    """Return a share with its bounds where they differ from it.

    >>> shares(0.75, 0.6, 0.8), shares(0.5, 0.5, 0.5)
    ('75 % (60 to 80 %)', '50 %')
    """
    told = f"{value * 100:.0f} %"
    if lo is None or hi is None or lo == hi:
        return told
    return f"{told} ({lo * 100:.0f} to {hi * 100:.0f} %)"


def reason(code: str) -> str:
    """Return a reason code in words.

    >>> reason("few_pairs"), reason("gap:not_synced"), reason("something_new")
    ('too few pairs of days', 'not synced yet', 'something new')
    """
    if code.startswith("gap:"):
        return gap(code.removeprefix("gap:"))
    return REASONS.get(code, code.replace("_", " "))


def reasons(codes: Iterable[str]) -> str:
    """Return several reasons in words, each once."""
    return ", ".join(dict.fromkeys(reason(code) for code in codes))


def gap(code: str) -> str:
    """Return why a stretch is unknown, in words."""
    return GAPS.get(code, code.replace("_", " "))


def source(adapter: str) -> str:
    """Return the name of the app an adapter reads.

    >>> source("owntracks"), source("something_new")
    ('OwnTracks', 'something new')
    """
    return APPS.get(adapter, adapter.replace("_", " "))


def evidence(count: int) -> str:
    """Return how many messages show something.

    >>> evidence(0), evidence(1), evidence(3)
    ('what did not come', '1 message', '3 messages')
    """
    if not count:
        return "what did not come"
    return "1 message" if count == 1 else f"{count} messages"


def chart_value(chart: str, value: float | None) -> str:
    """Return the value of a chart in its unit.

    >>> chart_value("sleep.mid", -0.25), chart_value("sleep.duration", 7.5)
    ('23:45', '7 h 30 min')
    >>> chart_value("steps", 9.0), chart_value("sri.pair", 81.25)
    ('8,102 steps', '81.2')
    """
    if value is None:
        return UNKNOWN
    if chart in CLOCK_CHARTS:
        return clock(value)
    if chart in HOUR_CHARTS:
        return length(value * 60)
    if chart == "steps":
        return f"{expm1(value):,.0f} steps"
    return f"{value:.0%}" if chart == "srm.hit_fraction" else _short(value)


def free_days(chart: str, effect: float) -> str:
    """Return by how much free days differ, as the baseline allows for it.

    >>> free_days("sleep.mid", 0.75), free_days("srm.hit_fraction", -0.1)
    ('free days +45 min', 'free days -10%')
    >>> free_days("sleep.mid", 0.0)
    'free days no different'
    """
    if not effect:
        return "free days no different"
    if chart in CLOCK_CHARTS or chart in HOUR_CHARTS:
        return f"free days {effect * 60:+.0f} min"
    told = f"{effect:+.0%}" if chart == "srm.hit_fraction" else f"{effect:+.2g}"
    return f"free days {told}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
