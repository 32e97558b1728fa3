"""`daykeel create`: declares the log's topics, before any process needs them."""

from argparse import ArgumentParser, Namespace
from threading import Event

from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.cli.say import Refused, say
from daykeel.log.errors import NotMade
from daykeel.log.open import create_log
from daykeel.process.signals import log_to_stderr, told_to_stop
from daykeel.process.waiting import waited_for


class CreateSettings(BaseSettings):
    """Which log to make."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: which log it is comes from the environment."""
    parser.epilog = "DAYKEEL_LOG names the log."


def run(_: Namespace) -> int:
    """Make what is missing of the log, once its servers are there."""
    log_to_stderr()
    return made(CreateSettings().log, told_to_stop())


def made(url: str, stop: Event) -> int:
    """Make what is missing of a log; return 1 if told to stop before its servers were there.

    Raises
    ------
    Refused
        Its topics are there and cannot be used.
    """
    refusal: list[NotMade] = []

    def make() -> bool:
        try:
            create_log(url)
        except NotMade as error:
            refusal.append(error)
        return True

    is_done = waited_for(make, stop)
    if refusal:
        raise Refused(str(refusal[0]))
    if is_done:
        say("The log is there.")
    return 0 if is_done else 1
