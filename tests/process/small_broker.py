"""A broker that knows just enough MQTT 3.1.1 to keep what it acknowledges."""

import socket
import struct
import threading
from contextlib import suppress

CONNECT, PUBLISH, DISCONNECT = 1, 3, 14


class SmallBroker:
    """Takes one connection after the other; acknowledges at most `limit` messages."""

    def __init__(self, *, code: int = 0, limit: int | None = None, port: int = 0) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.signed_in: list[tuple[str, str]] = []
        self._code, self._limit = code, limit
        self._server = socket.create_server(("127.0.0.1", port))
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        return self._server.getsockname()[1]

    def __enter__(self) -> "SmallBroker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for peer in self._peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._server.accept()
                self._peers.append(peer)
                with peer, peer.makefile("rb") as stream, suppress(OSError, EOFError):
                    self._talk(peer, stream)

    def _talk(self, peer, stream) -> None:
        while True:
            kind, body = packet(stream)
            if kind == CONNECT:
                self.signed_in.append(credentials(body))
                peer.sendall(bytes([0x20, 2, 0, self._code]))
            elif kind == PUBLISH:
                self._keep(peer, body)
            elif kind == DISCONNECT:
                return

    def _keep(self, peer, body) -> None:
        if self._limit is not None and len(self.kept) >= self._limit:
            return
        topic, rest = text(body)
        self.kept.append((topic.decode(), rest[2:]))
        peer.sendall(bytes([0x40, 2]) + rest[:2])


def packet(stream) -> tuple[int, bytes]:
    head = stream.read(1)
    if not head:
        raise EOFError
    length = shift = 0
    while True:
        digit = stream.read(1)[0]
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            return head[0] >> 4, stream.read(length)
        shift += 7


def text(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack_from("!H", data)
    return data[2 : 2 + length], data[2 + length :]


def credentials(connect: bytes) -> tuple[str, str]:
    _, rest = text(connect)
    _, rest = text(rest[4:])
    username, rest = text(rest)
    password, _ = text(rest)
    return username.decode(), password.decode()
