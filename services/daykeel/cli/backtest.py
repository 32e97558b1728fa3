"""`daykeel backtest`: what other rules would have told of a client, beside the rules in force."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from daykeel.alerting.backtest import INFORMATION, Report
from daykeel.alerting.recalled import DAYS, MOST_DAYS
from daykeel.alerting.wording import title
from daykeel.cli.folder import existing
from daykeel.cli.say import Refused, say
from daykeel.cli.up import DATA
from daykeel.pipeline.context import context_with
from daykeel.rhythm.rules import BadRules, Rules, from_json
from daykeel.scores.backtest import stored_reports
from daykeel.scores.open import open_scores

WIDTH = 26


def add_arguments(parser: ArgumentParser) -> None:
    """Add what is tried, on whom and over how long."""
    parser.add_argument("--client", required=True, metavar="ID")
    parser.add_argument(
        "--rules", type=Path, required=True, metavar="FILE", help="rules in JSON (docs/rules.md)"
    )
    parser.add_argument("--days", type=int, default=DAYS, help="nights looked at, the last ones")
    parser.add_argument(
        "--mode",
        choices=("as_final", "as_known"),
        default="as_final",
        help="nights as they are by now, or each as it was known at the time",
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Print both sets of rules side by side."""
    if not 1 <= args.days <= MOST_DAYS:
        raise Refused(f"--days is 1 to {MOST_DAYS}, not {args.days}")
    trial = rules_of(args.rules)
    folder = existing(args.data)
    records = folder.records()
    client = records.client(args.client)
    if client is None:
        raise Refused(f"there is no client {args.client}")
    try:
        reports = stored_reports(
            open_scores(folder.store("scores")),
            context_with(client.id, records.commands(client.id)),
            records.histories(client.id),
            [trial],
            args.mode,
            zone=client.zone,
            now=folder.now(),
            back=args.days,
        )
    except ValueError as error:
        raise Refused(str(error)) from error
    for line in table(reports):
        say(line)
    return 0


def rules_of(file: Path) -> Rules:
    """Return the rules in a file."""
    try:
        return from_json(file.read_text())
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from error
    except (BadRules, UnicodeDecodeError) as error:
        raise Refused(f"{file}: {error}") from error


def table(reports: Sequence[Report]) -> Iterator[str]:
    """Yield the lines that set reports side by side."""
    yield _line("rules", [one.rules for one in reports])
    kinds = sorted({alert.kind for one in reports for alert in one.alerts})
    counts = [Counter(alert.kind for alert in one.alerts) for one in reports]
    for kind in kinds:
        name = title(kind).removeprefix("Rhythm change: ")
        yield _line(name, [str(one[kind]) for one in counts])
    yield _line("rhythm alerts a year", [_rate(one) for one in reports])
    yield _line("nights with evidence", [str(one.nights.get("evidence", 0)) for one in reports])
    yield _line("signals held back", [str(len(one.suppressed)) for one in reports])
    if any(one.last_only for one in reports):
        yield _line("only last version known", [f"{one.last_only} nights" for one in reports])
    for one in reports:
        yield ""
        yield f"{one.rules}:"
        told = sorted(one.alerts, key=lambda alert: (alert.onset, alert.kind))
        yield from (f"  {alert.onset}  {title(alert.kind)}" for alert in told)
        if not any(alert.kind not in INFORMATION for alert in told):
            yield "  no rhythm alert"


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<{WIDTH}}" + "".join(f"{cell:<{WIDTH}}" for cell in cells).rstrip()


def _rate(report: Report) -> str:
    low, high = report.rate.interval
    return f"{report.rate.value:.1f} ({low:.1f} to {high:.1f})"
