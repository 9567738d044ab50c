"""One operation of a service without the SDK client's own cost for each call, which small objects consist of.

Endpoint and connection come from a ``Wire``: a plain one of ours, or the SDK's where the environment asks for more
than a plain one knows. An error is the exception that the SDK's client would raise, from the client's own parser; only
then is a client made. Left out are the serializer, the handlers of a dozen events, user-agent bookkeeping and the
client's retries.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from runtime.aws.answers import Answer
from runtime.aws.credentials import Credentials
from runtime.aws.endpoints import Endpoint
from runtime.aws.signature import signed

USER_AGENT = "logrouter"


class Wire(Protocol):
    """How an operation of one service in one Region is reached."""

    def endpoint(self, bucket: str) -> Endpoint:
        """Say where; ``bucket`` is empty but for S3's objects."""

    def send(
        self, method: str, url: str, target: str, headers: Mapping[str, str], body: bytes, *, streams: bool
    ) -> Answer:
        """Make one request; whatever its status, an answer is given. Raises what says that there is none."""


class DirectCall:
    """Calls one operation. Shared by all threads.

    :param client: gives the botocore client that would make the call; asked for errors alone.
    :param streams: the answer's body is read by the caller, who closes it. :param bucket: of S3's objects.
    """

    def __init__(
        self,
        wire: Wire,
        client: Callable[[], Any],
        operation: str,
        *,
        method: str = "POST",
        streams: bool = False,
        bucket: str = "",
    ) -> None:
        self._send = wire.send
        self._endpoint = wire.endpoint(bucket)
        self._client = client
        self._operation = operation
        self._method = method
        self._streams = streams

    def __call__(
        self,
        credentials: Credentials,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        key: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make the call; give the answer, whatever its status.

        :param headers: lower-case names. :param key: of an object. :param query: values not yet encoded.
        """
        endpoint = self._endpoint
        path = endpoint.path + quote(key, safe="/~") if key else endpoint.path or "/"
        text = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted((query or {}).items())
        )
        everything = signed(
            self._method,
            path,
            {"user-agent": USER_AGENT, **headers},
            body,
            host=endpoint.host,
            query=text,
            credentials=credentials,
            region=endpoint.region,
            service=endpoint.service,
            now=datetime.now(UTC),
        )
        if body:
            everything["content-length"] = str(len(body))
        target = f"{path}?{text}" if text else path
        return self._send(self._method, endpoint.url, target, everything, body, streams=self._streams)

    def content(self, answer: Answer) -> bytes:
        """Give an answer's body.

        :raises botocore.exceptions.ClientError: it is an error; the exception is the client's own for its code.
        """
        content = answer.read(-1)
        if not answer.is_good:
            raise self._error(answer, content)
        return content

    def _error(self, answer: Answer, content: bytes) -> Exception:
        client = self._client()
        model = client.meta.service_model.operation_model(self._operation)
        response = {"headers": answer.headers, "status_code": answer.status, "body": content}
        # botocore is pinned; a test holds the exception to the client's own
        parsed = client._response_parser.parse(response, model.output_shape)  # noqa: SLF001
        kind = client.exceptions.from_code(parsed.get("Error", {}).get("Code"))
        error: Exception = kind(parsed, self._operation)
        return error
