"""Checks of what was set: every process can read it, and it means what it was meant to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from daykeel.alerts.settings import AlertsSettings
from daykeel.api.settings import ApiSettings
from daykeel.canary.settings import CanarySettings
from daykeel.clock.clock import open_clock
from daykeel.doctor.finding import Finding, Level
from daykeel.doctor.premises import Premises
from daykeel.doctor.urls import FORMS, files_in, is_of_its_form
from daykeel.ingest.settings import IngestSettings
from daykeel.notify.settings import NotifySettings
from daykeel.sink.settings import SinkSettings
from daykeel.stream.settings import StreamSettings

PREFIX = "DAYKEEL_"
PROCESSES: tuple[type[BaseSettings], ...] = (
    IngestSettings,
    StreamSettings,
    SinkSettings,
    AlertsSettings,
    NotifySettings,
    ApiSettings,
    CanarySettings,
)
NOT_OURS = frozenset({"DAYKEEL_PUBLIC_HOST", "DAYKEEL_SERVERS_AT", "DAYKEEL_CACHE"})
"""Of deployment and tests."""
DEFAULTS = {
    "log": "sqlite:///data/log.db",
    "scores": "sqlite:///data/scores.db",
    "records": "sqlite:///data/records.db",
    "mqtt": "embedded://127.0.0.1:1883",
    "http": "127.0.0.1:8080",
}
"""What can be read, where nothing is set."""
DOCUMENTED = "docs/operating.md lists all settings"


def configuration(premises: Premises) -> Iterator[Finding]:
    """Yield what is wrong with the settings, or that nothing is."""
    found = [*_unreadable(premises.settings), *_of_no_form(premises), *_missing(premises)]
    found += _unknown(premises.settings)
    yield from found
    if not any(one.level is Level.FAILED for one in found):
        yield Finding("configuration", Level.WELL, f"{len(premises.settings)} settings can be read")


def readable(premises: Premises) -> Premises:
    """Return the premises without what is wrong with their settings, for the other checks."""
    wrong = {
        f"{PREFIX}{name.upper()}"
        for name in FORMS
        if not is_of_its_form(name, premises.setting(name) or DEFAULTS[name])
    }
    if not (premises.setting("http") or DEFAULTS["http"]).rpartition(":")[2].isdecimal():
        wrong.add(f"{PREFIX}HTTP")
    if not _is_number(premises.setting("canary_s") or "1"):
        wrong.add(f"{PREFIX}CANARY_S")
    settings = {name: value for name, value in premises.settings.items() if name not in wrong}
    return replace(premises, settings=settings)


def _is_number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _failed(said: str, advice: str) -> Finding:
    return Finding("configuration", Level.FAILED, said, advice)


def _unreadable(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Yield each setting whose value is of another kind."""
    said: set[str] = set()
    for process in PROCESSES:
        known = {name: f"{PREFIX}{name.upper()}" for name in process.model_fields}
        given = {name: settings[own] for name, own in known.items() if own in settings}
        try:
            process.model_validate(given)
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False, include_context=False):
                said.add(f"{PREFIX}{str(one['loc'][0]).upper()}: {_plain(one['msg'])}")
    for words in sorted(said):
        yield _failed(words, f"set it to what is meant; {DOCUMENTED}")


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]


def _of_no_form(premises: Premises) -> Iterator[Finding]:
    """Yield each setting that names no store, broker, address or clock; never what it is."""
    for name, form in FORMS.items():
        url = premises.setting(name)
        if url is not None and not is_of_its_form(name, url):
            said = f"{PREFIX}{name.upper()} names none"
            yield _failed(said, f"use {form}; {DOCUMENTED}")
    http = premises.setting("http")
    if http is not None and not http.rpartition(":")[2].isdecimal():
        yield _failed(f"{PREFIX}HTTP has no port", "use ADDRESS:PORT, such as 127.0.0.1:8080")
    try:
        open_clock(premises.setting("clock") or "system:")
    except ValueError:
        yield _failed(f"{PREFIX}CLOCK names no clock", "leave it out: it is system: then")


def _missing(premises: Premises) -> Iterator[Finding]:
    """Yield each file that a setting names and nobody can read."""
    named = [(PREFIX + name, premises.file(name)) for name in ("CERT", "KEY")]
    for name in FORMS:
        url = premises.setting(name) or ""
        if not url or is_of_its_form(name, url):
            options = files_in(url).items()
            named += [(f"{option} of {PREFIX}{name.upper()}", file) for option, file in options]
    for what, file in named:
        if file is None:
            continue
        try:
            file.open("rb").close()
        except OSError as error:
            said = f"{file}, named by {what}, cannot be read: {error.strerror}"
            yield _failed(said, "put the file there, or name another one")


def _unknown(settings: Iterable[str]) -> Iterator[Finding]:
    """Yield settings that no process has."""
    known = {f"{PREFIX}{name.upper()}" for one in PROCESSES for name in one.model_fields}
    for name in sorted(set(settings) - known - NOT_OURS):
        like = get_close_matches(name, known, n=1)
        advice = f"is {like[0]} meant?" if like else f"leave it out; {DOCUMENTED}"
        said = f"{name} is no setting: nobody reads it"
        yield Finding("configuration", Level.WARNING, said, advice)
