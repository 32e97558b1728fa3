"""All that is looked at, put together."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import partial

from daykeel.doctor.certificates import certificates
from daykeel.doctor.clocks import clocks
from daykeel.doctor.configuration import configuration, readable
from daykeel.doctor.finding import Finding, NothingToSee
from daykeel.doctor.listening import broker, pages, ports
from daykeel.doctor.log_checks import LogChecks
from daykeel.doctor.places import disk, folder, key, permissions
from daykeel.doctor.premises import Premises
from daykeel.doctor.records_checks import RecordsChecks
from daykeel.doctor.rounds import Check, Round, examine, within
from daykeel.doctor.scores_checks import ScoresChecks
from daykeel.doctor.urls import sqlite_path
from daykeel.records.canary import CanaryLogin
from daykeel.records.errors import RecordsError
from daykeel.records.open import open_records
from daykeel.records.records import Records
from daykeel.records.secrets import BadKey

HALF = 0.5
"""Of the time of a check, what somebody else may take to answer who has a check of their own."""


def findings(premises: Premises) -> list[Finding]:
    """Return what all checks find; nothing of the installation is changed."""
    return examine(rounds(premises), premises.deadline_s)


def rounds(premises: Premises) -> Sequence[Round]:
    """Return the checks, those of one thing together and in the order in which they are made."""
    as_set, premises = premises, readable(premises)
    return (
        Round(
            (
                Check("configuration", partial(configuration, as_set)),
                Check("folder", partial(folder, premises)),
                Check("key", partial(key, premises)),
                Check("permissions", partial(permissions, premises)),
                Check("disk", partial(disk, premises)),
                Check("certificate", partial(certificates, premises)),
            )
        ),
        _of_log(LogChecks(premises)),
        _of_records(RecordsChecks(premises)),
        _of_scores(ScoresChecks(premises)),
        Round(
            (
                Check("ports", partial(ports, premises)),
                Check("pages", partial(pages, premises), ("ports",)),
                Check("broker", partial(broker, premises, partial(_login, premises)), ("ports",)),
            )
        ),
        Round((Check("clock", partial(clocks, premises, partial(_instant, premises))),)),
    )


def _of_log(log: LogChecks) -> Round:
    return Round(
        (
            Check("log", log.answers),
            Check("log.topics", log.topics, ("log",)),
            Check("log.schema", log.schema, ("log", "log.topics")),
            Check("log.written", log.written, ("log", "log.topics")),
            Check("log.clock", log.clock, ("log", "log.topics")),
            Check("quarantine", log.quarantine, ("log", "log.topics")),
            Check("stream", log.stream, ("log", "log.topics")),
            Check("lag", log.lag, ("log", "log.topics")),
        ),
        log.close,
    )


def _of_records(records: RecordsChecks) -> Round:
    return Round(
        (
            Check("records", records.answers),
            Check("records.schema", records.schema, ("records",)),
            Check("records.key", records.key, ("records", "records.schema")),
            Check("records.written", records.written, ("records", "records.schema")),
        ),
        records.close,
    )


def _of_scores(scores: ScoresChecks) -> Round:
    return Round(
        (
            Check("scores", scores.answers),
            Check("scores.schema", scores.schema, ("scores",)),
            Check("scores.written", scores.written, ("scores", "scores.schema")),
            Check("canary", scores.canary, ("scores", "scores.schema")),
        ),
        scores.close,
    )


def _login(premises: Premises) -> CanaryLogin | None:
    """Return what the canary signs in with."""
    with closing(_asked(premises)) as found:
        try:
            return within(premises.deadline_s * HALF, found.canary_login)
        except RecordsError as error:
            raise NothingToSee("the records do not say how, see records") from error


def _instant(premises: Premises) -> datetime | None:
    """Return what the server of records takes for now, if there is one."""
    if sqlite_path(premises.setting("records") or "sqlite:") is not None:
        return None
    with closing(_asked(premises)) as found:
        return found.instant()


def _asked(premises: Premises) -> Records:
    url = premises.setting("records") or ""
    file = sqlite_path(url)
    if not url or (file is not None and not file.exists()):
        raise NothingToSee("the records are not there, see records")
    try:
        return open_records(url, premises.key_file.read_bytes())
    except (OSError, BadKey) as error:
        raise NothingToSee("without the installation's key nobody can look, see key") from error
