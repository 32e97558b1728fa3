"""A proxy that is the network on a bad day: it loses answers, or answers itself."""

import http.client
import json
import socket
import threading
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

ANSWER_LOST = "lost"
"""The request reaches the server, the connection is cut before its answer."""

ANSWER_TORN = "torn"
"""The same after half of the answer."""

UNHEARD = "unheard"
"""The connection is cut before the server hears of it."""

LATE = "late"
"""The request reaches the server; no answer comes while the proxy lives."""


class Answer(NamedTuple):
    """What the proxy says itself; the server hears nothing of the request."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    message: str = "told by the proxy"


class Proxy:
    """What was asked of a server through it, and the faults that are next."""

    def __init__(self, host, port):
        self.server = (host, port)
        self.asked = []
        self.faults = deque()
        self.path = "/api/v2/write"
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def fail(self, *faults, path="/api/v2/write"):
        self.path = path
        self.faults.extend(faults)

    def next_fault(self, path):
        with self._lock:
            self.asked.append(path)
            return self.faults.popleft() if self.faults and path.startswith(self.path) else None

    def count(self, path="/api/v2/write"):
        return sum(one.startswith(path) for one in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.proxy.next_fault(self.path)
        if isinstance(fault, Answer):
            said = json.dumps({"code": "invalid", "message": fault.message}).encode()
            self._answer(fault.status, fault.headers, said)
        elif fault == UNHEARD:
            self._cut()
        else:
            self._pass_on(body, fault)

    def _pass_on(self, body, fault):
        upstream = http.client.HTTPConnection(*self.server.proxy.server, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        found = upstream.getresponse()
        said = found.read()
        upstream.close()
        dropped = ("transfer-encoding", "content-length", "connection", "date")
        headers = [one for one in found.getheaders() if one[0].lower() not in dropped]
        if fault == LATE:
            self.server.proxy.ended.wait(60)
        if fault in (LATE, ANSWER_LOST):
            self._cut()
        else:
            self._answer(found.status, headers, said, torn=fault == ANSWER_TORN)

    def _answer(self, status, headers, said, *, torn=False):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said[: len(said) // 2] if torn else said)
        if torn:
            self._cut()

    def _cut(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  the names http.server calls


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # who asks may have gone away: that is what is tested


@contextmanager
def proxied(host, port, tls=None):
    """Run a proxy before a server, by TLS if there is a context of it; yields it and its port."""
    proxy = Proxy(host, port)
    server = _Quiet(("127.0.0.1", 0), _Handler)
    server.proxy = proxy
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy, server.server_address[1]
    finally:
        proxy.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
