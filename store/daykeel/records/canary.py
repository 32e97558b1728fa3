"""The canary as the records know it: a client with consent and a credential like anybody's.

Its password is derived from the installation's key, so that whoever has the key can make the
broker's list of passwords anew, and a restart needs no file.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from daykeel.records import clients, secrets
from daykeel.records.people import Client, Credential
from daykeel.records.policy import CANARY
from daykeel.records.secrets import Keys

NAME, ZONE = "Canary", "UTC"
USERNAME, DEVICE, ADAPTER = "d-canary", "canary", "daykeel"
TOPIC = f"daykeel/v1/{CANARY}/{ADAPTER}/{DEVICE}/event"
SINCE = timedelta(days=3)
"""Consent begins so long before: the first thing told is the night before."""


@dataclass(frozen=True, slots=True)
class CanaryLogin:
    """What the canary's device signs in with, and where it publishes."""

    username: str
    topic: str
    password: str = field(repr=False)


def login(connection: Connection, keys: Keys) -> CanaryLogin | None:
    """Return the canary's login, None where it has not been enrolled."""
    if not clients.credentials(connection, USERNAME):
        return None
    return CanaryLogin(USERNAME, TOPIC, keys.device_password(USERNAME))


def enrol(connection: Connection, keys: Keys, *, now: datetime) -> CanaryLogin:
    """Store what is missing of the canary and return its login."""
    if not clients.find(connection, keys, [CANARY]):
        canary = Client(CANARY, NAME, ZONE, now.date())
        clients.add(connection, keys, canary, {ADAPTER: now - SINCE}, now=now)
    clients.grant(connection, CANARY, ADAPTER, start=now - SINCE, now=now)
    password = keys.device_password(USERNAME)
    if not clients.credentials(connection, USERNAME):
        kept = secrets.broker_hash(password)
        credential = Credential(USERNAME, CANARY, DEVICE, ADAPTER, kept, (TOPIC,))
        clients.add_credential(connection, credential, now=now)
    return CanaryLogin(USERNAME, TOPIC, password)
