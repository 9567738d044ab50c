"""Every kind of line that the agent's programs know, with the time and the level that its event has."""

from dataclasses import dataclass

from tests.vector.agent.lines import STAMP


@dataclass(frozen=True)
class Kind:
    """A line, the time it says (None: none that can be used), and its level."""

    line: str
    time: str | None
    level: str | None = None
    stamp: str = STAMP


T = "2025-08-30T09:21:21"
NEAR = "2025-08-30T11:28:21"  # within five minutes of the stamp: believed without a zone
DAY_NEAR = "2025-08-30 11:28:21"


def shown(digits: int) -> str:
    """Return the fraction as JSON shows it: none, or 3, 6 or 9 digits."""
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
    "kubernetes json whole ms": Kind('{"ts":1756546286816,"msg":"m","v":0}', "2025-08-30T09:31:26.816Z", "info"),
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
    "json @timestamp": Kind(f'{{"@timestamp":"{NEAR},123","level":"DEBUG"}}', NEAR + ".123Z", "debug"),
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
    "iso offset without colon": Kind("2025-08-30T06:21:21.5-0330 m", "2025-08-30T09:51:21.500Z"),
    "iso no zone": Kind(f"{NEAR}.816 m", NEAR + ".816Z"),
    "iso space": Kind(f"{DAY_NEAR}.816360 I | etcdserver: m", NEAR + ".816360Z", "info"),
    "iso comma": Kind(f"{NEAR},816 m", NEAR + ".816Z"),
    **{f"iso {n} digits": Kind(f"{T}{'.' * bool(n)}{'123456789'[:n]}Z m", f"{T}{shown(n)}Z") for n in range(10)},
    "iso 12 digits": Kind(f"{T}.123456789012Z m", T + ".123456789Z"),
    "iso alone": Kind(f"{T}Z", T + "Z"),
    "zap console": Kind(f"{T}.816Z\tINFO\tsetup\tstarting", T + ".816Z", "info"),
    "zap console epoch": Kind("1.7565462868161e+09\tINFO\tsetup\tstarting", "2025-08-30T09:31:26.816100Z", "info"),
    "unix seconds": Kind("1756546286.816 m", "2025-08-30T09:31:26.816Z"),
    "go log": Kind("2025/08/30 11:28:21 Found existing service account", NEAR + "Z"),
    "go log µs": Kind("2025/08/30 11:28:21.123456 main.go:23: m", NEAR + ".123456Z"),
    "nginx error": Kind("2025/08/30 11:28:21 [error] 31#31: *1 open() failed", NEAR + "Z", "error"),
    "clf": Kind('10.0.0.1 - - [30/Aug/2025:10:33:20 +0200] "GET / HTTP/1.1" 200 5', "2025-08-30T08:33:20Z"),
    "clf v6": Kind('fd00::1 - ana [30/Aug/2025:10:33:20 +0000] "GET / HTTP/1.1" 200 5', "2025-08-30T10:33:20Z"),
    "syslog 5424": Kind(f"<165>1 {T}.003Z host app 1 - - m", T + ".003Z", "notice"),
    "syslog 3164": Kind("<34>Aug 30 11:28:21 host su: m", NEAR + "Z", "critical"),
    "syslog without priority": Kind("Aug 30 11:28:21 host su[1]: m", NEAR + "Z"),
    "syslog new year": Kind("Dec 31 23:59:59 host su: m", "2025-12-31T23:59:59Z", None, "2026-01-01T00:00:01Z"),
    "python": Kind(f"{DAY_NEAR},816 - my.module - ERROR - m", NEAR + ".816Z", "error"),
    "python level first": Kind(f"WARNING {DAY_NEAR},816 m", NEAR + ".816Z", "warning"),
    "java": Kind(f"{DAY_NEAR}.816  WARN 1 --- [main] c.e.App : m", NEAR + ".816Z", "warning"),
    "log4j": Kind(f"{DAY_NEAR},816 [main] INFO c.e.App - m", NEAR + ".816Z", "info"),
    "kafka": Kind(f"[{DAY_NEAR},816] INFO [Controller 1] m", NEAR + ".816Z", "info"),
    "jvm": Kind(f"[{T}.816+0000][info][gc] m", T + ".816Z", "info"),
    "gin": Kind("[GIN] 2025/08/30 - 11:28:21 | 200 | 1ms", NEAR + "Z"),
    "ruby": Kind(f"I, [{NEAR}.816123 #1]  INFO -- : m", NEAR + ".816123Z", "info"),
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
    **{
        f"offset {o}": Kind(f"{T}.5{o} INFO m", "2025-08-30T07:21:21.500Z", "info")
        for o in ("+02", "+0200", " +02:00", " +02")
    },
    **{f"utc {z}": Kind(f"2025-08-30 09:21:21{z}INFO m", T + "Z", "info") for z in ("Z ", " Z ", " UTC ", " GMT ")},
    **{
        f"zone {zone}": Kind(f"{DAY_NEAR}{zone} INFO m", None, level)
        for zone, level in {
            **dict.fromkeys(
                [" CEST", " PDT", " JST", " IST", " MSK", " BST", "\tEST", " MESZ", " CEST", "  CET"], "info"
            ),
            **dict.fromkeys(
                [" GMT+3", " UTC+02:00", " UTC-5", " UTC \u22123", " UTC+2", "UTC+2", " GMT +03:00"], "info"
            ),
            **dict.fromkeys(
                [" PM", " pm", "PM", " a.m.", " p.m.", "  +02:00", "\t +0200", "\u221202:00", " \u22122"], "info"
            ),
            **dict.fromkeys(
                [" Europe/Berlin", "[Europe/Berlin]", " +2", "+5:30", "+02:00:30", "X", "CEST", " +99"], "info"
            ),
        }.items()
    },
    "zone in go's own form": Kind(f"{T}.123 +0200 CEST m", "2025-08-30T07:21:21.123Z"),
    "zone and its place": Kind(f"{T}+02:00[Europe/Berlin] WARN m", "2025-08-30T07:21:21Z", "warning"),
    "postgres": Kind("2025-08-30 09:21:21.500 UTC [12] LOG:  checkpoint complete", T + ".500Z"),
    "a word is no zone": Kind(f"{DAY_NEAR} GET /healthz", NEAR + "Z"),
    "a level is no zone": Kind(f"{DAY_NEAR} FATAL m", NEAR + "Z", "fatal"),
    "json zone": Kind(f'{{"ts":"{DAY_NEAR} CEST","time":"{T}Z"}}', T + "Z"),
    "json zone alone": Kind(f'{{"time":"{DAY_NEAR} PDT"}}', None),
    "json offset of hours": Kind(f'{{"time":"{T}+02"}}', "2025-08-30T07:21:21Z"),
    "json go's own form": Kind(f'{{"time":"{T.replace("T", " ")}.5 +0200 CEST"}}', "2025-08-30T07:21:21.500Z"),
    "logfmt zone": Kind(f'time="{DAY_NEAR} PDT" level=info msg=m', None, "info"),
    "logfmt zone without quotes": Kind(f"time={DAY_NEAR} PDT level=info msg=m", None, "info"),
    "logfmt without quotes": Kind(f"level=info time={DAY_NEAR} msg=m", NEAR + "Z", "info"),
    "five minutes ahead": Kind("2025-08-30T11:34:59Z m", "2025-08-30T11:34:59Z"),
    "more ahead": Kind("2025-08-30T11:35:01Z m", None),
    "more ahead in json": Kind('{"level":"info","ts":"2025-08-30T11:35:01Z"}', None, "info"),
    "more ahead in kubernetes json": Kind('{"ts":1756553701000.5,"caller":"a","msg":"m","v":1}', None, "info"),
    "more ahead in logfmt": Kind("ts=2025-08-30T11:35:01Z level=warn m", None, "warning"),
    "more ahead in klog": Kind("I0830 11:35:01.000000       1 a.go:1] m", None, "info"),
    "more behind without a zone": Kind("2025-08-30 11:24:59 m", None),
    "more behind in klog": Kind("I0830 11:24:59.000000       1 a.go:1] m", None, "info"),
    "local time east of UTC": Kind("2025-08-30 20:29:59,123 INFO m", None, "info"),
    "local time west of UTC": Kind("2025-08-30 04:29:59,123 INFO m", None, "info"),
    "a time in a sentence": Kind("Until 2025-08-31 01:00:00 nothing will be scheduled", None),
    "a near time in a sentence": Kind("Since 2025-08-30T11:28:21Z nothing was scheduled", None),
    "a certificate's end": Kind('{"msg":"renewed","timestamp":"2025-08-31T09:00:00Z"}', None),
    "bytes ahead": Kind("1756586000 bytes free on volume", None),
    "bytes behind": Kind("1756540000 bytes free on volume", None),
    "unix seconds now": Kind("1756553300 m", NEAR[:11] + "11:28:20Z"),
    "logfmt time in a text": Kind(f'level=info msg="replay from ts=2025-08-30T01:00:00Z" ts={T}Z', T + "Z", "info"),
    "logfmt level in a text": Kind(f'ts={T}Z msg="was level=error before" level=debug', T + "Z", "debug"),
    "logfmt level in a text alone": Kind(f'time="{T}Z" msg="was level=error before"', T + "Z"),
    "logfmt text with escapes": Kind(f'msg="a \\" ts=2025-08-30T01:00:00Z level=error" ts={T}Z', T + "Z"),
    "logfmt text cut off": Kind('level=info msg="replay from ts=2025-08-30T01:00:00Z level=error', None, "info"),
    "logfmt text in other quotes": Kind(f"level=info msg='from ts=2025-08-30T01:00:00Z' ts={T}Z", T + "Z", "info"),
    "logfmt unusable ts": Kind(f"level=info ts=2020-01-01T00:00:00Z time={T}Z", T + "Z", "info"),
    "logfmt two levels": Kind(f"ts={T}Z level=error level=info m", T + "Z", "error"),
    "time= later": Kind(f'starting time="{T}Z" level=warning msg="m"', T + "Z", "warning"),
    "time= in a text later": Kind(f'starting "time=\\"{T}Z\\" level=error" m', None),
    "fast: unusable ts": Kind(f'{{"level":"info","ts":"2020-01-01T00:00:00.000000Z","time":"{T}Z"}}', T + "Z", "info"),
    "fast: unusable kubernetes ts": Kind(
        f'{{"ts":1577836800000.1,"caller":"a","msg":"m","v":0,"time":"{T}Z"}}', T + "Z", "info"
    ),
    "fast: level of another object": Kind(
        '{"ts":1756546286816.1,"caller":"a","msg":"m","x":{"v":1},"err":"e"}', "2025-08-30T09:31:26.816100Z", "error"
    ),
    "audit cut off in another's object": Kind(
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","requestObject":'
        '{"stageTimestamp":"2025-08-30T01:00:00Z"},"x":"cut of',
        None,
    ),
    "audit with another's object last": Kind(
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","stageTimestamp":"{T}Z","a":{{"stageTimestamp":"2025-08-30T01:00:00Z"}}}}',
        T + "Z",
    ),
    "glog with its year": Kind("I20250830 11:27:01.564974 12345 a.cc:12] m", "2025-08-30T11:27:01.564974Z", "info"),
    "glog with another year": Kind("W20240830 11:27:01.564974 12345 a.cc:12] m", None, "warning"),
    **{
        f"pino {number}": Kind(
            f'{{"level":{number},"time":1756546286816,"msg":"m"}}', "2025-08-30T09:31:26.816Z", level
        )
        for number, level in {
            10: "trace",
            20: "debug",
            30: "info",
            40: "warning",
            50: "error",
            60: "fatal",
            3: None,
        }.items()
    },
    "colon before ms": Kind(f"{DAY_NEAR}:816 INFO m", NEAR + ".816Z", "info"),
    "colon before ms in json": Kind(f'{{"time":"{DAY_NEAR}:816"}}', NEAR + ".816Z"),
    "json behind blanks": Kind(f'  \t{{"level":"warn","time":"{T}Z"}}', T + "Z", "warning"),
    "json behind a BOM": Kind(f'\ufeff{{"level":"warn","time":"{T}Z"}}', T + "Z", "warning"),
    "iso behind a BOM": Kind(f"\ufeff{T}Z INFO m", T + "Z", "info"),
    "logfmt behind a BOM": Kind(f"\ufeffts={T}Z level=info m", T + "Z", "info"),
    "json with half a character": Kind(f'{{"time":"{T}Z","msg":"cut \\ud83d"}}', T + "Z"),
    "json with a number beyond all": Kind(f'{{"time":"{T}Z","x":1e999}}', T + "Z"),
    "syslog ms": Kind("<34>Aug 30 11:28:21.5 host su: m", NEAR + ".500Z", "critical"),
    "level before the word error": Kind(f"{DAY_NEAR} INFO error reader started", NEAR + "Z", "info"),
}
