"""`/v1/ingest/{adapter}`: devices and apps that send by HTTP; the same rules as over MQTT."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel

from daykeel.api.metrics import Metrics
from daykeel.api.problems import Problem, documented
from daykeel.api.uploads import Uploads
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.admission import (
    HEAD_BYTES,
    HTTP_BYTES,
    Digest,
    Incoming,
    Refusal,
    admit,
    note_oversize,
)
from daykeel.log.codec import encode
from daykeel.log.protocol import NewRecord
from daykeel.log.splitting import LARGEST, split
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, partition_of
from daykeel.records.secrets import is_secret
from daykeel.web.needs import Credential
from daykeel.web.services import Services
from daykeel.web.session import Told

router = APIRouter(prefix="/v1", tags=["ingest"])
BODY_S = 120.0
"""How long a body may take to come."""
basic = HTTPBasic(realm="daykeel", auto_error=False)


class IngestOut(BaseModel):
    """How many raw records are on the log now."""

    kept: int


def credential(
    told: Told, said: Annotated[HTTPBasicCredentials | None, Depends(basic)]
) -> Credential:
    """Return the device that sends, or answer 401."""
    found = told.records.credential(said.username) if said else None
    if (
        said is None
        or found is None
        or not found.enabled
        or not is_secret(found.secret_hash, said.password)
    ):
        raise Problem("credential-wrong", headers={"www-authenticate": 'Basic realm="daykeel"'})
    return found


Sender = Annotated[Credential, Depends(credential)]


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of a request: all of it, or its head and what is known of the rest."""

    payload: bytes
    digest: Digest

    @property
    def is_whole(self) -> bool:
        """Whether the payload is all that came."""
        return self.digest.size == len(self.payload)


async def upload(request: Request, sender: Sender) -> AsyncIterator[Upload]:
    """Read the body as it comes; of one that is too large only the head is held.

    A large one needs a place, and a sender must not take for ever.
    """
    uploads: Uploads = request.app.state.uploads
    held, size, hashed = bytearray(), 0, sha256()
    with ExitStack() as places:
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in request.stream():
                    if size <= LARGEST < size + len(chunk):
                        places.enter_context(uploads.place(sender.username))
                    size += len(chunk)
                    hashed.update(chunk)
                    if size <= HTTP_BYTES:
                        held += chunk
                    else:
                        held = (held[:HEAD_BYTES] + chunk[:HEAD_BYTES])[:HEAD_BYTES]
        except TimeoutError:
            raise Problem("too-slow") from None
        yield Upload(bytes(held), Digest(size, hashed.hexdigest()))


Body = Annotated[Upload, Depends(upload)]


@router.post(
    "/ingest/{adapter}",
    status_code=202,
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {}}}},
    responses=documented(
        "credential-wrong",
        "adapter-not-allowed",
        "consent-missing",
        "too-slow",
        "too-large",
        "payload-refused",
        "not-ready",
    ),
)
def ingest(
    adapter: str,
    request: Request,
    sender: Sender,
    told: Told,
    body: Body,
) -> IngestOut:
    """Keep what a device or app sends; once this answers it is on the log."""
    if adapter != sender.adapter:
        raise Problem("adapter-not-allowed")
    metrics: Metrics = request.app.state.metrics
    topic = f"daykeel/v1/{sender.client}/{adapter}/{sender.device}/raw"
    admitted = _admitted(told, sender, Incoming(topic, body.payload, transport="http"), body)
    match admitted:
        case RawRecord():
            parts = split(admitted)
            told.logbook.append([_record(told, EVENTS_RAW, sender.client, one) for one in parts])
            metrics.raw_records.labels(adapter).inc(len(parts))
            return IngestOut(kept=len(parts))
        case Quarantined():
            told.logbook.note(_record(told, QUARANTINE, sender.client, admitted), admitted.raw)
            metrics.refused.labels(admitted.reason).inc()
            if not body.is_whole:
                raise Problem("too-large")
            raise Problem("payload-refused", reason=admitted.reason)
        case Refusal():
            metrics.refused.labels(admitted.reason).inc()
            raise Problem("consent-missing")


def _admitted(
    told: Services, sender: Credential, message: Incoming, body: Upload
) -> RawRecord | Quarantined | Refusal:
    consents, now = told.records.consents(sender.client), told.clock.now()
    if body.is_whole:
        return admit(message, sender, consents, now)
    return note_oversize(message, body.digest, sender, consents, now)


def _record(told: Services, topic: str, client: str, value: object) -> NewRecord:
    partition = partition_of(client, told.surface.partitions)
    return NewRecord(topic, partition, client.encode(), encode(value))
