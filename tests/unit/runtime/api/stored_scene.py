"""Objects of a tenant's in the central bucket, for trials."""

import gzip
import json
import time
from datetime import UTC, datetime

NOW = int(time.time())


def put(clients, ago, *messages, application="etcd", tenant_id="acme-corp"):
    """Store an object of so many seconds ago, a line a second; return its key."""
    at = datetime.fromtimestamp(NOW - ago, UTC).strftime("%Y%m%d-%H%M%S")
    key = f"tenant_id={tenant_id}/cluster_id=c1/application={application}/pod_name=p/{at}-6f9.json.gz"
    lines = [{"timestamp": (NOW - ago + at) * 1000, "message": text} for at, text in enumerate(messages)]
    body = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    clients.client("s3").put_object(Bucket="central-bucket", Key=key, Body=body)
    return key


def iso(at):
    """Write epoch seconds as the API does."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
