"""The servers of one folder: which there are, where they answer, and whether they run."""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import processes
from place import Launch, Place, Server, free_ports, write_private

State = dict[str, dict[str, Any]]


class Fleet:
    """A folder of servers; ``servers.json`` in it is what others read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "servers.json"

    def state(self) -> State:
        """Return what is known of each server: url, ports, process."""
        known: State = json.loads(self.file.read_text()) if self.file.exists() else {}
        return known

    def start(self, servers: Sequence[Server]) -> None:
        """Start those that do not run, all at a time, and wait until each one answers."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for server in servers:
            if not self.runs(server.name):
                self._launch(server)
        for server in servers:
            self._wait(server)

    def stop(self, names: Sequence[str]) -> None:
        """Ask those that run for an orderly end, and wait for it."""
        running = {name: self.state()[name] for name in names if self.runs(name)}
        for known in running.values():
            processes.signalled(known["pid"], known["end"])
        for name in running:
            processes.until(lambda name=name: not self.runs(name), f"{name} has ended")  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """End one at once, as a failing machine would."""
        if self.runs(name):
            processes.kill(self.state()[name]["pid"])

    def runs(self, name: str) -> bool:
        """Tell whether the process that was started is still there."""
        known = self.state().get(name, {})
        return "pid" in known and processes.born(known["pid"]) == known["born"]

    def forget(self, servers: Mapping[str, Server]) -> None:
        """Remove what the servers kept, wherever it lies."""
        for name in self.state():
            shutil.rmtree(servers[name].data(self._place(servers[name])), ignore_errors=True)

    def _launch(self, server: Server) -> None:
        place = self._place(server)
        how: Launch = server.prepare(place)
        pid = processes.launch(how, place.folder / "log")
        with self._changed() as state:
            state[server.name] |= {
                "pid": pid,
                "born": processes.born(pid),
                "end": how.end,
                "url": server.url(place),
            }

    def _wait(self, server: Server) -> None:
        place = self._place(server)
        processes.until(
            lambda: server.answers(place) or not self.runs(server.name), f"{server.name} answers"
        )
        if not self.runs(server.name):
            raise processes.Late(f"{server.name} ended while starting; see {place.folder / 'log'}")
        server.settle(place)

    def _place(self, server: Server) -> Place:
        with self._changed() as state:
            taken = frozenset(port for known in state.values() for port in known["ports"])
            if server.name not in state:
                state[server.name] = {"ports": free_ports(server.ports, taken)}
            folder = self.folder / server.name
            folder.mkdir(mode=0o700, exist_ok=True)
            return Place(folder, tuple(state[server.name]["ports"]))

    @contextmanager
    def _changed(self) -> Iterator[State]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.state()
            yield state
            write_private(self.file, json.dumps(state, indent=1))
