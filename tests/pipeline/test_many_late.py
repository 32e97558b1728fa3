"""Fifty clients of 120 nights, weeks late, in no order and much of it twice: identical State."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lives import after, life, profile

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score

pytestmark = pytest.mark.long

CLIENTS, FEW = 50, 5
"""How many; a few where nobody asked for more, as on the machine of who changes something."""
NIGHTS = 120
TWICE = 0.3
LATE = timedelta(days=35)
DRIFT = np.concatenate([np.zeros(NIGHTS - 20), np.linspace(0.2, 3.5, 20)])
AS_OF = after(NIGHTS) + LATE


def arrivals(client, seed):
    """What a client's devices said, each message as it came: up to five weeks late, or twice."""
    rng = np.random.default_rng(seed)
    said = life(client, NIGHTS, seed, shift=DRIFT if seed % 3 == 0 else None)
    late = rng.random(len(said)) * LATE.total_seconds() * (rng.random(len(said)) < 0.5)
    came = [
        msgspec.structs.replace(one, received_at=one.received_at + timedelta(seconds=int(delay)))
        for one, delay in zip(said, late, strict=True)
    ]
    again = [came[at] for at in rng.integers(0, len(came), round(TWICE * len(came)))]
    return came, [(came + again)[at] for at in rng.permutation(len(came) + len(again))]


@pytest.mark.parametrize("seed", range(CLIENTS if os.environ.get("CI") else FEW))
def test_order_delay_and_duplicates_of_a_long_life_change_nothing(seed):
    client = f"c-{seed}"
    ordered, shuffled = arrivals(client, seed)
    whole = batch(ordered, [profile(client)], AS_OF)
    tables = empty_tables()
    apply(tables, profile(client))
    for offset, record in enumerate(shuffled):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
        if offset == len(shuffled) * 2 // 3:  # and once in between what is there is scored
            score(tables, client, after(NIGHTS))
    score(tables, client, AS_OF)

    assert state_digest(tables, client) == state_digest(whole.tables, client)
