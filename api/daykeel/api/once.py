"""Requests that may be repeated: one that came with the same key before acts no second time."""

import hashlib
import json
from typing import Any

from daykeel.api.problems import Problem
from daykeel.web.needs import Account
from daykeel.web.services import Services


def fingerprint(*said: Any) -> str:
    """Return what tells one request from another: a hash of all that it says.

    >>> fingerprint("a", {"b": 1, "c": 2}) == fingerprint("a", {"c": 2, "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def is_repeated(told: Services, account: Account, key: str | None, asked: str) -> bool:
    """Return whether this request has acted before.

    Raises
    ------
    Problem
        Its key came with another one.
    """
    before = told.records.remembered(account.id, key) if key else None
    if before is not None and before != asked:
        raise Problem("idempotency-key-reused")
    return before is not None


def remember(told: Services, account: Account, key: str | None, asked: str) -> None:
    """Keep that a request has acted, if it has a key."""
    if key:
        told.records.remember(account.id, key, asked, now=told.clock.now())
