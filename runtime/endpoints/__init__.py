"""Connections to addresses that customers choose: which are refused, how one is called, what its answer means."""
