"""What a storm must have come to: what those who spoke can compute for themselves."""

import sys
from collections import Counter
from collections.abc import Iterator, Set
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
from crowd import Crowd
from installation import Installation
from lives import START, midnight
from people import commands, raws
from sender import RECORDED, Said

from daykeel.alerting.lifecycle import stands
from daykeel.events.event import RawRecord
from daykeel.pipeline.batch import Batch, batch, state_digest
from daykeel.records.policy import CANARY, is_somebody
from daykeel.rhythm.measure import WINDOWS
from daykeel.stream.state import state_at

DAY = timedelta(days=1)
ONCE = midnight(START)


def wrong(home: Installation, crowd: Crowd, lost: Set[Said]) -> Iterator[str]:
    """Yield everything that is not as it must be, given what Mosquitto has lost."""
    ends = crowd.ends
    said = {one.raw for one in crowd.said if one.kind in RECORDED} - {one.raw for one in lost}
    heard = set(raws(home))
    yield from _against_log(
        said, {one for one in heard if is_somebody(one.client)}, exact=home.profile.broker is None
    )
    # the canary counts its own messages; all others are computed from what they said themselves
    canary = {one for one in heard if one.client == CANARY}
    direct = batch(sorted(said | canary, key=_order), commands(home), ends)
    tables, _ = state_at(home.log, ends)
    for client in (*crowd.clients, CANARY):
        if state_digest(tables, client) != state_digest(direct.tables, client):
            yield f"{client}: State is not that of what was said"
        yield from against_store(home, client, direct)
    for client in crowd.clients:
        yield from against_alerts(home, client, direct)
    yield from _against_notices(home, ends)


def _order(raw: RawRecord) -> tuple[str, str, bytes]:
    return raw.received_at.isoformat(), raw.topic, raw.payload


def _against_log(said: set[RawRecord], heard: set[RawRecord], *, exact: bool) -> Iterator[str]:
    """Compare what was said with what came; only another broker may give again what it gave.

    Then it comes with a later stamp, and otherwise as before.
    """
    if missing := said - heard:
        yield f"{len(missing)} messages are not on the log as they were said"
    told = {_unstamped(one) for one in said}
    strange = {one for one in heard - said if exact or _unstamped(one) not in told}
    if strange:
        yield f"{len(strange)} records are on the log that nobody said"


def _unstamped(raw: RawRecord) -> RawRecord:
    return msgspec.structs.replace(raw, received_at=ONCE)


def against_store(home: Installation, client: str, direct: Batch) -> Iterator[str]:
    """Compare final nights and their rows of scores with those stored."""
    first, stop = START - 7 * DAY, START + 4000 * DAY
    outputs = direct.outputs[client]
    final = {one.night.night: one.night for one in outputs.nights if one.night.final}
    stored = {one.night.night: one.night for one in home.scores.nights(client, first, stop)}
    if differing := [day for day, night in final.items() if stored.get(day) != night]:
        yield f"{client}: {len(differing)} stored nights differ, from {min(differing)} on"
    computed = {(row.window, row.local_date): row for row in outputs.scores}
    rows = {
        (window, row.local_date): row
        for window in WINDOWS
        for row in home.scores.scores(client, window, first, stop)
    }
    wanted = [at for at in computed.keys() | rows.keys() if at[1] in final]
    if differing := [at for at in wanted if computed.get(at) != rows.get(at)]:
        yield f"{client}: {len(differing)} stored rows of scores differ"


def against_alerts(home: Installation, client: str, direct: Batch) -> Iterator[str]:
    """Compare alerts that stand with the episodes there are: each once, with a whole history."""
    expected = Counter(
        (one.kind, episode.onset)
        for one in direct.outputs[client].signals
        for episode in one.episodes
        if not episode.pending
    )
    alerts = home.records.alerts(client=client)
    found = Counter((one.kind, one.episode.onset) for one in alerts if stands(one))
    if found != expected:
        both = [sorted(one.elements()) for one in (found, expected)]
        yield f"{client}: alerts {both[0]} in place of {both[1]}"
    for one in alerts:
        versions = [step.version for step in home.records.history(one.id)]
        if versions != list(range(1, one.version + 1)):
            yield f"{client}: the history of an alert of kind {one.kind} has versions {versions}"


def _against_notices(home: Installation, ends: datetime) -> Iterator[str]:
    """Compare what alerts say they told with the notices there are.

    What was over when it was raised is told to nobody.
    """
    told = [one for one in home.records.alerts() if one.told and one.raised_at != one.resolved_at]
    if not told:
        yield "no alert was told of"
    for one in told:
        made = home.records.post.desk(now=ends, alert=one.id).notices
        if one.told not in {each.severity for each in made if not each.is_withdrawal}:
            yield f"an alert of kind {one.kind} was told of by no notice"
