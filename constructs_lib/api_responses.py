"""What API Gateway itself answers, in the shape that the app's own problems have (RFC 9457)."""

from typing import Final

from aws_cdk import aws_apigateway as apigateway

_PROBLEMS: Final = (
    ("ACCESS_DENIED", 403, "denied", "the caller's policies don't allow this"),
    ("MISSING_AUTHENTICATION_TOKEN", 403, "unsigned", "sign the request with Signature Version 4 (execute-api)"),
    ("INVALID_SIGNATURE", 403, "wrong-signature", "the signature isn't that of this request, or the clock is wrong"),
    ("EXPIRED_TOKEN", 403, "expired-token", "the credentials have expired"),
    ("THROTTLED", 429, "too-many-requests", "slow down; try again in a moment"),
    ("REQUEST_TOO_LARGE", 413, "body-too-large", "the body is too large"),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "send application/json"),
    ("INTEGRATION_TIMEOUT", 504, "timeout", "no answer in time; read before you repeat a change"),
    ("INTEGRATION_FAILURE", 503, "unavailable", "the service can't be reached; try again"),
    ("WAF_FILTERED", 403, "filtered", "the firewall refused the request"),
    ("DEFAULT_4XX", None, "refused", "the gateway refused the request"),
    ("DEFAULT_5XX", None, "unavailable", "the gateway could not answer; try again"),
)
"""Response type, status (``None``: whatever it is), the URN's last part, the detail. Nothing of the request in it."""

_WAIT: Final = {"THROTTLED": "1", "INTEGRATION_TIMEOUT": "5", "INTEGRATION_FAILURE": "5"}


def add_gateway_responses(api: apigateway.RestApi) -> None:
    """Shape every answer of the gateway. The defaults leave the status to the gateway, and the body names none."""
    for kind, status, code, detail in _PROBLEMS:
        titled = f'"status":{status},' if status else ""
        template = (
            f'{{"type":"urn:logrouter:problem:{code}","title":"{code}",{titled}'
            f'"detail":"{detail}","request_id":"$context.requestId"}}'
        )
        headers = {
            "content-type": "'application/problem+json'",
            "x-request-id": "context.requestId",
            "cache-control": "'no-store'",
        }
        if kind in _WAIT:
            headers["retry-after"] = f"'{_WAIT[kind]}'"
        api.add_gateway_response(
            kind.title().replace("_", ""),
            type=apigateway.ResponseType.of(kind),
            status_code=str(status) if status else None,
            response_headers=headers,
            # The key is the request's Accept; application/json answers any other as well.
            templates={"application/json": template},
        )
