from dataclasses import replace

import pytest

from tests.writers.sample import ISSUED, VERSION, brand, line, one_page
from winlab.document import Paragraph
from winlab.problems import errors
from winlab.writers.html import page_source
from winlab.writers.pdf import pdf, print_html


def test_text_that_cannot_break_is_an_overflow() -> None:
    wide = "line\u00a02\u00a0of\u00a0ten" * 12
    stiff = replace(brand(), fingerprint="stiff", css=f"{brand().css} p {{ white-space: nowrap }}")
    written = pdf(one_page(Paragraph(content=line(wide))), stiff, ISSUED, VERSION)
    [problem] = written.problems
    assert problem.code == "overflow"
    assert problem.message.startswith("page 'only' has no room for 'line")


@pytest.mark.parametrize(
    ("css", "line_number", "said"),
    [
        ("p { colr: red }", 1, "unknown property"),
        ("p { width: 7foo }", 1, "invalid value"),
        ("\np color: red { }}", 2, "selector"),
    ],
)
def test_what_the_style_sheet_says_in_vain_is_named_at_its_line(
    css: str, line_number: int, said: str
) -> None:
    broken = replace(brand(), fingerprint=css, css=f"{css}\n{brand().css}")
    found = pdf(one_page(Paragraph(content=line("x"))), broken, ISSUED, VERSION).problems
    problem, *_ = [p for p in found if p.code == "css-ignored"]
    assert said in problem.message
    assert (problem.place.file, problem.place.line) == ("brand/pack.css", line_number)


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "winlab:chart/99", "other.png"]
)
def test_an_address_outside_the_pack_is_refused_and_named(url: str) -> None:
    one = one_page(Paragraph(content=line("words")))
    source = page_source(one, brand(), ISSUED, VERSION)
    source = source.replace("words", f'<img src="{url}" alt="x">')
    written, _ = print_html(source, one, brand(), ISSUED, VERSION)
    assert [p.code for p in errors(written.problems)]
    if ":" in url:
        assert f"'{url}'" in next(p.message for p in written.problems if p.code == "blocked-url")


def test_an_inline_svg_cannot_fetch_unseen() -> None:
    one = one_page(Paragraph(content=line("words")))
    source = page_source(one, brand(), ISSUED, VERSION).replace(
        "words", '<svg><title>x</title><image href="file:///etc/hostname"/></svg>'
    )
    written, _ = print_html(source, one, brand(), ISSUED, VERSION)
    assert "blocked-url" in {p.code for p in written.problems}
