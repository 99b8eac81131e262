"""Makes samples/gallery: one plan's packs, of every role in every brand, as PDF and as pictures.

Run by `./dev gallery`. The same checkout gives the same files.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2

from winlab.lab import open_lab
from winlab.pack import make_packs
from winlab.problems import errors

ROOT = Path(__file__).resolve().parents[1]
GALLERY = ROOT / "samples/gallery"
PLAN = ROOT / "samples/chemicals/plans/commencement-latex-calendar.yaml"
BRANDS = {"meridian": ROOT / "templates/brand", "harbor": ROOT / "samples/brands/harbor"}
SCALE = 0.8
"""Pixels a point: large enough to read a page's titles and see its layout."""
COLOURS = 48


def main() -> int:
    """Makes the gallery anew; 1 if a pack is refused."""
    shutil.rmtree(GALLERY, ignore_errors=True)
    index = [HEAD.format(PLAN.stem)]
    refused: list[str] = []
    for name, folder in BRANDS.items():
        lab = open_lab(ROOT, None, date(2026, 12, 1))
        branded = replace(lab, workspace=replace(lab.workspace, brand_folder=folder))
        with tempfile.TemporaryDirectory() as out:
            outcome = make_packs(branded, PLAN, Path(out), formats=["pdf"])
            paths = sorted(outcome.files, key=lambda path: path.name)
            for path in paths:
                role = next(p.role for p in outcome.manifest.packs if f"-{p.role}." in path.name)
                index += _shown(path, role, GALLERY / name)
            if outcome.refused_roles:
                index.append(f"Refused, so not shown: {', '.join(outcome.refused_roles)}.\n")
            refused += [str(problem) for problem in errors(outcome.problems)]
    (GALLERY / "README.md").write_text("\n".join(index), encoding="utf-8")
    print(*refused, sep="\n", file=sys.stderr)
    return 1 if refused else 0


HEAD = """# Gallery

The packs of one sample plan, `{}`, for every role that it asks for, in two brands.
Made by `./dev gallery`. The coach sheet is the rep's own: no customer sees it.
"""


def _shown(path: Path, name: str, folder: Path) -> Iterator[str]:
    """Lays a pack and its pages' pictures down; the lines of the index that show them."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / f"{name}.pdf")
    yield f"### [{name}]({folder.name}/{name}.pdf)\n"
    pages = []
    with pypdfium2.PdfDocument(path) as document:
        for number, page in enumerate(document, 1):
            picture = page.render(scale=SCALE).to_pil().convert("RGB").quantize(COLOURS)
            picture.save(folder / f"{name}-{number}.png", optimize=True)
            pages.append(f'<img src="{folder.name}/{name}-{number}.png" width="240" '
                         f'alt="{name}, page {number}">')  # fmt: skip
    yield "\n".join(pages) + "\n"


if __name__ == "__main__":
    sys.exit(main())
