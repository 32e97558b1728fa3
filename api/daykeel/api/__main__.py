"""The process behind the pages: whatever it answers as kept is on the log or in the records."""

from threading import Event

import uvicorn
from fastapi import FastAPI

from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.process.lifeline import end_with_parent
from daykeel.process.signals import log_to_stderr
from daykeel.process.waiting import waited_for
from daykeel.records.open import open_records
from daykeel.scores.open import open_scores

GRACE_S = 4


def app_of(settings: ApiSettings) -> FastAPI:
    """Return the app over the stores that `settings` name, once they are there."""
    records = open_records(settings.records, settings.key_file.read_bytes())
    never = Event()
    waited_for(records.migrate, never)
    logbook = waited_for(lambda: open_log(settings.log), never)
    assert logbook is not None, "nothing else ends the wait"  # noqa: S101
    return build_app(
        open_scores(settings.scores), records, logbook, open_clock(settings.clock), settings
    )


def main() -> None:
    """Serve until told to stop."""
    log_to_stderr()
    end_with_parent()
    settings = ApiSettings()
    host, port = settings.address
    uvicorn.run(
        app_of(settings),
        host=host,
        port=port,
        ssl_certfile=settings.cert,
        ssl_keyfile=settings.key,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_S,
    )


if __name__ == "__main__":
    main()
