"""What the demonstration says at the end, for a program and for a person."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from daykeel.alerting.lifecycle import Alert, stands
from daykeel.demo.cast import CAST
from daykeel.rhythm.synthetic.scripts import EXPECTED


@dataclass(frozen=True, slots=True)
class Report:
    """The one line of `daykeel demo --exit`."""

    ok: bool
    problems: Sequence[str]
    """What does not agree; empty if all is well."""
    alerts: Mapping[str, Mapping[str, int]]
    """By script and kind, those withdrawn left out."""
    raw_records: int
    nights: int
    scores: int
    seconds: float
    peak_pss_mb: float
    """Of our processes, those of the servers left out."""
    servers_apart: str
    """Which ones those are; empty if there are none."""
    seed: int
    restarts: int

    def line(self) -> Mapping[str, object]:
        """Return it as JSON values."""
        return asdict(self)


def counted(alerts: Sequence[Alert]) -> dict[str, dict[str, int]]:
    """Return how many alerts stand, by script and kind."""
    found = Counter((one.client, one.kind) for one in alerts if stands(one))
    return {
        member.script.name: {
            kind: found[client, kind] for client, kind in sorted(found) if client == member.client
        }
        for member in CAST
    }


def summary(report: Report) -> Iterator[str]:
    """Yield what was played and whether both ways of computing agree."""
    apart = f" (without {report.servers_apart})" if report.servers_apart else ""
    yield (
        f"Played in {report.seconds:.0f} s: {report.raw_records:,} messages over MQTT, "
        f"{report.nights:,} nights, {report.scores:,} rows of scores; "
        f"at most {report.peak_pss_mb:.0f} MB of memory{apart}."
    )
    if report.ok:
        yield "The alerts are those the pure functions give on the same records."
    else:
        yield "NOT as the pure functions say:"
        yield from (f"  {problem}" for problem in report.problems)


def table(alerts: Sequence[Alert]) -> Iterator[str]:
    """Yield, for each client, what the script does and which alerts came of it."""
    width = max(len(member.name) for member in CAST)
    for member in CAST:
        own = [one for one in alerts if one.client == member.client]
        said = ", ".join(_said(one) for one in own if one.state != "cancelled") or "no alert"
        yield f"  {member.name:<{width}}  {EXPECTED[member.script.name].why}"
        yield f"  {'':<{width}}  -> {said}"


def _said(alert: Alert) -> str:
    name = alert.kind.replace("_", " ")
    state = alert.reason if alert.state == "resolved" else alert.state
    return f"{name} from {alert.onset} ({state})"
