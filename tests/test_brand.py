import shutil
from pathlib import Path

import pytest

from winlab.brand import contrast, read_brand
from winlab.problems import Stopped

TEMPLATES = Path(__file__).parents[1] / "templates"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES / "brand", tmp_path / "brand")
    shutil.copytree(TEMPLATES / "charts", tmp_path / "charts")
    return tmp_path / "brand"


def changed(folder: Path, old: str, new: str, file: str = "brand.toml") -> Path:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(Stopped) as stopped:
        read_brand(folder)
    return [str(problem) for problem in stopped.value.problems]


def test_the_shipped_brand_has_nothing_to_complain_of() -> None:
    brand, problems = read_brand(TEMPLATES / "brand")
    assert problems == []
    assert (brand.text_width, brand.text_height) == pytest.approx((487.28, 685.89))
    assert set(brand.charts) >= {"drivers", "waterfall", "gantt", "result", "corridor", "bubble"}
    assert sorted((font.bold, font.italic) for font in brand.fonts) == [
        (False, False), (False, True), (True, False), (True, True)
    ]  # fmt: skip


def test_the_fonts_licence_lies_beside_them() -> None:
    text = (TEMPLATES / "brand" / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert text.startswith("Copyright (c) 2010-2013 by tyPoland Lukasz Dziedzic")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text


def test_problems_say_where_and_what_to_write(folder: Path) -> None:
    changed(folder, 'ours       = "#0f6e84"', 'ours       = "teal"')
    changed(folder, "bottom = 64", "botom = 64")
    found = problems_of(folder)
    assert any(p.startswith("brand/brand.toml:24:14: error") and "'teal'" in p for p in found)
    assert any(
        "there is no field 'botom' here" in p and "did you mean 'bottom'?" in p for p in found
    )


def test_a_syntax_error_names_line_and_column(folder: Path) -> None:
    changed(folder, 'name  = "Meridian"', "name  = Meridian")
    assert problems_of(folder)[0].startswith("brand/brand.toml:2:9: error")


def test_missing_files_are_all_named(folder: Path) -> None:
    (folder / "pack.css").unlink()
    (folder / "fonts" / "Carlito-Bold.ttf").unlink()
    found = problems_of(folder)
    assert any("brand/pack.css cannot be read" in problem for problem in found)
    assert any("needs regular, bold, italic and bold italic" in problem for problem in found)


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        ("<svg xmlns='http://www.w3.org/2000/svg'><image href='x.png'/></svg>", "shapes only"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "shapes only"),
        ("<html/>", "shapes only"),
        ("<svg", "no SVG"),
        (f"<svg>{'<g>' * 20000}{'</g>' * 20000}</svg>", "too deeply nested"),
        (f"<svg>{'<g/>' * 20000}</svg>", "too many"),
        ("<svg xmlns='http://www.w3.org/2000/svg' width='NaN' height='2'/>", "cannot be drawn"),
        (
            "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'><path d='M0 0zzz nan'/></svg>",
            "cannot be drawn",
        ),
        (
            "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'><path d='M0 0z0'/></svg>",
            "cannot be drawn",
        ),
        (
            "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='2'><rect x='1e400'/></svg>",
            "cannot be drawn",
        ),
        ("<svg xmlns='http://www.w3.org/2000/svg' height='2'/>", "how large"),
        ("<!DOCTYPE s [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><s>&e;</s>", "entities"),
    ],
)
def test_a_logo_that_is_more_than_shapes_is_refused(folder: Path, logo: str, said: str) -> None:
    (folder / "logo.svg").write_text(logo, encoding="utf-8")
    assert said in problems_of(folder)[0]


def test_a_broken_chart_names_line_and_column(folder: Path) -> None:
    changed(folder.parent / "charts", '"usermeta": {', '"usermeta" {', "drivers.json")
    brand, problems = read_brand(folder)
    assert problems == [], "a chart's fault stops the packs that show it, no others"
    assert str(brand.faults["drivers"]).startswith("charts/drivers.json:2:14: error")
    assert "drivers" not in brand.charts


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[" * 100_000 + "]" * 100_000, "bad-json", 1),
        ('{"mark": "bar",\n"a": ' + '{"a": ' * 45 + "1" + "}" * 46, "bad-json", 2),
        ("", "bad-json", 1),
        ('{"mark": "bar", "padding": NaN}', "bad-json", None),
        ("{}", "chart-spec", None),
        ("[]", "chart-spec", None),
        ('{"layer": [{"mark": "bar", "data": {"url": "file:///etc/passwd"}}]}', "chart-data", None),
        ('{"mark": "bar", "data": {"sequence": {"stop": 1e9}}}', "chart-data", None),
    ],
)
def test_a_file_that_is_no_chart(folder: Path, text: str, code: str, line: int | None) -> None:
    (folder.parent / "charts" / "drivers.json").write_text(text, encoding="utf-8")
    fault = read_brand(folder)[0].faults["drivers"]
    assert (fault.code, fault.place.file, fault.place.line) == (code, "charts/drivers.json", line)


