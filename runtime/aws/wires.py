"""The two ways to a service: a plain one, and the SDK's own where the environment asks for more."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from runtime.aws.answers import Answer
from runtime.aws.connections import Connections
from runtime.aws.endpoints import Endpoint, plain_endpoint


class PlainWire:
    """Our own connections. ``sdk`` gives the SDK's way, for the endpoints that only its rules know."""

    def __init__(self, service: str, region: str, connections: Connections, endpoint_url: str | None) -> None:
        self._service = service
        self._region = region
        self._endpoint_url = endpoint_url
        self.send = connections.send

    def knows(self, bucket: str) -> bool:
        """Whether a plain endpoint is known."""
        return self._plain(bucket) is not None

    def endpoint(self, bucket: str) -> Endpoint:
        """Give it."""
        endpoint = self._plain(bucket)
        assert endpoint is not None
        return endpoint

    def _plain(self, bucket: str) -> Endpoint | None:
        return plain_endpoint(self._service, self._region, bucket, endpoint_url=self._endpoint_url)


class SdkWire:
    """The SDK's endpoint rules and its connection pool, with its proxies, certificates and time-outs.

    :param client: the botocore client that would make the call.
    """

    def __init__(self, client: Any, operation: str) -> None:
        # botocore takes 0.1 s to import: whoever has a client has paid for it.
        from botocore.awsrequest import AWSPreparedRequest, HeadersDict  # noqa: PLC0415

        self._prepared, self._headers_dict = AWSPreparedRequest, HeadersDict
        self._client = client
        self._model = client.meta.service_model.operation_model(operation)
        self._send = client._endpoint.http_session.send  # noqa: SLF001 - botocore is pinned; tests hold it to this
        self._before_send = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def endpoint(self, bucket: str) -> Endpoint:
        """Ask the SDK's rules."""
        client, model = self._client, self._model
        context: dict[str, Any] = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "auth_type": model.resolved_auth_type,
            "has_streaming_input": False,
        }
        parameters = {"Bucket": bucket} if bucket else {}
        url, _, _ = client._resolve_endpoint_ruleset(model, parameters, context)  # noqa: SLF001 - as above
        parts = urlsplit(url)
        signing = context.get("signing", {})
        return Endpoint(
            f"{parts.scheme}://{parts.netloc}",
            parts.netloc,
            f"{parts.path.rstrip('/')}/" if bucket else parts.path,
            signing.get("region") or client.meta.region_name,
            signing.get("signing_name") or client.meta.service_model.signing_name,
        )

    def send(
        self, method: str, url: str, target: str, headers: Mapping[str, str], body: bytes, *, streams: bool
    ) -> Answer:
        """Send it through the pool, past whoever listens (a tracer, a test's stand-in).

        :raises botocore.exceptions.HTTPClientError: no answer.
        """
        named = {name: value for name, value in headers.items() if name != "host"}  # urllib3 sends it
        # As a client's request has them: who listens finds what it knows.
        sent: Any = self._headers_dict((name, value.encode("latin-1")) for name, value in named.items())
        request = self._prepared(method, f"{url}{target}", sent, body or None, streams)
        answers = self._client.meta.events.emit(self._before_send, request=request)
        answer = next((answer for _, answer in answers if answer is not None), None) or self._send(request)
        return _answer(answer, streams=streams)


def _answer(answer: Any, *, streams: bool) -> Answer:
    if not streams:
        content: bytes = answer.content
        return Answer(answer.status_code, answer.headers, lambda _: content, lambda: None)
    from botocore.response import StreamingBody  # noqa: PLC0415 - loaded with the client

    body = StreamingBody(answer.raw, answer.headers.get("Content-Length"))
    return Answer(
        answer.status_code, answer.headers, lambda size: bytes(body.read(size if size >= 0 else None)), body.close
    )
