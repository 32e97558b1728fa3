"""`/healthz`, `/readyz`, `/metrics` and the catalogue of problems."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from daykeel.api.metrics import Metrics
from daykeel.api.problems import KINDS, Problem
from daykeel.web.health import Health, health
from daykeel.web.render import page
from daykeel.web.session import MaybeSignedIn, Told

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> Response:
    """Say that this process lives; nothing else."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(told: Told) -> Response:
    """Say which parts answer, how far the stream is, and which clock it goes by."""
    found = health(told)
    return JSONResponse(_ready(found), status_code=200 if found.is_ready else 503)


def _ready(found: Health) -> dict[str, object]:
    age = found.freshness.age
    return {
        "status": "ready" if found.is_ready else "not ready",
        "parts": {check.name: check.is_fine for check in found.checks},
        "lag": dict(found.progress.lags),
        "processed_age_s": None if age is None else round(age.total_seconds(), 1),
        "is_stale": found.freshness.is_stale,
        "clock": "stepped" if found.is_stepped else "system",
    }


@router.get("/metrics")
def metrics(request: Request, told: Told) -> Response:
    """Return what Prometheus reads."""
    kept: Metrics = request.app.state.metrics
    found = health(told)
    for group, lag in found.progress.lags.items():
        kept.lag.labels(group).set(lag)
    kept.quarantined.set(found.progress.quarantined)
    if found.freshness.age is not None:
        kept.age.set(found.freshness.age.total_seconds())
    return Response(kept.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems")
def problem_catalogue(request: Request, account: MaybeSignedIn) -> Response:
    """Show every kind of problem."""
    return page(request, "problems.html", account=account, kinds=list(KINDS.values()))


@router.get("/problems/{slug}")
def problem(request: Request, slug: str, account: MaybeSignedIn) -> Response:
    """Show one kind of problem: the page its `type` leads to."""
    if slug not in KINDS:
        raise Problem("not-found")
    return page(request, "problems.html", account=account, kinds=[KINDS[slug]])
