"""One pack's pages: WeasyPrint and Typst beside Chromium, LibreOffice and a process for each file.

A Document goes in, bytes come out, in a warm process; charts were drawn before. Each run sets the
pack for a customer of another name, so that no engine finds pages that it has set already.
"""

from __future__ import annotations

import base64
import gc
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2

from benchmarks import harness
from benchmarks.chromium import Chromium, found
from benchmarks.harness import Row
from benchmarks.office import Template
from winlab import charts
from winlab.bounds import GARBAGE
from winlab.brand import Brand
from winlab.document import Document
from winlab.inputs import PdfEngine
from winlab.lab import Lab
from winlab.pack import make_packs
from winlab.writers.docx import PICTURE_SCALE, docx
from winlab.writers.engine import engine
from winlab.writers.html import SCHEME, figures, html

PLAN = Path("samples/chemicals/plans/gulf-coast-latex-trial.yaml")
DAY = date(2026, 12, 1)
ROUNDS = 9
SLOW_ROUNDS = 5
FOUR, SIX = 4, 6
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
        charts.png(figure, brand, PICTURE_SCALE, made.locale)
    return made


def self_contained(document: Document, brand: Brand) -> str:
    """Our HTML with fonts, logo and charts within it: others know no ``winlab:`` addresses."""
    made = html(document, brand, DAY, "1")
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


def pages_of(data: bytes) -> int:
    """How many pages a PDF has."""
    opened = pypdfium2.PdfDocument(data)
    try:
        return len(opened)
    finally:
        opened.close()


class Contenders:
    """What sets one pack, each with its own way; all are checked to make as many pages."""

    def __init__(self, document: Document, brand: Brand, folder: Path) -> None:
        self.document, self.brand, self.folder = document, brand, folder
        self.numbers = count(10)

    def checked(self, name: str, data: bytes) -> bytes:
        """The bytes; raises ``AssertionError`` if they are not as many pages as the pack has."""
        if (made := pages_of(data)) != len(self.document.pages):
            raise AssertionError(f"{name} made {made} pages, not {len(self.document.pages)}")
        return data

    def fresh(self) -> Document:
        """The pack for the next customer."""
        return fresh(self.document, self.brand, next(self.numbers))

    def ours(self, name: PdfEngine) -> Callable[[], object]:
        """Our PDF on a warm worker."""
        made = self.fresh()

        def run() -> bytes:
            written = engine(name).pdf(made, self.brand, DAY, "1")
            if written.problems:
                raise AssertionError(f"{name}: {written.problems}")
            return written.data

        return run

    def word(self) -> Callable[[], object]:
        """Our Word file."""
        return partial(docx, self.fresh(), self.brand, DAY, "1")

    def process(self) -> Callable[[], object]:
        """WeasyPrint's own program, started for this file."""
        source, target = self.folder / "pack.html", self.folder / "pack.pdf"
        source.write_text(self_contained(self.fresh(), self.brand), "utf-8")
        options = ("--pdf-variant", "pdf/a-3a", "--pdf-tags")
        command = [sys.executable, "-m", "weasyprint", *options, str(source), str(target)]

        def run() -> None:
            harness.run(command, self.folder)
            self.checked("weasyprint", target.read_bytes())

        return run

    def office(self, program: str) -> Callable[[], object]:
        """LibreOffice, started for our Word file; its profile is there already."""
        source = self.folder / "pack.docx"
        source.write_bytes(docx(self.fresh(), self.brand, DAY, "1").data)
        command = [
            program, f"-env:UserInstallation={(self.folder / 'profile').as_uri()}", "--headless",
            "--convert-to", "pdf", "--outdir", str(self.folder), str(source),
        ]  # fmt: skip

        def run() -> None:
            harness.run(command, self.folder)
            self.checked("LibreOffice", source.with_suffix(".pdf").read_bytes())

        return run

    def chromium(self, browser: Chromium, prints: list[float]) -> Callable[[], object]:
        """A browser kept open, with the seconds of printing alone put aside.

        It knows no running heads: it is spared them, as they would take a page of their own.
        """
        source = self_contained(self.fresh(), self.brand)
        source = source.replace("</style>", ".running{display:none}</style>")

        def run() -> None:
            data, seconds = browser.printed(source)
            self.checked("Chromium", data)
            prints.append(seconds)

        return run


