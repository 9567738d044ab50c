"""The fixtures of the API's tests."""

from tests.unit.runtime.api.gateway import clients_of_a_table, signed_client

__all__ = ["clients_of_a_table", "signed_client"]
