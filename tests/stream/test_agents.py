"""What the agents do with what they are given."""

import asyncio
from types import SimpleNamespace

from daykeel.stream import agents


class App:
    """What the agents know of an app."""

    consumer_generation_id = 2

    def __init__(self):
        self.agents = {}

    def agent(self, _, *, name, concurrency):
        assert concurrency == 1
        return lambda work: self.agents.setdefault(name, work)


class Stream:
    """Events, each of a generation."""

    def __init__(self, *generations):
        self.acked = []
        self._generations = generations

    def noack(self):
        return self

    async def events(self):
        for generation in self._generations:
            message = SimpleNamespace(generation_id=generation)
            yield SimpleNamespace(message=message, ack=lambda of=generation: self.acked.append(of))


def test_what_was_delivered_before_partitions_were_handed_out_anew_changes_nothing(monkeypatch):
    app, seen, streams = App(), [], {name: Stream(1, 2, 2) for name in ("fold", "score")}
    for name in streams:
        monkeypatch.setattr(
            agents,
            f"{name}_event",
            lambda _, event, name=name: seen.append((name, event.message.generation_id)),
        )
    agents.add_agents(app, None, lambda *_: None)

    for name, stream in streams.items():
        asyncio.run(app.agents[name](stream))

    assert seen == [("fold", 2), ("fold", 2), ("score", 2), ("score", 2)]
    assert [stream.acked for stream in streams.values()] == [[1, 2, 2]] * 2