@pytest.mark.parametrize(
    ("css", "message"),
    [
        ("@page { margin: 5000pt }", "margin of @page is set in brand.toml"),
        ("@page { size: A3 }", "size of @page is set in brand.toml"),
        ("p { font-size: 90000pt }", "font-size is 90000pt"),
        ("p { font: 400px/1 serif }", "font is 400px"),
        ("p { margin-left: calc(1em + 1e9pt) }", "margin-left is 1e9pt"),
        (":root { --wide: 5000mm }", "--wide is 5000mm"),
        ("p { background: url(x.png) }", "a style sheet cannot load anything"),
        ("@import 'other.css';", "@import cannot be used here"),
        ("@font-face { font-family: x }", "@font-face cannot be used here"),
        ("p { color: red; ) }", "the style sheet cannot be read"),
    ],
)
def test_a_style_sheet_that_would_break_the_page_is_refused_at_its_line(
    folder: Path, css: str, message: str
) -> None:
    lines = (folder / "pack.css").read_text(encoding="utf-8").count("\n")
    changed(folder, ".kept {", f"{css}\n.kept {{", "pack.css")
    found = problems_of(folder)
    assert any(f"brand/pack.css:{lines}:" in p and message in p for p in found), found


def test_margins_that_leave_no_room_are_refused(folder: Path) -> None:
    changed(folder, "bottom = 64", "bottom = 700")
    assert problems_of(folder)[0].startswith("brand/brand.toml: error: the margins leave 50 pt")


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_font_is_named(folder: Path, damage: str) -> None:
    path = folder / "fonts" / "Carlito-Bold.ttf"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes({"cut": bytes(data[:3000]), "changed": bytes(data), "empty": b""}[damage])
    assert problems_of(folder)[0].startswith("brand/fonts/Carlito-Bold.ttf: error")


def test_what_an_eye_would_complain_of_is_a_warning(folder: Path) -> None:
    changed(folder, 'muted      = "#55606d"', 'muted      = "#a0a8b0"')
    changed(folder, "measure = 325", "measure = 480")
    changed(folder, "[type.body]\nsize = 10.5", "[type.body]\nsize = 9")
    _, problems = read_brand(folder)
    assert {p.code for p in problems} == {"brand-contrast", "brand-measure", "brand-size"}


def test_the_fingerprint_follows_every_file(folder: Path) -> None:
    first = read_brand(folder)[0]
    assert read_brand(folder)[0] == first
    assert read_brand(TEMPLATES / "brand")[0] == first, "another folder, the same brand"
    changed(folder, "h1, h2 {", "h2, h1 {", "pack.css")
    second = read_brand(folder)[0]
    changed(folder.parent / "charts", "less is better", "lower is better", "drivers.json")
    third = read_brand(folder)[0]
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3


def test_text_is_measured_and_broken_as_the_font_runs() -> None:
    brand, _ = read_brand(TEMPLATES / "brand")
    assert brand.width("ii", 10) < brand.width("WW", 10)
    assert brand.width("word", 20) == pytest.approx(2 * brand.width("word", 10))
    assert brand.width("word", 10, bold=True) > brand.width("word", 10)
    assert brand.lines("one two three", 10, brand.width("one two", 10)) == ["one two", "three"]
    assert brand.lines("unbreakable", 10, 1) == ["unbreakable"]
    assert brand.missing("ok ☐\u00a0→") == {"☐"}


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_brand_of_ones_own_takes_from_the_templates_what_it_lacks(tmp_path: Path) -> None:
    """Fonts, style sheet and charts are the templates' own; colours and logo the brand's."""
    base = TEMPLATES / "brand"
    folder = tmp_path / "mine"
    folder.mkdir()
    text = (base / "brand.toml").read_text()
    text = text.replace("#0f6e84", "#8a3b12").replace('css   = "pack.css"\n', "")
    (folder / "brand.toml").write_text(text)
    (folder / "logo.svg").write_bytes((base / "logo.svg").read_bytes())
    brand, problems = read_brand(folder, TEMPLATES)
    shared, _ = read_brand(base)
    assert problems == []
    assert brand.file.colours.ours == "#8a3b12"
    assert [font.file for font in brand.fonts] == [font.file for font in shared.fonts]
    assert (brand.css, set(brand.charts)) == (shared.css, set(shared.charts))
    assert brand != shared


@pytest.mark.parametrize(
    "said", ['#import "@preview/cetz:0.3.0"', '#include "other.typ"', '#eval("1")', '#read("x")']
)
def test_a_theme_that_could_load_more_is_refused_at_its_line(folder: Path, said: str) -> None:
    changed(folder, "#let pack = ", f"{said}\n#let pack = ", "pack.typ")
    [problem] = problems_of(folder)
    word = said[1:].partition(" ")[0].partition("(")[0]
    assert problem.startswith(f"brand/pack.typ:4:2: error: {word} cannot be used here")


def test_a_brand_may_bring_a_theme_of_its_own_or_takes_the_templates(folder: Path) -> None:
    own = folder.with_name("other")
    shutil.copytree(folder, own)
    (own / "pack.typ").rename(own / "pages.typ")
    assert read_brand(own)[0].theme_file == "brand/pack.typ"
    before = read_brand(own)[0].fingerprint
    changed(own, 'css   = "pack.css"', 'css   = "pack.css"\ntheme = "pages.typ"')
    assert read_brand(own)[0].theme_file == "other/pages.typ"
    changed(own, "v(76pt)", "v(77pt)", "pages.typ")
    assert read_brand(own)[0].fingerprint != before
    (own / "pages.typ").unlink()
    assert any("other/pages.typ cannot be read" in said for said in problems_of(own))
