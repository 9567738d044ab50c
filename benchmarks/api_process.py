"""One process of the API, as Lambda runs it: the first answer, then many. Started by ``benchmarks.api``.

With the first answer it says what CPU time the process had taken by then, which a busy machine hardly changes.
Arguments: ``lazy`` or ``eager``, the request to answer first, and how many warm ones of each kind to measure.
"""

import json
import os
import sys
import time
import warnings
from typing import Any

CONFIGS = "/tenants/acme-corp/delivery-configs"
CONFIG = f"{CONFIGS}/s3"
BODY = {"bucket_name": "acme-logs", "groups": ["API"]}
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "GET health": ("GET", "/health", None),
    "GET groups": ("GET", "/groups", None),
    "GET configs": ("GET", CONFIGS, None),
    "GET config": ("GET", CONFIG, None),
    "POST configs": ("POST", CONFIGS, BODY | {"type": "s3:new", "bucket_prefix": "new/"}),
    "PUT config": ("PUT", CONFIG, BODY),
    "PATCH config": ("PATCH", CONFIG, {"enabled": False}),
    "DELETE config": ("DELETE", CONFIG, None),
    "GET effective": ("GET", f"{CONFIG}/effective", None),
    "POST match": ("POST", f"{CONFIG}/match", {"applications": ["etcd", "kube-apiserver"]}),
    "GET deliveries": ("GET", "/tenants/acme-corp/deliveries", None),
    "GET status": ("GET", f"{CONFIG}/status", None),
    "GET replays": ("GET", "/tenants/acme-corp/replays", None),
    "GET openapi": ("GET", "/openapi.json", None),
}
"""Every operation but those of one replay, which list the bucket or need a replay that runs."""


def event(method: str, path: str, body: Any) -> dict[str, Any]:
    """Return the event of a request."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"requestId": "bench", "identity": {"userArn": "arn:aws:iam::111111111111:root"}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def main() -> None:
    """Answer the first request, say so, then measure the warm ones and print milliseconds by request."""
    mode, first, count = sys.argv[1:]
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the app's log lines aren't what is measured
    from runtime.api import lambda_handler  # noqa: PLC0415 - its import is part of what is measured

    if mode == "eager":
        lambda_handler.load_everything()
    status = lambda_handler.handler(event(*REQUESTS[first]), None)["statusCode"]
    print(json.dumps({"status": status, "cpu_ms": time.process_time() * 1000}), file=answers, flush=True)
    warm = {name: _warm(lambda_handler.handler, name, int(count)) for name in REQUESTS} if int(count) else {}
    print(json.dumps(warm), file=answers, flush=True)


def _warm(handler: Any, name: str, count: int) -> list[float]:
    made = event(*REQUESTS[name])
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        status = handler(made, None)["statusCode"]
        times.append((time.perf_counter() - begun) * 1000)
        assert status < 300, (name, status)  # noqa: PLR2004 - RFC 9110: successful
    return times


if __name__ == "__main__":
    main()
