"""Problem responses (RFC 9457): every kind of error the API answers with, in one catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
CATALOGUE = "/problems"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; `slug` is its stable name."""

    slug: str
    status: int
    title: str
    explanation: str
    """What the caller can do about it."""

    @property
    def type(self) -> str:
        """The stable URL reference of the kind."""
        return f"{CATALOGUE}/{self.slug}"


_KINDS = (
    Kind(
        "sign-in-needed",
        401,
        "Sign in first",
        "The request carries no session cookie, or the session has ended. Sign in at /login.",
    ),
    Kind(
        "credential-wrong",
        401,
        "Wrong device credential",
        "The user name and password of HTTP basic authentication are not those of an enabled "
        "device. They are the ones that `daykeel client add` printed.",
    ),
    Kind(
        "origin-wrong",
        403,
        "Not from our own pages",
        "The Origin header names another site. A browser may change things only from the pages "
        "of this installation.",
    ),
    Kind(
        "consent-missing",
        403,
        "No consent for this stream",
        "The client has not consented to this stream, or has withdrawn the consent. Nothing of "
        "the request was kept.",
    ),
    Kind(
        "adapter-not-allowed",
        403,
        "Not this device's adapter",
        "The credential belongs to another adapter than the one in the path.",
    ),
    Kind(
        "not-found",
        404,
        "No such thing",
        "There is nothing at this address, or it is not yours to see: both answers are the same.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "Not with this method",
        "The address exists but does not take this HTTP method; the Allow header lists those it "
        "takes.",
    ),
    Kind(
        "too-slow",
        408,
        "Too slow",
        "The body did not come to its end in time. Nothing was kept; send it again.",
    ),
    Kind(
        "transition-impossible",
        409,
        "The alert cannot go there",
        "The alert's state does not allow the transition: a resolved alert stays resolved.",
    ),
    Kind(
        "decision-impossible",
        409,
        "That cannot be decided",
        "`detail` says why. Nothing was stored.",
    ),
    Kind(
        "threshold-too-frequent",
        409,
        "It would fire too often",
        "The threshold would have fired more than 3 times in the last 90 days, or there is no "
        "baseline to try it on. `fired` lists the nights. Nothing was stored.",
    ),
    Kind(
        "version-changed",
        412,
        "Somebody was faster",
        "What you decide upon has changed since the version named in If-Match. Read it again and "
        "decide anew.",
    ),
    Kind(
        "too-large",
        413,
        "Too large",
        "The body is larger than the limit: 16 MiB for /v1/ingest, 256 KiB elsewhere.",
    ),
    Kind(
        "media-type-wrong",
        415,
        "Wrong media type",
        "The body must be sent as application/json.",
    ),
    Kind(
        "request-invalid",
        422,
        "The request is not valid",
        "`errors` lists which fields are wrong and why.",
    ),
    Kind(
        "range-too-long",
        422,
        "Too many days",
        "One request may ask for at most 400 days; ask several times.",
    ),
    Kind(
        "cursor-invalid",
        422,
        "Not a cursor of this list",
        "A cursor holds only for the account and the filter it was given for, and until the "
        "process starts again. Begin without one.",
    ),
    Kind(
        "idempotency-key-reused",
        422,
        "Idempotency-Key used for something else",
        "The same Idempotency-Key came with another request before. Use a new one.",
    ),
    Kind(
        "payload-refused",
        422,
        "Nothing of the payload could be kept",
        "`reason` says why. The refusal is noted in quarantine.",
    ),
    Kind(
        "version-needed",
        428,
        "If-Match is needed",
        "Name the version you decided upon: send its ETag as If-Match.",
    ),
    Kind(
        "too-many-attempts",
        429,
        "Too many attempts",
        "Signing in failed too often. Wait; Retry-After says how long.",
    ),
    Kind(
        "internal",
        500,
        "Our fault",
        "Something went wrong here. It has been logged.",
    ),
    Kind(
        "not-ready",
        503,
        "Not ready",
        "A part that is needed does not answer. Nothing was kept; send it again later.",
    ),
)

KINDS: Mapping[str, Kind] = {kind.slug: kind for kind in _KINDS}


class Problem(Exception):  # noqa: N818  the answer, not a fault of ours
    """A request that is answered with a problem of the catalogue."""

    def __init__(
        self, slug: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(slug)
        self.kind = KINDS[slug]
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        """Return the response to send."""
        body = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail or self.kind.explanation,
            **self.more,
        }
        return JSONResponse(
            body, status_code=self.kind.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def documented(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """Return these problems as OpenAPI responses with an example each."""
    found: dict[int | str, dict[str, Any]] = {}
    for slug in slugs:
        kind = KINDS[slug]
        place = found.setdefault(kind.status, {"description": kind.title, "content": _content()})
        place["content"][MEDIA_TYPE]["examples"][slug] = {"value": _example(kind)}
    return found


def _content() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {MEDIA_TYPE: {"schema": schema, "examples": {}}}


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.explanation,
    }


SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A problem as RFC 9457 has it; `type` is an entry of the catalogue.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "enum": [k.type for k in _KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "description": "Of `request-invalid`: where and what.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
        "reason": {"description": "Of `payload-refused`: why.", "type": "string"},
        "fired": {
            "description": "Of `threshold-too-frequent`: nights on which it would have fired.",
            "type": "array",
            "items": {"type": "string", "format": "date"},
        },
    },
}
