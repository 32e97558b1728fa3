"""From errors to answers: a problem for machines under `/v1`, a page for people elsewhere."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from daykeel.api.problems import Problem
from daykeel.records.errors import RecordsUnavailable
from daykeel.scores.errors import ScoresUnavailable
from daykeel.web import errors
from daykeel.web.attempts import PERIOD
from daykeel.web.needs import Account
from daykeel.web.render import page
from daykeel.web.services import services
from daykeel.web.session import account_if_any, session_token
from daykeel.web.words import LIMITS

log = logging.getLogger(__name__)

RETRY = {"retry-after": str(int(PERIOD.total_seconds()))}

SLUGS: Mapping[type[errors.WebError], str] = {
    errors.SignInNeeded: "sign-in-needed",
    errors.NotFound: "not-found",
    errors.Forged: "origin-wrong",
    errors.TooManyAttempts: "too-many-attempts",
    errors.BadForm: "request-invalid",
    errors.NoConsent: "consent-missing",
    errors.NotReady: "not-ready",
}

OF_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "media-type-wrong",
}


def translate_errors(app: FastAPI) -> None:
    """Let `app` answer every error with a problem or a page."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(errors.WebError, _web_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RecordsUnavailable, _unavailable)
    app.add_exception_handler(ScoresUnavailable, _scores_away)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  registered for this class alone
    return _answer(request, error)


def _web_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.WebError)  # noqa: S101  registered for this class alone
    if isinstance(error, errors.SignInNeeded) and not _is_machine(request):
        return RedirectResponse("/login", 303)
    headers = RETRY if isinstance(error, errors.TooManyAttempts) else {}
    return _answer(request, Problem(SLUGS[type(error)], str(error), headers=headers))


def _invalid(request: Request, error: Exception) -> Response:
    """Answer with where a request is wrong and why, never with what stood there."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class alone
    wrong = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]}
        for one in error.errors()
    ]
    return _answer(request, Problem("request-invalid", errors=wrong))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class alone
    slug = OF_STATUS.get(error.status_code, "request-invalid")
    return _answer(request, Problem(slug, headers=error.headers))


def _unavailable(request: Request, error: Exception) -> Response:
    """Answer without asking who it is: that is in the records too."""
    log.warning("the records do not answer: %s", error)
    told = "The records do not answer. Before it is sent again, look whether it was kept."
    return _shown(request, Problem("not-ready", told), None)


def _scores_away(request: Request, error: Exception) -> Response:
    log.warning("a page could not be made: %s", error)
    told = "Nights and scores cannot be read for now. Look again in a minute."
    return _answer(request, Problem("not-ready", told))


def _is_machine(request: Request) -> bool:
    return request.url.path.startswith("/v1/")


def _answer(request: Request, problem: Problem) -> Response:
    return _shown(request, problem, None if _is_machine(request) else _account(request))


def _shown(request: Request, problem: Problem, account: Account | None) -> Response:
    if _is_machine(request):
        return problem.response()
    kind = problem.kind
    answer = page(
        request,
        "error.html",
        account=account,
        status=kind.status,
        title=kind.title,
        text=problem.detail or kind.explanation,
    )
    answer.headers.update(problem.headers)
    return answer


def _account(request: Request) -> Account | None:
    """Return who is signed in, so that the page still leads on."""
    told = services(request)
    return account_if_any(session_token(request, told), told)


FAULT = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Our fault</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/daykeel.css"></head>
<body><main><div class="narrow card"><h1>Our fault</h1>
<p>Something went wrong here; it has been logged. What you see elsewhere may not be up to date.</p>
<p><a href="/">Back to the start</a></p>
<p class="soft small">{LIMITS}</p></div></main></body></html>
"""


def fault(path: str) -> Response:
    """Return the answer to a fault of ours; it needs none of the services."""
    if path.startswith("/v1/"):
        return Problem("internal").response()
    return HTMLResponse(FAULT, status_code=500)
