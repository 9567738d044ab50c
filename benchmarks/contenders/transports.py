"""Our processor with another transport or signer: ``… transports TRANSPORT+SIGNER PIPE``.

What the decision on one HTTP transport compares; ``own+own`` is what runs. The others' packages are no
requirement of the project: ``pip install --target DIRECTORY h11==0.16.0 awscrt==0.38.1``, and have PYTHONPATH name it.
None of them has the total deadline or the refusals of ours: each is as light as it can be.
"""

import http.client
import io
import queue
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from benchmarks.contenders import ours
from runtime.aws import clients, direct_call
from runtime.aws.connection_pool import Peer
from runtime.aws.credentials import Credentials
from runtime.aws.http_transport import CallLimits, HttpTransport
from runtime.aws.response import ConnectionClosedError, Response
from runtime.aws.signature import signed

RECEIVE_BYTES = 65_536


class _Body:
    """A response's body: pieces until an empty one. Then its connection serves the next request."""

    def __init__(self, piece: Callable[[], bytes], connection: Any, give_back: Callable[[Any], object]) -> None:
        self._piece = piece
        self._connection = connection
        self._give_back = give_back
        self._kept = b""
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; all that come, where it is less than none."""
        if size < 0:
            parts, self._kept = [self._kept], b""
            while part := self._more():
                parts.append(part)
            return b"".join(parts)
        self._kept = self._kept or self._more()
        part, self._kept = self._kept[:size], self._kept[size:]
        return part

    def close(self) -> None:
        """Close the connection, unless it serves others by now."""
        if not self._is_over:
            self._connection.close()

    def _more(self) -> bytes:
        part = b"" if self._is_over else self._piece()
        if not part and not self._is_over:
            self._is_over = True
            self._give_back(self._connection)
        return part


class H11Transport(HttpTransport):
    """h11 on our own sockets and stack of idle connections."""

    def send(
        self,
        method: str,
        url: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        limits: CallLimits,
        **_: Any,
    ) -> Response:
        """Make one request."""
        import h11  # noqa: PLC0415 - no requirement of the project

        peer = Peer(url, None)
        connection = self._pool.take(peer) or _connect(url, limits)
        machine = h11.Connection(h11.CLIENT)

        def event() -> Any:
            while (found := machine.next_event()) is h11.NEED_DATA:
                machine.receive_data(connection.recv(RECEIVE_BYTES))
            return found

        def piece() -> bytes:
            found = event()
            return bytes(found.data) if isinstance(found, h11.Data) else b""

        head = machine.send(h11.Request(method=method, target=target, headers=list(headers.items())))
        payload = machine.send(h11.Data(data=body)) if body else b""
        if len(payload) <= RECEIVE_BYTES:
            connection.sendall(head + payload)
        else:
            connection.sendall(head)
            connection.sendall(payload)
        machine.send(h11.EndOfMessage())
        found = event()
        lowered = {name.decode(): value.decode() for name, value in found.headers}
        whole = _Body(piece, connection, lambda idle: self._pool.give_back(peer, idle))
        return Response(found.status_code, lowered, whole.read, whole.close)


def _connect(url: str, limits: CallLimits) -> Any:
    import socket  # noqa: PLC0415 - as ours

    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), limits.connect_seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(limits.read_seconds)
    return connection


class _WholeLines:
    """Refuses a line of the head that has no end: the standard library takes it for a whole one."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        if not line.endswith(b"\n"):
            raise ConnectionClosedError("the head was cut")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _StrictResponse(http.client.HTTPResponse):
    def begin(self) -> None:
        file: Any = self.fp
        self.fp: Any = _WholeLines(file)
        super().begin()
        if self.fp is not None:
            self.fp = file


class Urllib3Transport:
    """urllib3, with checks of the head where the standard library has none."""

    def __init__(self, **_: Any) -> None:
        self._pools: dict[str, Any] = {}

    def forget(self) -> None:
        """Drop the pools."""
        self._pools.clear()

    def send(
        self, method: str, url: str, target: str, headers: Mapping[str, str], body: bytes, *, limits: CallLimits,
        streams: bool = False, **_: Any,
    ) -> Response:  # fmt: skip
        """Make one request."""
        import urllib3  # noqa: PLC0415 - as ours doesn't load it
        from urllib3.connection import HTTPConnection  # noqa: PLC0415 - as above

        class _Connection(HTTPConnection):
            response_class: Any = _StrictResponse

        class Pool(urllib3.HTTPConnectionPool):
            ConnectionCls: Any = _Connection

        pool = self._pools.get(url)
        if pool is None:
            parts = urlsplit(url)
            pool = self._pools[url] = Pool(parts.hostname or "", parts.port, maxsize=64, retries=False)
        answer = pool.urlopen(
            method, target, body or None, headers, retries=False, redirect=False, preload_content=not streams,
            decode_content=False, timeout=urllib3.Timeout(connect=limits.connect_seconds, read=limits.read_seconds),
        )  # fmt: skip
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        read = answer.read if streams else io.BytesIO(answer.data).read
        return Response(answer.status, lowered, read, answer.close)  # a whole answer's connection is the pool's by then


