"""An HTTP relay on loopback that hands requests on to a real server, and answers as a broken network would."""

import http.client
import threading
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(StrEnum):
    """What becomes of the server's answer, after the request was handed on."""

    WHOLE = "whole"
    LOST = "lost"
    CUT = "cut in its body"
    CUT_IN_HEAD = "cut in its head"
    EMPTY = "empty, with status 200"
    OTHER = "another service's, with status 200"
    DRIPPING = "a byte each tenth of a second"


class Relay:
    """Hands POST requests on to ``host:port``. ``answer`` may be changed between requests; ``requests`` counts them."""

    def __init__(self, port):
        self._to = port
        self.answer, self.requests = Answer.WHOLE, 0
        self.status, self.head = 200, b""  # of an answer, and more lines of its head
        self.stopped = threading.Event()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                relay.requests += 1
                body = self.rfile.read(int(self.headers["content-length"]))
                content = relay.ask(self.path, dict(self.headers), body)
                relay.give(self.connection, relay.answer, content)
                self.close_connection = relay.answer is not Answer.WHOLE

            def log_message(self, *_):
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self):
        """Answer while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def ask(self, path, headers, body):
        """Hand a request on; return the content of the server's answer."""
        return self.exchange(path, headers, body)[1]

    def exchange(self, path, headers, body):
        """Ask the server; return its answer, and the content."""
        connection = http.client.HTTPConnection("127.0.0.1", self._to, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def give(self, connection, answer, content):
        """Answer."""
        match answer:
            case Answer.WHOLE:
                connection.sendall(self._headed(content))
            case Answer.CUT:
                connection.sendall(self._headed(content)[: -len(content) // 2])
            case Answer.CUT_IN_HEAD:
                connection.sendall(self._headed(content)[:9])
            case Answer.EMPTY:
                connection.sendall(self._headed(b""))
            case Answer.OTHER:
                connection.sendall(self._headed(b'{"status":"ok"}'))
            case Answer.DRIPPING:
                self._drip(connection, self._headed(content))
            case Answer.LOST:
                pass

    def _headed(self, content):
        size = b"content-length: %d\r\n\r\n" % len(content)
        return b"HTTP/1.1 %d -\r\ncontent-type: application/json\r\n" % self.status + self.head + size + content

    def _drip(self, connection, content):
        for position in range(len(content)):
            if self.stopped.wait(0.1):
                return
            try:
                connection.sendall(content[position : position + 1])
            except OSError:
                return
