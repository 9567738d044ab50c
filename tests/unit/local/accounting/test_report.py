"""The demo's report, on which scripts rely."""

import json

from local.accounting.comparison import Count
from local.accounting.report import write_report


def test_the_report_has_the_contracts_fields(tmp_path):
    """A script that reads `build/demo/report.json` would miss a field."""
    count = Count("acme", "s3", expected=2, delivered=1, set_aside=1, lost=0, doubled=0, left_out=3)
    write_report(tmp_path / "new" / "report.json", events_sent=5, seconds=1.26, counts=[count])
    assert json.loads((tmp_path / "new" / "report.json").read_text()) == {
        "events_sent": 5,
        "seconds": 1.3,
        "deliveries": [
            {
                "tenant_id": "acme", "type": "s3", "expected": 2, "delivered": 1,
                "set_aside": 1, "lost": 0, "doubled": 0,
            }
        ],
    }  # fmt: skip
