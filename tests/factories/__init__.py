"""Rows for tests, made by the real actions; one module per domain."""
