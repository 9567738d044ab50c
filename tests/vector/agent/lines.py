"""One line through the agent's programs in the real engine; and every kind of line they know, with its outcome."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from local.loader.agent import Agent

STAMP = "2025-08-30T11:30:00.123456789Z"
POD: dict[str, Any] = {
    "stream": "stderr",
    "file": "/var/log/pods/ns_api-7d9c8b6f5-x2k4q_uid/api/0.log",
    "source_type": "kubernetes_logs",
    "namespace": "ns",
    "pod_name": "api-7d9c8b6f5-x2k4q",
    "container_name": "api",
    "node": "node-1",
    "kubernetes": {
        "pod_owner": "ReplicaSet/api-7d9c8b6f5",
        "pod_labels": {"app": "kube-apiserver"},
        "namespace_labels": {"kubernetes.io/metadata.name": "ns"},
    },
}


def source_line(message: str | bytes, stamp: str = STAMP, **changes: Any) -> dict[str, Any]:
    """Give a line as the source would. A change of None takes the field away."""
    raw = message if isinstance(message, bytes) else message.encode("utf-8", "surrogatepass")
    line = POD | {"message": base64.b64encode(raw).decode(), "timestamp": stamp} | changes
    return {name: value for name, value in line.items() if value is not None}


def run(lines: list[dict[str, Any]], **settings: str) -> list[dict[str, Any]]:
    """Give the events that the programs make of these lines."""
    return [json.loads(event["message"]) for event in Agent({"CLUSTER_ID": "c1"} | settings).events(lines)]


@dataclass(frozen=True)
class Kind:
    """A line, the time it says (None: none that can be used), and its level."""

    line: str
    time: str | None
    level: str | None = None
    stamp: str = STAMP


T = "2025-08-30T09:21:21"


def shown(digits: int) -> str:
    """Give the fraction as JSON shows it: none, or 3, 6 or 9 digits."""
    return "." + "123456789"[:digits].ljust((digits + 2) // 3 * 3, "0") if digits else ""


KINDS: dict[str, Kind] = {
    "klog info": Kind(
        "I0830 11:27:01.564974       1 controller.go:231] Reconciling", "2025-08-30T11:27:01.564974Z", "info"
    ),
    "klog warning": Kind("W0830 11:27:01.564974       1 a.go:1] m", "2025-08-30T11:27:01.564974Z", "warning"),
    "klog error": Kind(
        "E0830 11:27:01.564974 1 handler.go:456] Error occurred", "2025-08-30T11:27:01.564974Z", "error"
    ),
    "klog fatal": Kind("F0830 11:27:01.564974   12345 a.go:1] m", "2025-08-30T11:27:01.564974Z", "fatal"),
    "klog before time=": Kind(
        'I0830 11:27:01.564974 1 time="2025-08-30T09:21:21Z" Mixed', "2025-08-30T11:27:01.564974Z", "info"
    ),
    "klog malformed": Kind("I1340 25:61:61.999999 1 file.go:123] Invalid timestamp", None, "info"),
    "klog old year": Kind(
        "I1231 23:59:59.999999       1 a.go:1] m", "2025-12-31T23:59:59.999999Z", "info", "2026-01-01T00:00:01Z"
    ),
    "klog new year": Kind(
        "I0101 00:00:00.000001       1 a.go:1] m", "2026-01-01T00:00:00.000001Z", "info", "2025-12-31T23:59:59.9Z"
    ),
    "klog leap day": Kind(
        "I0229 12:00:00.000001       1 a.go:1] m", "2028-02-29T12:00:00.000001Z", "info", "2028-02-29T12:00:01Z"
    ),
    "klog no leap year": Kind("I0229 12:00:00.000001       1 a.go:1] m", None, "info", "2027-03-01T00:00:01Z"),
    "kubernetes json": Kind(
        '{"ts":1756546286816.1628,"caller":"a.go:1","msg":"m","v":2}', "2025-08-30T09:31:26.816162800Z", "info"
    ),
    "kubernetes json error": Kind(
        '{"ts":1756546286816.1,"caller":"a.go:1","msg":"m","err":"x"}', "2025-08-30T09:31:26.816100Z", "error"
    ),
    "kubernetes json whole ms": Kind('{"ts":1756546286816,"msg":"m","v":0}', "2025-08-30T09:31:26.816Z"),
    "zap": Kind(
        '{"level":"warn","ts":"2025-08-30T06:11:26.816560Z","caller":"a.go:1","msg":"m"}',
        "2025-08-30T06:11:26.816560Z",
        "warning",
    ),
    "zap with offset": Kind(
        '{"level":"error","ts":"2025-08-30T06:11:26.816+0200","msg":"m"}', "2025-08-30T04:11:26.816Z", "error"
    ),
    "zap epoch": Kind('{"level":"info","ts":1756546286.8161,"msg":"m"}', "2025-08-30T09:31:26.816100Z", "info"),
    "json seconds": Kind('{"msg":"m","ts":1756546286}', "2025-08-30T09:31:26Z"),
    "json ms": Kind('{"msg":"m","ts":1756546286816}', "2025-08-30T09:31:26.816Z"),
    "json µs": Kind('{"msg":"m","ts":1756546286816123}', "2025-08-30T09:31:26.816123Z"),
    "json ns": Kind('{"msg":"m","ts":1756546286816123456}', "2025-08-30T09:31:26.816123456Z"),
    "json number as text": Kind('{"msg":"m","ts":"1756546286.816"}', "2025-08-30T09:31:26.816Z"),
    "json ts before time": Kind(
        f'{{"ts":"2025-08-30T06:11:26.816Z","time":"{T}Z","level":"info"}}', "2025-08-30T06:11:26.816Z", "info"
    ),
    "json unusable ts": Kind(f'{{"ts":"soon","time":"{T}Z"}}', T + "Z"),
    "json ts over a day off": Kind(f'{{"ts":"2024-08-30T06:11:26.816Z","time":"{T}Z"}}', T + "Z"),
    "json timestamp": Kind(f'{{"timestamp":"{T}.5+05:30","severity":"ERROR"}}', "2025-08-30T03:51:21.500Z", "error"),
    "json @timestamp": Kind(f'{{"@timestamp":"{T},123","level":"DEBUG"}}', T + ".123Z", "debug"),
    "json nested": Kind(f'{{"a":{{"ts":"2025-08-30T01:00:00Z","b":[1,{{"c":2}}]}},"time":"{T}Z"}}', T + "Z"),
    "json twice": Kind('{"x":1,"time":"2025-08-30T01:00:00Z","time":"2025-08-30T02:00:00Z"}', "2025-08-30T02:00:00Z"),
    "json without time": Kind('{"level":"info","message":"test message","service":"api"}', None, "info"),
    "json array": Kind('[{"ts":"2025-08-30T06:11:26.816Z"}]', None),
    "json cut off": Kind('{"msg":"m","ts":"2025-08-30T06:11', None),
    "json scalar": Kind("9007199254740993", None),
    "audit": Kind(
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","requestObject":{"stageTimestamp":"2025-08-30T01:00:00Z"},'
        '"requestReceivedTimestamp":"2025-08-30T06:11:25.000000Z","stageTimestamp":"2025-08-30T06:11:26.816000Z","annotations":{"a":"b"}}',
        "2025-08-30T06:11:26.816Z",
    ),
    "audit, another order": Kind(
        '{"kind":"Event","stageTimestamp":"2025-08-30T06:11:26.816000Z","requestReceivedTimestamp":"2025-08-30T06:11:25Z"}',
        "2025-08-30T06:11:26.816Z",
    ),
    "audit received only": Kind(
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestReceivedTimestamp":"2025-08-30T06:11:25Z"}',
        "2025-08-30T06:11:25Z",
    ),
    "logrus": Kind(f'time="{T}Z" level=info msg="connection established"', T + "Z", "info"),
    "go-kit": Kind(f"ts={T}.816Z caller=a.go:1 level=warn msg=m", T + ".816Z", "warning"),
    "logfmt, time in the middle": Kind(
        f'level=error logger=x t={T}.123456789+02:00 msg="a b"', "2025-08-30T07:21:21.123456789Z", "error"
    ),
    "logfmt unix": Kind("ts=1756546286.816 level=debug msg=m", "2025-08-30T09:31:26.816Z", "debug"),
    "logfmt without time": Kind("a=b c=d", None),
    "iso Z": Kind(f"{T}Z INFO m", T + "Z", "info"),
    "iso offset": Kind(f"{T}+02:00 WARN m", "2025-08-30T07:21:21Z", "warning"),
    "iso offset without colon": Kind(f"{T}.5-0330 m", "2025-08-30T12:51:21.500Z"),
    "iso no zone": Kind(f"{T}.816 m", T + ".816Z"),
    "iso space": Kind(f"{T.replace('T', ' ')}.816360 I | etcdserver: m", T + ".816360Z", "info"),
    "iso comma": Kind(f"{T},816 m", T + ".816Z"),
    **{f"iso {n} digits": Kind(f"{T}{'.' * bool(n)}{'123456789'[:n]}Z m", f"{T}{shown(n)}Z") for n in range(10)},
    "iso 12 digits": Kind(f"{T}.123456789012Z m", T + ".123456789Z"),
    "iso alone": Kind(f"{T}Z", T + "Z"),
    "zap console": Kind(f"{T}.816Z\tINFO\tsetup\tstarting", T + ".816Z", "info"),
    "zap console epoch": Kind("1.7565462868161e+09\tINFO\tsetup\tstarting", "2025-08-30T09:31:26.816100Z", "info"),
    "unix seconds": Kind("1756546286.816 m", "2025-08-30T09:31:26.816Z"),
    "go log": Kind("2025/08/30 10:33:20 Found existing service account", "2025-08-30T10:33:20Z"),
    "go log µs": Kind("2025/08/30 10:33:20.123456 main.go:23: m", "2025-08-30T10:33:20.123456Z"),
    "nginx error": Kind("2025/08/30 10:33:20 [error] 31#31: *1 open() failed", "2025-08-30T10:33:20Z", "error"),
    "clf": Kind('10.0.0.1 - - [30/Aug/2025:10:33:20 +0200] "GET / HTTP/1.1" 200 5', "2025-08-30T08:33:20Z"),
    "clf v6": Kind('fd00::1 - ana [30/Aug/2025:10:33:20 +0000] "GET / HTTP/1.1" 200 5', "2025-08-30T10:33:20Z"),
    "syslog 5424": Kind(f"<165>1 {T}.003Z host app 1 - - m", T + ".003Z", "notice"),
    "syslog 3164": Kind("<34>Aug 30 10:33:20 host su: m", "2025-08-30T10:33:20Z", "critical"),
    "syslog without priority": Kind("Aug 30 10:33:20 host su[1]: m", "2025-08-30T10:33:20Z"),
    "syslog new year": Kind("Dec 31 23:59:59 host su: m", "2025-12-31T23:59:59Z", None, "2026-01-01T00:00:01Z"),
    "python": Kind(f"{T.replace('T', ' ')},816 - my.module - ERROR - m", T + ".816Z", "error"),
    "python level first": Kind(f"WARNING {T.replace('T', ' ')},816 m", T + ".816Z", "warning"),
    "java": Kind(f"{T.replace('T', ' ')}.816  WARN 1 --- [main] c.e.App : m", T + ".816Z", "warning"),
    "log4j": Kind(f"{T.replace('T', ' ')},816 [main] INFO c.e.App - m", T + ".816Z", "info"),
    "kafka": Kind(f"[{T.replace('T', ' ')},816] INFO [Controller 1] m", T + ".816Z", "info"),
    "jvm": Kind(f"[{T}.816+0000][info][gc] m", T + ".816Z", "info"),
    "gin": Kind("[GIN] 2025/08/30 - 10:33:20 | 200 | 1ms", "2025-08-30T10:33:20Z"),
    "ruby": Kind(f"I, [{T}.816123 #1]  INFO -- : m", T + ".816123Z", "info"),
    "coloured": Kind(f"\x1b[90m{T}Z\x1b[0m \x1b[32mINF\x1b[0m m", T + "Z"),
    "short": Kind("short", None),
    "empty": Kind("", None),
    "blank": Kind("  \t ", None),
    "goroutine": Kind("goroutine 1 [running]:", None),
    "indented klog": Kind("  I0830 11:27:01.564974       1 a.go:1] m", None),
    "over a day off": Kind("2024-08-30T09:21:21Z INFO m", None, "info"),
    "just within a day": Kind("2025-08-29T11:30:00Z m", "2025-08-29T11:30:00Z"),
    "just over a day": Kind("2025-08-29T11:29:59Z m", None),
    "a day ahead": Kind("2025-08-31T11:30:01Z m", None),
    "no such day": Kind("2025-02-30T09:21:21Z m", None),
    "leap second": Kind("2025-08-30T09:21:60Z m", "2025-08-30T09:21:60Z"),
}
