"""The fixtures of `contract_fixtures`, for pytest to find; there mypy reads them."""

from contract_fixtures import client, films, pytest_report_header, run, server, web_server

__all__ = ["client", "films", "pytest_report_header", "run", "server", "web_server"]
