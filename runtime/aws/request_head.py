"""The head of an HTTP request: the one place through which every request line and every header leaves."""

from collections.abc import Mapping


class UnsafeRequestError(ValueError):
    """Something in the request line or a header isn't visible ASCII: it could start another request."""


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return request line and headers, up to and with the empty line.

    :param target: path and query, percent-encoded.
    :raises UnsafeRequestError: a character isn't visible ASCII (RFC 9110, 5.5, without its obsolete forms); a blank is
        allowed in a header's value alone. The message names no value: it may be a customer's, or a secret.
    """
    first, names = f"{method}{target}", "".join(headers)
    text = f"{first}{names}{''.join(headers.values())}"
    if not (text.isascii() and text.isprintable()) or " " in first or " " in names or ":" in names:
        raise UnsafeRequestError(f"the request line or a header of a {method[:10]!a} request isn't visible ASCII")
    if not target.startswith("/") and method != "CONNECT":
        raise UnsafeRequestError("the request's target doesn't begin with a slash")
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")
