"""The apps a client's data come from: when each was heard from, and what its device last said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daykeel.rhythm.ledger import Night, Source, Word
from daykeel.web import words
from daykeel.web.charts.figure import Table
from daykeel.web.needs import Consent

GIVEN, WITHDRAWN, NEVER = "given", "withdrawn", "never given"
EVERYTHING = "*"
NOT_TOLD = "not told"
HEAD = (
    "App",
    "Device",
    "Heard from",
    "Everything told up to",
    "Battery",
    "Device says",
    "Consent",
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Whether the client allows an app's data, and since when that is so."""

    state: str
    """`given`, `withdrawn` or `never given`."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownSource:
    """One app on one device, or one that was agreed to and never heard from."""

    adapter: str
    device: str
    """Empty where it was never heard from."""
    heard: datetime | None
    synced: datetime | None
    words: tuple[Word, ...]
    consent: Agreed

    @property
    def battery(self) -> Word | None:
        """The last report of the device's battery."""
        return next((word for word in self.words if word.what == "battery"), None)

    @property
    def states(self) -> list[Word]:
        """What else still holds of the device."""
        return [word for word in self.words if word.what != "battery"]


def sources(
    nights: Mapping[date, Night], consents: Sequence[Consent], now: datetime
) -> list[KnownSource]:
    """Return every app as the newest night knows it, and those that nothing came of."""
    newest = max(nights.values(), key=lambda one: one.night, default=None)
    heard = newest.sources if newest else ()
    names = {one.adapter for one in heard} | {EVERYTHING}
    silent = sorted({one.source for one in consents} - names)
    return [*(_known(one, consents, now) for one in heard), *_unheard(silent, consents, now)]


def _known(source: Source, consents: Sequence[Consent], now: datetime) -> KnownSource:
    return KnownSource(
        adapter=source.adapter,
        device=source.device,
        heard=source.heard,
        synced=source.synced,
        words=source.words,
        consent=agreed(source.adapter, consents, now),
    )


def _unheard(
    adapters: Iterable[str], consents: Sequence[Consent], now: datetime
) -> Iterator[KnownSource]:
    for adapter in adapters:
        yield KnownSource(adapter, "", None, None, (), agreed(adapter, consents, now))


def agreed(adapter: str, consents: Sequence[Consent], now: datetime) -> Agreed:
    """Return whether an app's data are allowed at `now`."""
    own = [one for one in consents if one.source in (adapter, EVERYTHING)]
    if not own:
        return Agreed(NEVER)
    running = [one for one in own if _is_running(one, now)]
    if running:
        begins = [one.start for one in running]
        return Agreed(GIVEN, None if None in begins else min(filter(None, begins)))
    return Agreed(WITHDRAWN, max(one.stop for one in own if one.stop is not None))


def allowed(consents: Iterable[Consent], now: datetime) -> list[str]:
    """Return what the client allows at `now`, each as it was given: adapters, or `*`."""
    return sorted({one.source for one in consents if _is_running(one, now)})


def withdrawn(consents: Iterable[Consent], now: datetime) -> list[str]:
    """Return what the client allowed once and does not at `now`, each as it was given."""
    known = list(consents)
    return sorted({one.source for one in known} - set(allowed(known, now)))


def _is_running(consent: Consent, now: datetime) -> bool:
    return consent.stop is None or consent.stop > now


def table(found: Iterable[KnownSource], zone: str) -> Table:
    """Return the sources in words, a row each, times on the clock of `zone`.

    What no device says anything of has no column.
    """
    rows = [tuple(_cells(one, zone)) for one in found]
    said = [at for at in range(len(HEAD)) if {row[at] for row in rows} - {NOT_TOLD}]
    return Table(tuple(HEAD[at] for at in said), [tuple(row[at] for at in said) for row in rows])


def _cells(one: KnownSource, zone: str) -> Iterator[str]:
    yield words.source(one.adapter)
    yield one.device or "none"
    for moment in (one.heard, one.synced):
        yield words.instant(moment, zone) if moment else "never"
    yield _battery(one.battery, zone)
    states = [f"{words.DEVICE[word.what]} since {_at(word, zone)}" for word in one.states]
    yield ", ".join(states) or NOT_TOLD
    since = words.instant(one.consent.since, zone) if one.consent.since else ""
    yield f"{one.consent.state} {since}".strip()


def _battery(report: Word | None, zone: str) -> str:
    if report is None or report.percent is None:
        return NOT_TOLD
    return f"{report.percent:.0f} % on {_at(report, zone)}"


def _at(word: Word, zone: str) -> str:
    return words.instant(word.since, zone)


def gaps_table(nights: Iterable[Night], zone: str) -> Table:
    """Return the stretches of which nothing is known, the newest first, each with its reason."""
    rows = [
        (
            words.day(night.night),
            words.instant(gap.start, zone),
            words.instant(gap.stop, zone),
            words.gap(gap.reason),
            words.evidence(len(gap.evidence)),
        )
        for night in sorted(nights, key=lambda one: one.night, reverse=True)
        for gap in night.gaps
    ]
    return Table(("Night", "From", "To", "Why", "Shown by"), rows)
