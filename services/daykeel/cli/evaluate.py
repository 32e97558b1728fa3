"""`daykeel evaluate`: how often the rules alert without a change, and how soon with one."""

import shlex
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from daykeel.cli.evaluation import evaluated
from daykeel.cli.evaluation_page import Run, page
from daykeel.cli.evaluation_plots import plots
from daykeel.cli.evaluation_recordings import recorded_nights
from daykeel.cli.say import Refused, say
from daykeel.rhythm.rules import LIVE, BadRules, Rules, from_json

SIZE, QUICK = 200, 2
"""Lives of a small condition."""
SEEDS = (1, 2)


def add_arguments(parser: ArgumentParser) -> None:
    """Add how much to simulate and where to write."""
    parser.add_argument("--rules", type=Path, help="a file of rules in JSON; the live ones else")
    parser.add_argument(
        "--recordings", type=Path, help="a folder with minuteStepsWide.csv: real people's steps"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/evaluation.md"), metavar="FILE")
    parser.add_argument(
        "--size", type=int, default=SIZE, help="lives of a small condition (default %(default)s)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--quick", action="store_true", help="a few lives, to see that it works")


def run(args: Namespace) -> int:
    """Write the page and its plots, and return 0."""
    rules = _rules(args.rules)
    if not args.out.parent.is_dir():
        raise Refused(f"{args.out.parent} is no folder: --out names a file in one")
    recordings = recorded_nights(args.recordings) if args.recordings else []
    size = QUICK if args.quick else args.size
    found = evaluated(rules, size, args.seeds, recordings)
    images = args.out.parent / "images"
    images.mkdir(exist_ok=True)
    for name, drawing in plots(found).items():
        (images / name).write_text(drawing + "\n", encoding="utf-8")
    today = datetime.now(UTC).date()
    told = page(found, Run(_command(args), today, tuple(args.seeds), len(recordings)))
    args.out.write_text(told, encoding="utf-8")
    say(f"{args.out}: what {sum(own[0].lives for _, own in found.calm)} lives came to")
    return 0


def _rules(file: Path | None) -> Rules:
    if file is None:
        return LIVE
    try:
        return from_json(file.read_bytes())
    except (OSError, BadRules) as error:
        raise Refused(f"{file}: {error}") from error


def _command(args: Namespace) -> str:
    words = ["daykeel", "evaluate"]
    if args.rules:
        words += ["--rules", args.rules.name]
    if args.recordings:
        words += ["--recordings", args.recordings.name]
    size = ["--quick"] if args.quick else ["--size", str(args.size)]
    return shlex.join([*words, *size, "--seeds", *map(str, args.seeds)])
