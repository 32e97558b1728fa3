"""Around every request: safe headers, a log line without identity, numbers, the host's name."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from daykeel.api.metrics import Metrics
from daykeel.api.problems import Problem

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms; `same-origin`
    # tells other sites just as little.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000"
HTTP_OK, HTTP_NOT_MODIFIED = 200, 304


class Broken(Exception):  # noqa: N818  what is left to say of a fault
    """The response ends here; what broke it is in the log."""


class SafeHeaders:
    """Puts the headers on every response; nothing but static files may be stored.

    A browser keeps those, and asks each time whether they are still the same.
    """

    def __init__(self, app: App, *, is_https: bool) -> None:
        self._app = app
        self._headers: Mapping[str, str] = HEADERS | (
            {"strict-transport-security": STRICT_TRANSPORT} if is_https else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", _cache_control(scope, message["status"]))
            await send(message)

        await self._app(scope, receive, with_headers)


def _cache_control(scope: Scope, status: int) -> str:
    is_file = scope["path"].startswith("/static/") and status in (HTTP_OK, HTTP_NOT_MODIFIED)
    return "no-cache" if is_file else "no-store"


class KnownHosts:
    """Refuses requests for names that are not ours, so that a rebound name reads nothing."""

    def __init__(self, app: App, *, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _host(scope) in self._hosts:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("no such host here\n", 421)(scope, receive, send)


def _host(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "").lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


class Faults:
    """Answers a fault of ours; the log has its kind and place, never its text or the path."""

    def __init__(self, app: App, *, answer: Callable[[str], App]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_begun = False

        async def seen(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception as error:
            log.error("fault: %s at %s", type(error).__name__, _place(error))  # noqa: TRY400  its text may hold health values
            if has_begun or scope["type"] != "http":
                raise Broken from None
            await self._answer(scope["path"])(scope, receive, send)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[:-6:-1])


class BodyLimit:
    """Ends the reading of a body that is larger than its path may take."""

    def __init__(self, app: App, *, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = sorted(limits.items(), key=lambda one: -len(one[0]))
        """By the beginning of the path, the longest first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next(size for path, size in self._limits if scope["path"].startswith(path))
        announced, read = Headers(scope=scope).get("content-length", ""), 0

        async def counted() -> Message:
            nonlocal read
            if announced.isdecimal() and int(announced) > limit:
                raise HTTPException(413)
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class Witness:
    """Logs and counts each request by its route template, never by its path."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            self._note(scope, status[0], time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = template(scope)
        log.info("%s %s %d %.1f ms", method, route, status, seconds * 1000)
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)


def template(scope: Scope) -> str:
    """Return the template of the route that served a request, `(none)` if there was none."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str) and path:
        return path
    return "/static" if scope["path"].startswith("/static/") else "(none)"


SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})


class OwnOrigin:
    """Refuses changes that a browser sends from another site's page."""

    def __init__(self, app: App, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in SAFE or self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await Problem("origin-wrong").response()(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        """Return whether neither Origin nor Sec-Fetch-Site names another site.

        A sender that is no browser has neither of them.
        """
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site", "same-origin") not in OURS:
            return False
        own = f"{scope['scheme']}://{headers.get('host', '')}"
        return headers.get("origin", own) in self._origins | {own}