class CrtTransport:
    """AWS' own C client."""

    def __init__(self, **_: Any) -> None:
        from awscrt import io as crt_io  # noqa: PLC0415 - no requirement of the project

        loops = crt_io.EventLoopGroup(1)
        self._bootstrap = crt_io.ClientBootstrap(loops, crt_io.DefaultHostResolver(loops))
        self._options = crt_io.SocketOptions()
        self._idle: dict[str, list[Any]] = {}

    def forget(self) -> None:
        """Drop what is idle."""
        self._idle.clear()

    def send(
        self,
        method: str,
        url: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        limits: CallLimits,
        **_: Any,
    ) -> Response:
        """Make one request."""
        from awscrt import http as crt_http  # noqa: PLC0415 - as above

        stack = self._idle.setdefault(url, [])
        connection = stack.pop() if stack else None
        if connection is None or not connection.is_open():
            parts = urlsplit(url)
            made = crt_http.HttpClientConnection.new(parts.hostname, parts.port, self._bootstrap, self._options)
            connection = made.result(limits.connect_seconds)
        came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        request = crt_http.HttpRequest(
            method, target, crt_http.HttpHeaders(list(headers.items())), io.BytesIO(body) if body else None
        )
        stream = connection.request(
            request,
            lambda http_stream, status_code, headers, **_: came.put((status_code, headers)),  # noqa: ARG005 - by name
            lambda http_stream, chunk, **_: came.put(bytes(chunk)),  # noqa: ARG005 - by name
        )
        stream.completion_future.add_done_callback(lambda done: came.put(done.exception()))
        stream.activate()

        def take() -> Any:
            one = came.get(timeout=limits.read_seconds)
            if isinstance(one, BaseException):
                raise ConnectionClosedError(str(one))
            return one

        status, found = take()
        whole = _Body(lambda: take() or b"", connection, stack.append)
        return Response(status, {name.lower(): value for name, value in found}, whole.read, whole.close)


def sign_by_botocore(
    method: str, path: str, headers: Mapping[str, str], body: bytes, *, host: str, query: str = "",
    credentials: Credentials, region: str, service: str, now: datetime,
) -> dict[str, str]:  # fmt: skip
    """Sign as the SDK's clients do."""
    from botocore import auth, awsrequest  # noqa: PLC0415 - 0.1 s that the start would pay
    from botocore.credentials import Credentials as Signing  # noqa: PLC0415 - as above

    del now
    url = f"https://{host}{path}?{query}" if query else f"https://{host}{path}"
    request = awsrequest.AWSRequest(method, url, {**headers, "host": host}, body)
    kind: Any = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    own = Signing(credentials.access_key, credentials.secret_key, credentials.token or None)
    kind(own, service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def sign_by_crt(
    method: str, path: str, headers: Mapping[str, str], body: bytes, *, host: str, query: str = "",
    credentials: Credentials, region: str, service: str, now: datetime,
) -> dict[str, str]:  # fmt: skip
    """Sign as AWS' C libraries do."""
    from awscrt import auth  # noqa: PLC0415 - no requirement of the project
    from awscrt import http as crt_http  # noqa: PLC0415 - as above

    s3, header = service == "s3", auth.AwsSignedBodyHeaderType
    own = auth.AwsCredentialsProvider.new_static(
        credentials.access_key, credentials.secret_key, credentials.token or None
    )
    config = auth.AwsSigningConfig(
        credentials_provider=own, region=region, service=service, date=now, use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3, signed_body_value=sha256(body).hexdigest(),
        signed_body_header_type=header.X_AMZ_CONTENT_SHA_256 if s3 else header.NONE,
    )  # fmt: skip
    everything = crt_http.HttpHeaders(list({**headers, "host": host}.items()))
    request = crt_http.HttpRequest(method, f"{path}?{query}" if query else path, everything)
    auth.aws_sign_request(request, config).result()
    return {name.lower(): value for name, value in request.headers}


TRANSPORTS: Mapping[str, Any] = {
    "own": HttpTransport, "h11": H11Transport, "urllib3": Urllib3Transport, "awscrt": CrtTransport,
}  # fmt: skip
SIGNERS: Mapping[str, Any] = {"own": signed, "botocore": sign_by_botocore, "awscrt": sign_by_crt}


def use(name: str) -> None:
    """Have this process use a transport and a signer."""
    transport, _, signer = name.partition("+")
    replaced: Any = clients
    replaced.HttpTransport = TRANSPORTS[transport]
    replaced = direct_call
    replaced.signed = SIGNERS[signer]


if __name__ == "__main__":
    use(sys.argv[1])
    ours.main(int(sys.argv[2]))
