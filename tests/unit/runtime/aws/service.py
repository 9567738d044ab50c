"""A service on loopback for the tests of transports: a real socket, planned answers, every request kept."""

import json
import socket
import threading
import time

REQUEST_ID = "x-amzn-RequestId: r\r\n"


def whole(body=b"", status=200, extra=REQUEST_ID):
    """Return an answer with its length."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


def document(members):
    """Return a whole answer of a JSON service."""
    return whole(json.dumps(members).encode())


class Server:
    """Answers each request with the next answer.

    An answer is bytes, sent as they are; ``None`` closes the connection; ``[seconds, bytes]`` is sent byte by byte with
    that much time between them.

    :param closes: after each answer, so that what wasn't sent is cut.
    """

    def __init__(self, *answers, closes=False):
        self.answers, self.requests, self.connections, self.closes = list(answers), [], 0, closes
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        """End it."""
        self.ended.set()
        self.listening.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection, connection.makefile("rb") as stream:
            while first := stream.readline():
                headers = {}
                while line := stream.readline().strip():
                    name, _, value = line.decode().partition(": ")
                    headers[name.lower()] = value
                body = stream.read(int(headers.get("content-length", 0)))
                self.requests.append((first.decode().split()[:2], headers, body))
                answer = self.answers.pop(0) if self.answers else None
                if answer is None or not self._send(connection, answer) or self.closes:
                    return

    def _send(self, connection, answer):
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return True
        seconds, drips = answer
        begin = time.monotonic()
        for index in range(len(drips)):
            if self.ended.wait(max(0.0, begin + seconds * index - time.monotonic())):
                return False
            try:
                connection.sendall(drips[index : index + 1])
            except OSError:
                return False
        return True
