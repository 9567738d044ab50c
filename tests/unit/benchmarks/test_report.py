"""The page of the processor's figures."""

from benchmarks.report import destinations_section, section


def row(case, contender, cpu, *, destinations=1, latency=0, wall=1.0, calls=None, objects=1):
    return {
        "case": case,
        "contender": contender,
        "destinations": destinations,
        "latency_ms": latency,
        "events": 10,
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "peak_rss_bytes": 70 << 20,
        "calls": calls or {},
        "rounds": 5,
        "objects": objects,
        "warm_up_calls": {"AssumeRole": 30},
    }


def test_the_page_tells_what_must_be_seen():
    """A goal that is missed would not show, or one be claimed that wasn't measured."""
    page = section(
        [
            row("big", "ours", 0.4, wall=0.5, calls={"PutLogEvents": 50}),
            row("big", "stdlib", 1.6),
            row("big", "floor", 0.2),
            row("big", "ours", 0.4, latency=40, wall=0.5, calls={"PutLogEvents": 50}),
            row("big", "ours", 0.5, destinations=2),
            row("small", "ours", 0.4, objects=100, calls={"GetObject": 100}),
        ],
        [{"contender": "ours", "cpu_seconds": 0.2}, {"contender": "stdlib", "cpu_seconds": 0.4}],
    )
    assert page.startswith("Medians of 5 rounds")
    assert "| big | 1 | 0 ms | 4.00 |  | 2.00 |" in page
    assert "of what serial calls would take | 20% |" in page  # 0.5 s of 0.5 s + 50 x 40 ms
    assert "of the first one's (`big`) | 25% |" in page
    assert "of the straightforward one's | 50% |" in page
    assert "| small | 1 | AssumeRole 0.06, GetObject 1 |" in page  # 30 sessions, 5 rounds of 100 objects


def test_the_table_of_destinations_has_ours_beside_the_other():
    """A method that misses its goal would not show."""
    figures = {"read": (3.0, 0.0, 40), "ours": (11.2, 8.2, 55), "straightforward": (30.0, 27.0, 60)}
    rows = [
        {
            "method": "webhook",
            "contender": contender,
            "cpu_us_per_event": cpu,
            "sending_us_per_event": sending,
            "peak_rss_bytes": peak << 20,
        }
        for contender, (cpu, sending, peak) in figures.items()
    ]
    assert "| `webhook` | 8.2 µs | 27.0 µs | 10 µs | 3.0 µs | 55 MiB | 60 MiB |" in destinations_section(rows)
