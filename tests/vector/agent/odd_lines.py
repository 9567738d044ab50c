"""Lines that lie between the kinds: the commonest forms with other members, quotes, times and ends than usual.

Drawn by a seeded generator and not by hypothesis, which takes a hundred times longer for as many lines.
"""

import random

CLOCKS = ["11:28:21", "11:29:21", "09:21:21", "20:29:59", "11:36:00", "23:59:60", "25:00:00", "11:28:21.5"]
DAYS = ["2025-08-30", "2025-08-30", "2025-08-30", "2025-08-29", "2020-01-01", "2025-02-30", "2025/08/30"]
ZONES = [
    "Z",
    "Z",
    "Z",
    "Z",
    "",
    "+02:00",
    "-0330",
    "+02",
    "+2",
    "+99:00",
    " CEST",
    " UTC",
    "z",
    " +0200",
    "  +0200",
    "Z ",
]
NUMBERS = [
    "1756546286816.1628",
    "1756546286816",
    "1756546286.816",
    "1756546286816.1234567",
    "1756586286816.1",
    "9",
    "1e999",
]
WORDS = ["info", "INFO", "error", "warn", "Warning", "E", "I", "D", "debug", "x", "error:", "[main]", "a=b", "reader -"]
TEXTS = [
    "level=error",
    'msg="a level=error b"',
    '"',
    "\\",
    "\ufeff",
    "é",
    "{",
    "}",
    "}}",
    "  ",
    "[",
    "\r",
    "long." * 9,
    "",
]
KEYS = ["ts", "time", "level", "v", "err", "caller", "msg", "logger", "stageTimestamp", "severity", "lvl", "levelname"]
MORE_KEYS = [
    "apiVersion",
    "annotations",
    "requestReceivedTimestamp",
    "timestamp",
    "@timestamp",
    r"l\u0065vel",
    "x",
    "kind",
]
STRINGS = ["Event", "audit.k8s.io/v1", r"\ud800", r"a \"level\":\"x\"", r"\\", r"\",\"stageTimestamp\":\"", "a}", "{"]
ENDS = ["}", "}", "}", "}", "", "}}", "} ", ',"x":"cut of', "}\r"]


class Writer:
    """Writes lines from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._one = self._random.choice

    def line(self) -> str:
        """Return a line of any kind."""
        return self._one([self.object, self.pairs, self.dated])()

    def object(self) -> str:
        """Return a JSON object, or something near one."""
        head = self._one([self._kubernetes, self._zap, self._audit, self._audit, list])()
        members = [*head, *(self._member(2) for _ in range(self._random.randint(0, 3))), *self._tail()]
        return "{" + ",".join(members) + self._one(ENDS)

    def pairs(self) -> str:
        """Return pairs, key=value."""
        head = self._one([f'time="{self._iso()}"', f"ts={self._iso()}", self._pair()])
        levels = self._one([[], [], [f"level={self._one(['info', 'warn', 'error'])}"], ["level=error", "level=info"]])
        return " ".join([head, *levels, *(self._pair() for _ in range(self._random.randint(0, 4)))])

    def dated(self) -> str:
        """Return a line with a date in front."""
        words = [self._one([*WORDS, *TEXTS]) for _ in range(self._random.randint(0, 4))]
        return self._iso() + self._one([" ", "\t", "", "  ", " - ", " | ", " " * 9, "]", ": "]) + " ".join(words)

    def _iso(self) -> str:
        return self._one(DAYS) + self._one("TTTT ") + self._one(CLOCKS) + self._one(ZONES)

    def _kubernetes(self) -> list[str]:
        known = ['"caller":"a.go:1"', '"logger":"x"', r'"msg":"level=\"x\" \"v\":"', '"v":0', '"v":2']
        return [f'"ts":{self._one(NUMBERS)}', *self._random.sample(known, self._random.randint(1, 4))]

    def _zap(self) -> list[str]:
        return [f'"level":"{self._one(WORDS)}"', f'"ts":"{self._iso()}"']

    def _audit(self) -> list[str]:
        return ['"kind":"Event"', '"apiVersion":"audit.k8s.io/v1"', '"level":"Metadata"']

    def _tail(self) -> list[str]:
        last = [
            f'"stageTimestamp":"{self._iso()}"',
            f'"annotations":{{{self._member(1)}}}',
            f'"annotations":{self._value(1)}',
        ]
        return self._one([[], last[:1], last[:2], last[::2], last[:2]])

    def _member(self, depth: int) -> str:
        return f'"{self._one([*KEYS, *KEYS, *MORE_KEYS])}":{self._value(depth)}'

    def _value(self, depth: int) -> str:
        if depth and self._random.random() < 0.1:
            return "{" + ",".join(self._tail()) + "}"
        if depth and self._random.random() < 0.3:
            inner = [self._member(depth - 1) for _ in range(self._random.randint(0, 3))]
            return "{" + ",".join(inner) + self._one(["}"] * 9 + [""])
        return self._one(
            [f'"{self._iso()}"', f'"{self._one(WORDS)}"', f'"{self._one(STRINGS)}"', self._one(NUMBERS), "50", "[]"]
        )

    def _pair(self) -> str:
        key = self._one(["time", "ts", "t", "level", "lvl", "severity", "caller", "msg"])
        value = self._one([self._iso(), *WORDS, *TEXTS])
        return self._one([f'{key}="{value}"', f"{key}={value}", f"{key}={value}", value])


def odd_lines(seed: int, count: int) -> list[str]:
    """Return lines of any kind."""
    writer = Writer(seed)
    return [writer.line() for _ in range(count)]


def odd_objects(seed: int, count: int) -> list[str]:
    """Return JSON objects, and what is cut off or has a brace too many."""
    writer = Writer(seed)
    return [writer.object() for _ in range(count)]
