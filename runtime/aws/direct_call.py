"""One operation of a service without the SDK client's own cost for each call, which small objects consist of.

Left out are the client's serializer, the handlers of a dozen events and user-agent bookkeeping. An error is the
exception that the client would raise, from the client's own parser; only then is a client made.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from runtime.aws.credentials import Credentials
from runtime.aws.endpoints import Endpoint
from runtime.aws.http_transport import CallLimits, Transport
from runtime.aws.proof import check_body, check_head
from runtime.aws.protocols import PROTOCOLS, UnreadableResponseError
from runtime.aws.response import AnswerIncompleteError, Response
from runtime.aws.signature import signed

USER_AGENT = "logrouter"
UNDESCRIBED = frozenset({"kms", "lambda"})
"""Services that functions call without the SDK's description of them, which is as large as a tenth of their code."""


class DirectCall:
    """Calls one operation. Shared by all threads.

    :param client: gives the botocore client that would make the call; asked for errors alone.
    :param streams: the response's body is read by the caller, who closes it.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        limits: CallLimits,
        client: Callable[[], Any],
        operation: str,
        *,
        method: str = "POST",
        streams: bool = False,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._limits = limits
        self._client = client
        self._operation = operation
        self._method = method
        self._streams = streams

    def members(self, credentials: Credentials, request: Mapping[str, object] | bytes) -> dict[str, object]:
        """Make the call and return the members of its output.

        :param request: the input's members, or the body made of them.
        :raises botocore.exceptions.ClientError: it is an error; the exception is the client's own for its code.
        :raises AnswerIncompleteError: a success without its proof.
        :raises ConnectionClosedError: no whole response. :raises TimeoutError: none in time.
        """
        service, operation = self._endpoint.service, self._operation
        protocol = PROTOCOLS[service]
        sent: Mapping[str, object] = {} if isinstance(request, bytes) else request
        body = request if isinstance(request, bytes) else protocol.write(operation, request)
        response = self(credentials, protocol.headers(operation), body)
        content = response.read(-1)
        try:
            members = protocol.read(operation, content)
        except UnreadableResponseError:
            raise AnswerIncompleteError(f"{service}:{operation}", "a body of the service's form") from None
        check_body(service, operation, response.headers, content, members, request=sent)
        return members

    def __call__(
        self,
        credentials: Credentials,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        key: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Response:
        """Make the call and return its response: a success whose head is proven.

        :param headers: lower-case names. :param key: of an object. :param query: values not yet encoded.
        :raises: as ``members``.
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
        response = self._transport.send(
            self._method, endpoint.url, target, everything, body, limits=self._limits, streams=self._streams
        )
        if not response.ok:
            raise self._error(response, response.read(-1))
        try:
            check_head(endpoint.service, self._operation, response.headers)
        except AnswerIncompleteError:
            response.close()
            raise
        return response

    def _error(self, response: Response, content: bytes) -> Exception:
        if self._endpoint.service in UNDESCRIBED:
            return self._undescribed_error(response, content)
        client = self._client()
        model = client.meta.service_model.operation_model(self._operation)
        answer = {"headers": response.headers, "status_code": response.status, "body": content}
        parsed = client._response_parser.parse(answer, model.output_shape)  # noqa: SLF001 - pinned, and tested
        kind = client.exceptions.from_code(parsed.get("Error", {}).get("Code"))
        error: Exception = kind(parsed, self._operation)
        return error

    def _undescribed_error(self, response: Response, content: bytes) -> Exception:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - 0.1 s: not before an error
        from botocore.parsers import create_parser  # noqa: PLC0415 - as above

        answer = {"headers": response.headers, "status_code": response.status, "body": content}
        parsed = create_parser("rest-json").parse(answer, None)  # type: ignore[arg-type]  # an error's form is general
        return ClientError(parsed, self._operation)
