"""Whatever is sent to `/v1/ingest`, the answer is a status of the sender's, and it is true."""

import asyncio
import json
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import Credential, furnished

from daykeel.log.topics import EVENTS_RAW, QUARANTINE
from daykeel.records.secrets import broker_hash
from daykeel.sources.registry import ADAPTERS

SECRET = "a password of a device"
KEPT = broker_hash(SECRET)
SOME = settings(max_examples=60, deadline=None, derandomize=True)

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
bodies = (
    st.binary(max_size=200)
    | trees.map(lambda one: json.dumps(one).encode())
    | st.integers(30, 60).map(lambda n: b"[" * n)
)
headers = st.dictionaries(
    st.sampled_from(["content-type", "content-encoding", "accept", "idempotency-key", "range"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
    max_size=3,
)
logins = st.sampled_from([("phone", SECRET)] * 6 + [("phone", "guess"), ("nobody", SECRET)])


async def asked(house, adapter, body, more, login):
    async with house.visitor() as sender:
        del sender.headers["origin"]
        return await sender.post(f"/v1/ingest/{adapter}", content=body, auth=login, headers=more)


@given(adapter=st.sampled_from(sorted(ADAPTERS)), body=bodies, more=headers, login=logins)
@SOME
def test_any_body_is_kept_or_refused_and_the_answer_says_which(adapter, body, more, login):
    house = furnished()
    topics = (f"daykeel/v1/c-ann/{adapter}/phone/raw",)
    house.records.credentials["phone"] = Credential(
        "phone", "c-ann", "phone", adapter, KEPT, topics
    )

    answer = asyncio.run(asked(house, adapter, body, more, login))

    where = [one.topic for one in house.log.kept]
    if answer.status_code == 202:
        assert [one.payload for one in house.log.raw()] == [body]
    elif answer.status_code == 422:
        assert where == [QUARANTINE]
    else:
        assert answer.status_code in (401, 403)
        assert where == []
    assert EVENTS_RAW not in where or answer.status_code == 202


@given(
    adapter=st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/?#%.\\"),
        min_size=1,
        max_size=20,
    )
)
@SOME
def test_an_adapter_that_is_not_the_devices_is_refused(adapter):
    house = furnished()
    house.records.credentials["phone"] = Credential("phone", "c-ann", "phone", "daykeel", KEPT, ())

    answer = asyncio.run(asked(house, adapter, b"{}", {}, ("phone", SECRET)))

    assert answer.status_code in (403, 404, 405) or adapter == "daykeel"
    assert house.log.kept == []
