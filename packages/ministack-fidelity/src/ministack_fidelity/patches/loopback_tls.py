"""Loopback http counts as TLS.

The emulator speaks plain http here, and with authorization on, every ``aws:SecureTransport`` deny (the CDK
bootstrap bucket has one, and so has every bucket with ``enforce_ssl``) would refuse all requests. That the denies
exist is asserted on the templates.
"""

from ministack_fidelity.patching import Function, Target, wrap

ORIGIN = Target("ministack.app", "pin_request_origin", ("source_ip", "secure_transport"))


def apply() -> None:
    """Pin every request as one that came over TLS."""
    wrap(ORIGIN, _as_if_encrypted)


def _as_if_encrypted(original: Function) -> Function:
    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001, FBT001 - its signature
        original(source_ip, secure_transport=True)

    return pin_request_origin
