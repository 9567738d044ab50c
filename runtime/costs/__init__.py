"""What the system costs: list prices as dated data, the processor's measured CPU, assumptions, and the sums from them.

``tenant.py`` answers what one tenant costs, ``hosts.py`` what the processor costs on each host. The page is
``docs/cost.md``; ``benchmarks/`` writes its figures, beside those of a Firehose delivery stream.
"""
