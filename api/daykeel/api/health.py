"""`/healthz`, `/readyz`, `/metrics` and the catalogue of problems.

How much is sent and when tells of people where they are few, so strangers from elsewhere learn
only whether the installation is ready.
"""

from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from daykeel.api.metrics import Metrics
from daykeel.api.problems import KINDS, Problem
from daykeel.web.health import Health, health
from daykeel.web.needs import Account
from daykeel.web.render import page
from daykeel.web.session import MaybeSignedIn, Told

router = APIRouter(include_in_schema=False)

NEAR = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which this machine calls itself."""


@router.get("/healthz")
def healthz() -> Response:
    """Say that this process lives; nothing else."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request, account: MaybeSignedIn, told: Told) -> Response:
    """Say which parts answer, how far the stream is, and which clock it goes by."""
    found = health(told)
    said: dict[str, object] = {"status": "ready" if found.is_ready else "not ready"}
    if _may_see(request, account):
        said |= _details(found)
    return JSONResponse(said, status_code=200 if found.is_ready else 503)


def _may_see(request: Request, account: Account | None) -> bool:
    """Return whether an operator asks, or somebody on this machine."""
    return (account is not None and account.role == "operator") or _is_near(request)


def _is_near(request: Request) -> bool:
    try:
        peer = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return peer.is_loopback and request.url.hostname in NEAR


def _details(found: Health) -> dict[str, object]:
    age = found.freshness.age
    return {
        "parts": {check.name: check.is_fine for check in found.checks},
        "lag": dict(found.progress.lags),
        "processed_age_s": None if age is None else round(age.total_seconds(), 1),
        "is_stale": found.freshness.is_stale,
        **_canary(found),
        "clock": "stepped" if found.is_stepped else "system",
    }


def _canary(found: Health) -> dict[str, object]:
    canary = found.freshness.canary
    if canary is None:
        return {}
    age = None if canary.age is None else round(canary.age.total_seconds(), 1)
    return {"canary_age_s": age, "canary_night": canary.has_slept}


@router.get("/metrics")
def metrics(request: Request, account: MaybeSignedIn, told: Told) -> Response:
    """Return what Prometheus reads."""
    if not _may_see(request, account):
        raise Problem("not-found")
    kept: Metrics = request.app.state.metrics
    found = health(told)
    for group, lag in found.progress.lags.items():
        kept.lag.labels(group).set(lag)
    kept.quarantined.set(found.progress.quarantined)
    for reason, count in found.progress.unrecorded.items():
        kept.unrecorded.labels(reason).set(count)
    if found.freshness.age is not None:
        kept.age.set(found.freshness.age.total_seconds())
    if found.freshness.canary is not None:
        kept.tell_canary(found.freshness.canary.age)
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
