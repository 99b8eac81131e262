"""All that packs cost, in one run: pages, Word files, stages, starts, and whole nights."""

from __future__ import annotations

from pathlib import Path

from benchmarks import harness, nights, pages, stages
from winlab.lab import open_lab

PACKAGES = ("weasyprint", "typst", "vl-convert-python", "python-docx", "docxtpl", "typer")


def report() -> str:
    """Every ratio, and the cost of a pack by stage."""
    default, typst = (
        open_lab(Path(), None, pages.DAY, name) for name in ("weasyprint", "typst")
    )  # fmt: skip
    rows = [
        *pages.rows(default),
        *nights.starts(),
        *nights.large_book(),
        *nights.workers(),
        *nights.sample_book(),
    ]
    return "\n\n".join(
        [
            f"{harness.machine(PACKAGES)}\n\nMedians of interleaved runs by the clock; packs are "
            "set from a Document whose charts were drawn before, batches are whole command lines. "
            f"Ratios say how many times faster (≥), or how many times as long (≤).",
            harness.ratios(rows),
            "### What one pack costs by stage\n\nOf a plan's packs, made one after the other in a "
            "warm process; no chart was drawn before.",
            stages.report(default, typst),
        ]
    )
