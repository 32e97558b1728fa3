"""Many people's long lives, weeks late, much of it twice and in no order, through a whole stream.

    python tests/e2e/many_late.py --clients 50 --seed 1 [--profile production]

ends with a line of JSON: exit code 0, or 1 and whose State is not that of batch.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import Installation, installation
from lives import after, profile
from people import put
from profiles import embedded, mortal
from test_many_late import AS_OF, CLIENTS, NIGHTS, arrivals

from daykeel.log.topics import COMMANDS, EVENTS_RAW
from daykeel.pipeline.batch import batch, state_digest
from daykeel.stream.state import state_at

AT_ONCE = 1000
"""Records in one write."""
PATIENCE_S = 3600.0


@dataclass
class Report:
    """What it came to."""

    clients: int
    records: int
    seconds: float
    """Until all of it was scored and stored."""
    problems: list[str]


def many_late(home: Installation, clients: int, seed: int) -> Report:
    """Have a stream score what many people said, once in between, and compare it with batch."""
    ordered, come = {}, []
    for number in range(clients):
        client = f"c-late{number:06d}"
        ordered[client], shuffled = arrivals(client, seed + number)
        come += shuffled
    order = np.random.default_rng(seed).permutation(len(come))
    began = time.monotonic()
    put(home, COMMANDS, [(client, profile(client)) for client in ordered])
    _tell(home, [come[at] for at in order[: len(come) * 2 // 3]])
    home.settle(after(NIGHTS), "in between")
    _tell(home, [come[at] for at in order[len(come) * 2 // 3 :]])
    home.settle(AS_OF, "in the end")
    seconds = round(time.monotonic() - began, 1)
    tables, _ = state_at(home.log, AS_OF)
    problems = [
        f"{client}: State is not that of batch"
        for client, said in ordered.items()
        if state_digest(tables, client)
        != state_digest(batch(said, [profile(client)], AS_OF).tables, client)
    ]
    return Report(clients, len(come), seconds, problems)


def _tell(home, records):
    for at in range(0, len(records), AT_ONCE):
        put(home, EVENTS_RAW, [(one.client, one) for one in records[at : at + AT_ONCE]])


PROFILES = {"embedded": embedded, "production": mortal}


def main() -> int:
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--profile", choices=PROFILES, default="embedded")
    wanted.add_argument("--clients", type=int, default=CLIENTS)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    with (
        tempfile.TemporaryDirectory() as at,
        installation(Path(at), after(NIGHTS), PROFILES[asked.profile]) as home,
    ):
        home.profile.patience_s = PATIENCE_S
        report = many_late(home, asked.clients, asked.seed)
    json.dump(asdict(report), sys.stdout)
    sys.stdout.write("\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
