"""One operation of a botocore client without the client's own cost for each call, which small objects consist of.

The endpoint comes from the SDK's rules, the connection from its pool (with its proxies, certificates and time-outs),
an error from its parser, as the exception that the client would raise. Left out are the serializer, the handlers of a
dozen events, user-agent bookkeeping and the client's retries (there are none: see ``clients.ATTEMPTS``).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from runtime.aws.clients import Credentials
from runtime.aws.signature import signed

_OK = range(200, 300)


class _Endpoint(NamedTuple):
    url: str
    host: str
    path: str
    region: str
    service: str


class DirectCall:
    """Calls one operation. Shared by all threads.

    :param client: the botocore client that would make the call.
    :param streams: the answer's body is read by the caller, who closes it.
    """

    def __init__(self, client: Any, operation: str, *, method: str = "POST", streams: bool = False) -> None:
        # botocore takes 0.1 s to import: whoever has a client has paid for it.
        from botocore.awsrequest import AWSPreparedRequest, HeadersDict  # noqa: PLC0415

        self._prepared, self._headers_dict = AWSPreparedRequest, HeadersDict
        self._client = client
        self._model = client.meta.service_model.operation_model(operation)
        self._method = method
        self._streams = streams
        self._send = client._endpoint.http_session.send  # noqa: SLF001 - botocore is pinned; tests hold it to this
        self._before_send = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
        self._headers = {"user-agent": client.meta.config.user_agent}
        self._endpoint = lru_cache(maxsize=64)(self._resolve)

    def __call__(
        self,
        credentials: Credentials,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        key: str = "",
        query: Mapping[str, str] | None = None,
        **endpoint_parameters: str,
    ) -> Any:
        """Make the call; give botocore's ``AWSResponse``, whatever its status.

        :param headers: lower-case names. :param key: of an S3 object. :param query: values not yet encoded.
        :param endpoint_parameters: what the endpoint depends on (``Bucket``).
        :raises botocore.exceptions.HTTPClientError: no answer.
        """
        endpoint = self._endpoint(**endpoint_parameters)
        path = endpoint.path + quote(key, safe="/~") if key else endpoint.path or "/"
        text = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted((query or {}).items())
        )
        everything = signed(
            self._method,
            path,
            {**self._headers, **headers},
            body,
            host=endpoint.host,
            query=text,
            credentials=credentials,
            region=endpoint.region,
            service=endpoint.service,
            now=datetime.now(UTC),
        )
        del everything["host"]  # urllib3 sends it
        if body:
            everything["content-length"] = str(len(body))
        # As a client's request has them: who listens to before-send (a test's stand-in, a tracer) finds what it knows.
        sent: Any = self._headers_dict((name, value.encode("latin-1")) for name, value in everything.items())
        request = self._prepared(
            self._method, f"{endpoint.url}{path}{'?' if text else ''}{text}", sent, body or None, self._streams
        )
        answers = self._client.meta.events.emit(self._before_send, request=request)
        return next((answer for _, answer in answers if answer is not None), None) or self._send(request)

    def content(self, answer: Any) -> bytes:
        """Give an answer's body.

        :raises botocore.exceptions.ClientError: it is an error; the exception is the client's own for its code.
        """
        if answer.status_code not in _OK:
            raise self._error(answer)
        body: bytes = answer.content
        return body

    def _error(self, answer: Any) -> Exception:
        from botocore.endpoint import convert_to_response_dict  # noqa: PLC0415 - loaded by then

        parsed = self._client._response_parser.parse(  # noqa: SLF001 - as above
            convert_to_response_dict(answer, self._model), self._model.output_shape
        )
        kind = self._client.exceptions.from_code(parsed.get("Error", {}).get("Code"))
        error: Exception = kind(parsed, self._model.name)
        return error

    def _resolve(self, **parameters: str) -> _Endpoint:
        client, model = self._client, self._model
        context: dict[str, Any] = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "auth_type": model.resolved_auth_type,
            "has_streaming_input": False,
        }
        url, _, _ = client._resolve_endpoint_ruleset(model, parameters, context)  # noqa: SLF001 - as above
        parts = urlsplit(url)
        signing = context.get("signing", {})
        return _Endpoint(
            f"{parts.scheme}://{parts.netloc}",
            parts.netloc,
            f"{parts.path.rstrip('/')}/" if "Bucket" in parameters else parts.path,
            signing.get("region") or client.meta.region_name,
            signing.get("signing_name") or client.meta.service_model.signing_name,
        )
