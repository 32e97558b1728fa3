"""A real mail server and a real push service on loopback, which can be away for a while."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


class MailBox:
    """Keeps every mail as it came, envelope included."""

    def __init__(self, port: int, *, refuses: str = "", **more: object) -> None:
        self.port, self.refuses, self._more = port, refuses, more
        self.mails: list[bytes] = []
        self._server: Controller | None = None

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  aiosmtpd's name
        if self.refuses:
            return self.refuses
        said = f"{session.host_name} {envelope.mail_from} {envelope.rcpt_tos}\n"
        self.mails.append(said.encode() + envelope.original_content)
        return "250 OK"

    def open(self) -> None:
        self._server = Controller(self, hostname=HOST, port=self.port, **self._more)
        self._server.start()

    def close(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


class PushBox:
    """Keeps every request as it came: line, headers and body."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.status, self.headers = 200, {}
        self.requests: list[bytes] = []
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                box.requests.append(f"{self.requestline}\n{self.headers}".encode() + body)
                self.send_response(box.status)
                for name, value in box.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST  # noqa: N815  the library's name

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
