"""The delivery configs (contract §3): which logs go where. Shared by the processor and the API.

Here live the common fields, the application groups, the filter and the table's reader. The fields of one delivery
method live with that method, under ``deliveries/``.
"""
