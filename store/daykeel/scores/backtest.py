"""What rules would have told of a client, by what the store of scores holds."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from daykeel.alerting.alert import Transition
from daykeel.alerting.backtest import Mode, Report
from daykeel.alerting.hours import local_date
from daykeel.alerting.recalled import DAYS, Past, recalled_reports
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.rules import Rules
from daykeel.scores.protocol import ScoreStore

DAY = timedelta(days=1)
EVER = date(1970, 1, 1)


def stored_reports(  # noqa: PLR0913  all of a client's past, and what is asked of it
    scores: ScoreStore,
    context: ClientContext,
    steps: Sequence[Transition],
    rules: Sequence[Rules],
    mode: Mode = "as_final",
    *,
    zone: str,
    now: datetime,
    back: int = DAYS,
) -> list[Report]:
    """Return what rules come to on the last nights of a client: those in force, then others.

    Parameters
    ----------
    context
        What is decided of the client by now.
    steps
        Of the alerts that were raised; only `as_known` looks at them.
    zone
        Where the client lives: those in force are the rules of the night to come there.

    Raises
    ------
    ValueError
        No night is final.
    """
    today = local_date(now, zone)
    days = scores.days(context.client, EVER, today + 2 * DAY)
    history = scores.known(context.client) if mode == "as_known" else ()
    past = Past(days, context, history, steps)
    return recalled_reports(past, rules, mode, coming=today + DAY, back=back)
