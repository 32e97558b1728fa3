"""The process behind the pages: whatever it answers as kept is on the log or in the records."""

import logging
import sys

import uvicorn
from fastapi import FastAPI

from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.records.open import open_records
from daykeel.scores.open import open_scores

GRACE_S = 4


def app_of(settings: ApiSettings) -> FastAPI:
    """Return the app over the stores that `settings` name."""
    records = open_records(settings.records, settings.key_file.read_bytes())
    records.migrate()
    return build_app(
        open_scores(settings.scores),
        records,
        open_log(settings.log),
        open_clock(settings.clock),
        settings,
    )


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
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
