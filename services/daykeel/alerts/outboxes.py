"""What waits in the records: commands for the log, and snoozes for their end."""

import logging

from daykeel.alerting.lifecycle import wake
from daykeel.alerts.signals import store
from daykeel.clock.clock import Clock
from daykeel.log.codec import encode
from daykeel.log.protocol import Log, NewRecord
from daykeel.log.topics import COMMANDS, partition_of
from daykeel.pipeline.state import Command
from daykeel.records.errors import Conflict
from daykeel.records.records import Records

log = logging.getLogger("daykeel.alerts")

BATCH = 200


def relay_commands(records: Records, logbook: Log, partitions: int) -> bool:
    """Append the commands that wait to the log, and only then note it: at least once."""
    waiting = records.pending_commands(BATCH)
    if not waiting:
        return False
    logbook.append([_record(command, partitions) for _, command in waiting])
    records.commands_sent([seq for seq, _ in waiting])
    return True


def _record(command: Command, partitions: int) -> NewRecord:
    key = f"{command.client}|{command.kind}|{command.id}"
    partition = partition_of(command.client, partitions)
    return NewRecord(COMMANDS, partition, key.encode(), encode(command))


def end_snoozes(records: Records, clock: Clock) -> None:
    """Wake the alerts whose snooze is over; where somebody was faster the next look decides."""
    now = clock.now()
    for alert in records.snoozed_until(now):
        change = wake(alert, now)
        if change is None:
            continue
        try:
            store(records, change)
        except Conflict:
            log.info("somebody was faster than the end of a snooze")
