"""What a test run says at its end."""

from __future__ import annotations

import pytest

SUMMARY = "said at the end"
"""The property (see ``record_property``) that a test's own summary is recorded under."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the summaries that tests recorded, in workers too."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, said in report.user_properties:
                if name == SUMMARY:
                    terminalreporter.write_line(str(said))