def _timed(
    contenders: Contenders, browser: Chromium | None, more: Mapping[str, harness.Prepare]
) -> dict[str, float]:
    """The median seconds of both engines, of Chromium if there is one, and of more."""
    chosen: dict[str, harness.Prepare] = {
        name: partial(contenders.ours, name) for name in ENGINES
    } | dict(more)
    prints: list[float] = []
    if browser:
        chosen["chromium"] = partial(contenders.chromium, browser, prints)
    for prepare in chosen.values():
        prepare()()
    prints.clear()
    timed = harness.interleaved(chosen, ROUNDS)
    medians = {name: timing.median for name, timing in timed.items()}
    if prints:
        medians["printing"] = harness.Timing(tuple(prints)).median
    return medians


def rows(lab: Lab) -> list[Row]:
    """All rows on one pack's pages."""
    made = documents(lab)
    factory = made["factory-manager"]
    long = six_pages(factory, made["rnd-manager"])
    gc.set_threshold(GARBAGE)
    gc.freeze()  # as a worker does
    program = found()
    with TemporaryDirectory() as folder:
        four, six = (Contenders(pack, lab.brand, Path(folder)) for pack in (factory, long))
        if program is None:
            return [*_four(four, None), *_six(six, None), *_slow(four)]
        with Chromium(program) as browser:
            return [*_four(four, browser), *_six(six, browser), *_slow(four)]


def _four(four: Contenders, browser: Chromium | None) -> list[Row]:
    template = Template(four.fresh(), four.brand)
    seconds = _timed(
        four, browser, {"docx": four.word, "docxtpl": lambda: template.prepared(four.fresh())}
    )
    ours, typst = seconds["weasyprint"], seconds["typst"]
    out = [
        Row("4 pages as DOCX", "docxtpl, a template of the same content", seconds["docx"],
            seconds["docxtpl"], 2),
        Row("4 pages, Typst", "WeasyPrint", typst, ours, 8),
    ]  # fmt: skip
    if browser:
        out += [
            Row("4 pages, Typst", "Chromium, kept open", typst, seconds["chromium"], 0.3, False),
            Row("4 pages, WeasyPrint", "Chromium, kept open", ours, seconds["chromium"],
                faster=False),
            Row("4 pages, Typst", "Chromium, printing alone", typst, seconds["printing"],
                faster=False),
            Row("4 pages, WeasyPrint", "Chromium, printing alone", ours, seconds["printing"],
                faster=False),
        ]  # fmt: skip
    return out


def _six(six: Contenders, browser: Chromium | None) -> list[Row]:
    seconds = _timed(six, browser, {})
    typst = seconds["typst"]
    out = [
        Row("6 pages, Typst", "12 packs a second", typst, 1 / 12, 1),
        Row("6 pages, Typst", "WeasyPrint", typst, seconds["weasyprint"]),
    ]
    if browser:
        out.append(
            Row("6 pages, Typst", "Chromium, kept open", typst, seconds["chromium"], faster=False)
        )
    return out


def _slow(four: Contenders) -> Sequence[Row]:
    """Against what starts a process for each file."""
    office = shutil.which("soffice")
    chosen: dict[str, harness.Prepare] = {name: partial(four.ours, name) for name in ENGINES} | {
        "process": four.process
    }
    if office:
        chosen["office"] = partial(four.office, office)
    for prepare in chosen.values():
        prepare()()
    timed = harness.interleaved(chosen, SLOW_ROUNDS)
    ours = timed["weasyprint"].median
    out = [
        Row("4 pages, WeasyPrint, warm worker", "one `weasyprint` process a file", ours,
            timed["process"].median, 6),
    ]  # fmt: skip
    if office:
        out += [
            Row(f"4 pages, {shown}", "DOCX to PDF by LibreOffice", timed[name].median,
                timed["office"].median, 6)
            for name, shown in (("weasyprint", "WeasyPrint"), ("typst", "Typst"))
        ]  # fmt: skip
    return out
