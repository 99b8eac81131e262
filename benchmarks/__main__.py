"""Runs one benchmark and records its table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import harness, packs, rules

BENCHMARKS: Mapping[str, Callable[[], str]] = {
    "packs": packs.report,
    "rules": rules.report,
}


def main() -> None:
    """Takes a benchmark's name and, with ``--date``, the day to record it under."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=main.__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).date())
    asked = parser.parse_args()
    table = BENCHMARKS[asked.name]()
    harness.record(Path(__file__).with_name("RESULTS.md"), asked.name, asked.date, table)
    print(table)


if __name__ == "__main__":
    main()
