"""Put the API and the pages together."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from daykeel.api import (
    alerts,
    clients,
    consent,
    diary,
    health,
    ingest,
    quality,
    rules,
    silences,
    therapy,
)
from daykeel.api.cursor import Cursors
from daykeel.api.metrics import Metrics
from daykeel.api.middleware import BodyLimit, Faults, KnownHosts, OwnOrigin, SafeHeaders, Witness
from daykeel.api.problems import MEDIA_TYPE as PROBLEM
from daykeel.api.problems import SCHEMA, documented
from daykeel.api.settings import ApiSettings
from daykeel.api.translate import fault, translate_errors
from daykeel.api.uploads import Uploads
from daykeel.clock.clock import Clock, SystemClock
from daykeel.log.protocol import Log
from daykeel.scores.protocol import ScoreStore
from daykeel.web import routes
from daykeel.web.attempts import Attempts
from daykeel.web.backlog import Backlog
from daykeel.web.logbook import Logbook
from daykeel.web.lookout import Lookout
from daykeel.web.needs import Records
from daykeel.web.render import STATIC
from daykeel.web.services import Services

LARGEST = {"/": 256 * 1024, "/v1/ingest/": 64 * 1024 * 1024}
"""Bytes of a body that are read at all, by the beginning of the path.

Of what a device sends above its own limit only the head is kept, to be noted in quarantine.
"""

DESCRIPTION = """Clients, nights, scores and alerts.

Every error is `application/problem+json` (RFC 9457) whose `type` is an entry of the catalogue at
`/problems`. What is not known is null with status and reasons: never zero, never left out.
Requests carry the session cookie of `/login`; a device sends its own user name and password with
HTTP basic authentication to `/v1/ingest`."""


class DescribedApi(FastAPI):
    """An app whose description holds the shape of problems and the way in."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API."""
        if self.openapi_schema is None:
            found = super().openapi()
            parts = found["components"]
            parts["schemas"]["Problem"] = SCHEMA
            cookie = self.state.services.surface.cookie
            way_in = {"type": "apiKey", "in": "cookie", "name": cookie}
            parts.setdefault("securitySchemes", {})["session"] = way_in
            _complete(found)
        return self.openapi_schema or {}


def build_app(  # noqa: PLR0913  everything the app works with
    scores: ScoreStore,
    records: Records,
    log: Log,
    clock: Clock,
    settings: ApiSettings,
    *,
    wall: Clock | None = None,
) -> FastAPI:
    """Return API and pages over these stores. Nothing connects or listens here.

    `wall` drives sessions and time-outs: the system's clock, also where `clock` is stepped.
    """
    app = DescribedApi(
        title="Daykeel",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=_until_closed,
    )
    app.state.metrics = Metrics()
    app.state.cursors = Cursors(secrets.token_bytes(32))
    app.state.uploads = Uploads()
    app.state.services = Services(
        scores=scores,
        records=records,
        logbook=Logbook(lambda: log),
        clock=clock,
        wall=wall or SystemClock(),
        surface=settings.surface,
        attempts=Attempts(),
        backlog=Backlog(),
        lookout=Lookout(scores, timedelta(seconds=settings.canary_s)),
    )
    _add_routes(app)
    translate_errors(app)
    _wrap(app, settings)
    return app


@asynccontextmanager
async def _until_closed(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.services.logbook.close()


def _add_routes(app: FastAPI) -> None:
    for module in (
        clients,
        therapy,
        rules,
        silences,
        alerts,
        quality,
        diary,
        consent,
        ingest,
        health,
        routes,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _wrap(app: FastAPI, settings: ApiSettings) -> None:
    """Put the middleware around the routes; the one added last sees a request first."""
    surface = settings.surface
    app.add_middleware(BodyLimit, limits=LARGEST)
    app.add_middleware(Faults, answer=fault)
    app.add_middleware(OwnOrigin, origins=surface.origins)
    app.add_middleware(KnownHosts, hosts=settings.hosts)
    app.add_middleware(SafeHeaders, is_https=surface.is_https)
    app.add_middleware(Witness, metrics=app.state.metrics)


def _complete(found: dict[str, Any]) -> None:
    """Say of every operation how to sign in and how it refuses, where it does not say it itself."""
    refused = documented("request-invalid")[422]
    for path in found["paths"].values():
        for operation in path.values():
            operation.setdefault("security", [{"session": []}])
            answers = operation["responses"]
            if PROBLEM not in answers.get("422", refused)["content"]:
                answers["422"] = refused
    for unused in ("HTTPValidationError", "ValidationError"):
        found["components"]["schemas"].pop(unused, None)
