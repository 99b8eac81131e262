"""What sets the pages of a PDF: WeasyPrint or Typst, each loaded only where it is used."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import TypeAlias

from winlab.brand import Brand
from winlab.document import Document, Page
from winlab.inputs import PdfEngine
from winlab.problems import Exit, Problem, Stopped, error
from winlab.writers import Written

Writer: TypeAlias = Callable[[Document, Brand, date, str], Written]
Measurer: TypeAlias = Callable[[Document, Sequence[Page], Brand], list[float]]


@dataclass(frozen=True)
class Engine:
    """``identity`` is the engine's name and version; ``heights`` are its pages' natural ones.

    ``faults`` are what it cannot follow in a brand's style sheet or theme.
    """

    identity: str
    pdf: Writer
    heights: Measurer
    faults: Callable[[Brand], list[Problem]]


_MISSING: Mapping[PdfEngine, Problem] = {
    "weasyprint": error(
        "pdf-engine", "WeasyPrint cannot be loaded: it needs the library Pango",
        "install Pango, or take the engine that needs none: --pdf-engine typst, "
        'or pdf_engine = "typst" under [workspace] in winlab.toml',
    ),
    "typst": error(
        "pdf-engine", "Typst cannot be loaded: it comes as the Python package typst",
        "install it, or take the other engine: --pdf-engine weasyprint, "
        'or pdf_engine = "weasyprint" under [workspace] in winlab.toml',
    ),
}  # fmt: skip


def engine(name: PdfEngine) -> Engine:
    """The engine of a name, which is also that of its package.

    Raises :class:`Stopped` if this machine cannot load it.
    """
    try:
        with redirect_stdout(io.StringIO()):  # where it lacks a library, WeasyPrint prints advice
            import_module(name)
    except (ImportError, OSError):
        raise Stopped([_MISSING[name]], Exit.MACHINE) from None
    if name == "weasyprint":
        from winlab.writers import pdf

        return Engine(pdf.ENGINE, pdf.pdf, pdf.heights, pdf.ignored_styles)
    from winlab.writers import typst

    return Engine(typst.ENGINE, typst.pdf, typst.heights, typst.theme_faults)
