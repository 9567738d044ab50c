"""Seven kinds of lines, 250 bytes each: what a control plane's containers print."""

from typing import Final

STAMP: Final = "2026-11-23T13:23:04.757533123Z"
LENGTH: Final = 250


def _filled(begin: str, end: str = "") -> str:
    return begin + "x" * (LENGTH - len(begin) - len(end)) + end


LINES: Final = {
    "klog": _filled('I1123 13:23:04.757533       1 controller.go:413] "Reconciled" object="acme/api" text="', '"'),
    "zap JSON": _filled('{"ts":1795440184386.1628,"caller":"flag/flags.go:64","v":2,"msg":"', '"}'),
    "etcd JSON": _filled(
        '{"level":"info","ts":"2026-11-23T13:23:04.716560Z","caller":"embed/etcd.go:956","msg":"', '"}'
    ),
    "audit JSON": _filled(
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"',
        '","stageTimestamp":"2026-11-23T13:23:04.816560Z"}',
    ),
    "logfmt": _filled('time="2026-11-23T13:23:04Z" level=info msg="connection established" peer=10.0.0.1 text="', '"'),
    "ISO-led": _filled("2026-11-23T13:23:04.816560Z INFO reconciler: "),
    "bare text": _filled("Flag --insecure-port has been deprecated, "),
}
