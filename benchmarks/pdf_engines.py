"""Setting pages: Typst against WeasyPrint and against Chromium printing the same HTML."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2

from benchmarks import harness
from benchmarks.chromium import Chromium, found
from winlab import charts
from winlab.brand import Brand
from winlab.document import Document
from winlab.inputs import PdfEngine
from winlab.lab import Lab, open_lab
from winlab.pack import make_packs
from winlab.writers.engine import engine
from winlab.writers.html import SCHEME, figures, html

PLAN = Path("samples/chemicals/plans/gulf-coast-latex-trial.yaml")
DAY = date(2026, 12, 1)
ROUNDS = 15
SIX = 6
ENGINES: tuple[PdfEngine, ...] = ("typst", "weasyprint")


def documents(lab: Lab) -> Mapping[str, Document]:
    """The settled Documents of the sample plan, by role."""
    with TemporaryDirectory() as out:
        make_packs(lab, PLAN, Path(out), formats=("pdf",))
        made = [
            Document.model_validate_json(path.read_bytes())
            for path in Path(out).rglob("*.document.json")
        ]
    return {document.role: document for document in made}


def six_pages(factory: Document, report: Document) -> Document:
    """A pack of six pages: a factory manager's, with two more of the technical report."""
    more = report.pages[2 : 2 + SIX - len(factory.pages)]
    return factory.model_copy(
        update={
            "pages": (*factory.pages, *more),
            "sources": tuple({s.id: s for s in (*report.sources, *factory.sources)}.values()),
        }
    )


def fresh(document: Document, brand: Brand, number: int) -> Document:
    """The same pack for a customer of another name, its charts drawn before the clock starts."""
    text = document.model_dump_json().replace("Baytown", f"Baytown {number}")
    made = Document.model_validate_json(text)
    for figure in figures(made):
        charts.svg(figure, brand, made.locale)
    return made


def self_contained(document: Document, brand: Brand) -> str:
    """Our HTML with fonts, logo and charts within it: Chromium knows no ``winlab:`` addresses.

    It knows no running heads either: it is spared them, as they would take a fifth page.
    """
    made = html(document, brand, DAY, "1").replace("</style>", ".running{display:none}</style>")
    served = {f"{SCHEME}:logo": (brand.logo.encode(), "image/svg+xml")}
    for number, font in enumerate(brand.fonts):
        served[f"{SCHEME}:font/{number}"] = font.data, "font/ttf"
    for number, figure in enumerate(figures(document)):
        drawn = charts.svg(figure, brand, document.locale).encode()
        served[f"{SCHEME}:chart/{number}"] = drawn, "image/svg+xml"
    for address, (data, kind) in served.items():
        inside = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        made = re.sub(rf"{re.escape(address)}(?!\d)", inside, made)
    return made


def _pages(data: bytes) -> int:
    opened = pypdfium2.PdfDocument(data)
    try:
        return len(opened)
    finally:
        opened.close()


def _prepared(document: Document, brand: Brand, name: PdfEngine) -> harness.Prepare:
    numbers = iter(range(10, 10_000))

    def prepare() -> Callable[[], object]:
        made = fresh(document, brand, next(numbers))
        return partial(engine(name).pdf, made, brand, DAY, "1")

    return prepare


def measured(
    brand: Brand, document: Document, browser: Chromium | None
) -> tuple[dict[str, harness.Timing], int]:
    """Each engine's seconds for one pack, and how many pages each of them has made of it.

    Of Chromium, the seconds of printing alone are taken too: what is left is loading the HTML.
    """
    count = len(document.pages)
    for name in ENGINES:
        written = engine(name).pdf(document, brand, DAY, "1")
        if written.problems or _pages(written.data) != count:
            raise AssertionError(f"{name} did not make {count} pages: {written.problems}")
    contenders: dict[str, harness.Prepare] = {
        name: _prepared(document, brand, name) for name in ENGINES
    }
    prints: list[float] = []
    if browser:
        numbers = iter(range(10, 10_000))

        def load() -> Callable[[], bytes]:
            source = self_contained(fresh(document, brand, next(numbers)), brand)

            def run() -> bytes:
                data, seconds = browser.printed(source)
                prints.append(seconds)
                return data

            return run

        if (made := _pages(load()())) != count:
            raise AssertionError(f"Chromium made {made} pages, not {count}")
        prints.clear()
        contenders["chromium"] = load
    timed = harness.interleaved(contenders, ROUNDS)
    if prints:
        timed["chromium, printing alone"] = harness.Timing(tuple(prints))
    return timed, count


def _rows(timed: Mapping[str, harness.Timing], pages: int) -> list[Sequence[str]]:
    ours = timed["typst"]
    return [
        [
            f"{name}, {pages} pages",
            f"{timing.median * 1000:.0f} ms",
            f"{timing.least * 1000:.0f} ms",
            f"{1 / timing.least:.1f}",
            f"{ours.least / timing.least:.2f}",
        ]
        for name, timing in timed.items()
    ]


def report() -> str:
    """The time of each engine for a pack of four pages and one of six, charts cached."""
    lab = open_lab(Path(), None, DAY, "typst")
    found_documents = documents(lab)
    factory = found_documents["factory-manager"]
    program = found()
    rows: list[Sequence[str]] = []
    for document in (factory, six_pages(factory, found_documents["rnd-manager"])):
        if program:
            with Chromium(program) as browser:
                rows += _rows(*measured(lab.brand, document, browser))
        else:
            rows += _rows(*measured(lab.brand, document, None))
    head = ("Document in, bytes out", "median", "least", "packs a second", "Typst's share of it")
    return f"{harness.table(head, rows)}\n\n{harness.machine(['typst', 'weasyprint'])}"
