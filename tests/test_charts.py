import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from pydantic import JsonValue

from tests.writers.sample import brand, document
from winlab import charts
from winlab.document import Figure
from winlab.drawings import Drawings
from winlab.problems import Place, Stopped, error
from winlab.writers.html import figures

Row = Mapping[str, JsonValue]

BAR: Row = {
    "label": "Today",
    "start": 0,
    "end": 412,
    "amount_label": "412",
    "kind": "total",
    "estimate": False,
}


def figure(
    chart: str, *rows: Row, width: float = 487, height: float = 200, **params: JsonValue
) -> Figure:
    return Figure(chart=chart, data=rows, params=params, width=width, height=height, alt="x")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"mark": "nonsense"}, "cannot be drawn"),
        ({"layer": 17}, "cannot be drawn"),
        ({"mark": "bar", "transform": [{"calculate": "((((", "as": "x"}]}, "cannot be drawn"),
        ({"mark": "bar", "title": "\ud800"}, "cannot be drawn"),
        ({"mark": "bar", "padding": {"left": "x"}}, "cannot be drawn"),
        ({"mark": "bar", "padding": {"left": float("inf")}}, "no room"),
        ({"mark": "bar", "usermeta": {"text": {"label": {"size": "big"}}}}, "cannot be drawn"),
        ({"mark": {"type": "bar", "color": {"$": "nope"}}}, "nothing is named 'nope'"),
    ],
)
def test_a_faulty_specification_is_a_problem_of_its_file(
    spec: dict[str, JsonValue], said: str
) -> None:
    faulty = replace(brand(), fingerprint=str(spec), charts={"x": spec})
    with pytest.raises(Stopped) as stopped:
        charts.svg(figure("x", BAR), faulty)
    [problem] = stopped.value.problems
    assert said in problem.message
    assert problem.place.file == "charts/x.json"


def test_a_file_that_is_no_chart_stops_who_draws_it() -> None:
    fault = error("bad-json", "broken", "", Place("charts/x.json", 2, 14))
    with pytest.raises(Stopped) as stopped:
        charts.svg(figure("x", BAR), replace(brand(), fingerprint="x", faults={"x": fault}))
    assert stopped.value.problems == (fault,)


def texts(drawn: str) -> list[str]:
    return [
        "".join(node.itertext()) for node in fromstring(drawn).iter() if node.tag.endswith("}text")
    ]


def xs(drawn: str, words: str) -> float:
    found = re.search(r"translate\(([-\d.]+),[-\d.]+\)[^>]*>" + re.escape(words) + "<", drawn)
    assert found, words
    return float(found[1])


@pytest.mark.parametrize("number", range(4))
def test_each_chart_of_the_sample_is_exactly_its_figures_size(number: int) -> None:
    one = figures(document())[number]
    root = fromstring(charts.svg(one, brand()))
    assert (float(root.get("width", 0)), float(root.get("height", 0))) == (one.width, one.height)
    for size in re.findall(r'font-size="([\d.]+)px"', charts.svg(one, brand())):
        assert float(size) >= 8


def test_text_is_in_the_brands_font_and_nothing_else() -> None:
    drawn = charts.svg(figures(document())[0], brand())
    assert set(re.findall(r'font-family="([^"]+)"', drawn)) == {"Carlito"}


def test_drivers_hollow_an_estimate_and_colour_by_what_is_good() -> None:
    base: Row = {
        "label": "Yield, %",
        "median": 90.0,
        "median_label": "90",
        "q1": 85,
        "q3": 95,
        "estimate": False,
    }
    worse = figure("drivers", {**base, "value": 80, "value_label": "80", "better": "higher"})
    good = figure("drivers", {**base, "value": 99, "value_label": "99", "better": "higher"})
    guess = figure(
        "drivers", {**base, "value": 80, "value_label": "80", "better": "higher", "estimate": True}
    )
    colours = brand().file.colours
    assert f'fill="{colours.gap}"' in charts.svg(worse, brand())
    assert colours.gap not in charts.svg(good, brand())
    assert f'fill="{colours.paper}" stroke="{colours.gap}"' in charts.svg(guess, brand())
    assert "more is better" in texts(charts.svg(worse, brand()))


def test_drivers_scale_each_row_to_its_median() -> None:
    rows: list[Row] = [
        {"label": "a", "value": 20, "value_label": "v20", "median": 10, "median_label": "m10", "q1": 8, "q3": 12, "better": "lower", "estimate": False},
        {"label": "b", "value": 0.2, "value_label": "v.2", "median": 0.1, "median_label": "m.1", "q1": 0.08, "q3": 0.12, "better": "lower", "estimate": False},
    ]  # fmt: skip
    drawn = charts.svg(figure("drivers", *rows, median_name="median"), brand())
    assert xs(drawn, "v20") == pytest.approx(xs(drawn, "v.2"))
    assert xs(drawn, "median m10") == pytest.approx(xs(drawn, "m.1"))


def test_waterfall_hatches_estimates_with_plain_lines() -> None:
    guess = {
        **BAR,
        "label": "Off-spec",
        "start": 412,
        "end": 350,
        "kind": "saving",
        "estimate": True,
    }
    drawn = charts.svg(figure("waterfall", BAR, guess), brand())
    assert "url(#" not in drawn
    stripes = re.findall(
        r'd="((?:M[\d.]+,[\d.]+L[\d.]+,[\d.]+)+)" fill="none" stroke="#0f6e84"', drawn
    )
    assert len(stripes) == 1
    assert stripes[0].count("M") > 5
    plain = charts.svg(figure("waterfall", BAR, {**guess, "estimate": False}), brand())
    assert not re.search(r'd="M[\d.]+,[\d.]+L[\d.]+,[\d.]+M', plain)


def test_stripes_stay_within_their_bar() -> None:
    guess = {**BAR, "estimate": True}
    drawn = charts.svg(figure("waterfall", guess), brand())
    box = re.search(
        r'd="M([\d.]+),([\d.]+)h([\d.]+)v([\d.]+)h[-\d.]+Z"[^>]*/><path d="(M[^"]+)"', drawn
    )
    assert box, drawn
    x, y, width, height = (float(part) for part in box.groups()[:4])
    for px, py in re.findall(r"[ML]([\d.]+),([\d.]+)", box[5]):
        assert x - 0.01 <= float(px) <= x + width + 0.01
        assert y - 0.01 <= float(py) <= y + height + 0.01


def test_gantt_labels_its_first_month_in_the_locales_words() -> None:
    rows: list[Row] = [
        {"step": "Trial", "start": "2027-01-29", "end": "2027-03-05", "owner": "Both", "owner_kind": "both", "decision": False},
        {"step": "Decision", "start": "2027-03-05", "end": "2027-03-12", "owner": "Hartley", "owner_kind": "customer", "decision": True},
    ]  # fmt: skip
    drawn = charts.svg(figure("gantt", *rows), brand())
    assert [t for t in texts(drawn) if t.startswith(("Jan", "Feb", "Mar"))] == [
        "Jan",
        "Feb 2027",
        "Mar",
    ]
    assert xs(drawn, "Feb 2027") - xs(drawn, "Jan") > 24
    german = texts(charts.svg(figure("gantt", *rows), brand(), "de_DE"))
    assert "Mär" in "".join(german)


def test_result_names_its_series_and_writes_numbers_as_the_locale_does() -> None:
    rows: list[Row] = [
        {"x": x, "y": y, "sd": 0.1, "series": s}
        for s, ys in (("ours", (1.5, 2.5)), ("reference", (1.0, 0.5)))
        for x, y in zip((0, 1), ys, strict=True)
    ]
    drawn = charts.svg(figure("result", *rows, x_title="h", y_title="kg/t"), brand(), "de_DE")
    assert {"ours", "reference", "h", "kg/t"} <= set(texts(drawn))
    assert "0,5" in texts(drawn)
    assert "legend" not in drawn


def test_result_as_bars_stands_on_zero() -> None:
    rows: list[Row] = [{"x": x, "y": 5, "sd": 9, "series": "ours"} for x in ("25 °C", "75 °C")]
    drawn = charts.svg(figure("result", *rows, mark="bar"), brand())
    assert {"25 °C", "75 °C", "ours", "0"} <= set(texts(drawn))
    assert "−2" not in texts(drawn)


def test_corridors_labels_do_not_overlap() -> None:
    deals: list[Row] = [
        {"kind": "deal", "volume": v, "price": p} for v, p in ((10, 4.6), (90, 4.2))
    ]
    lines: list[Row] = [
        {
            "kind": "line",
            "label": name,
            "price": price,
            "value_label": f"{price:.2f}",
            "offered": name == "offered",
        }
        for name, price in (
            ("list", 4.7),
            ("opening", 4.7),
            ("target", 4.47),
            ("offered", 4.46),
            ("limit", 4.2),
        )
    ]
    drawn = charts.svg(figure("corridor", *deals, *lines, y_title="USD per kg"), brand())
    heights = [
        float(y)
        for y in re.findall(
            r"translate\([\d.]+,([-\d.]+)\)[^>]*>(?:list|opening|target|offered|limit)<", drawn
        )
    ]
    assert len(heights) == 5
    heights.sort()
    assert all(below - above >= 12.9 for above, below in pairwise(heights))
    assert heights[-1] <= 200


def test_bubble_names_this_market_only() -> None:
    rows: list[Row] = [
        {"name": "Harris", "growth": 0.12, "share": 0.14, "potential": 22, "highlighted": True},
        {"name": "Travis", "growth": 0.02, "share": 0.44, "potential": 5, "highlighted": False},
    ]
    drawn = charts.svg(figure("bubble", *rows, x_threshold=0.08, y_threshold=0.3), brand())
    assert "Harris" in texts(drawn)
    assert "Travis" not in texts(drawn)
    assert drawn.count("stroke-dasharray") == 2


def test_a_picture_says_nothing_but_what_it_shows() -> None:
    drawn = charts.svg(figure("waterfall", {**BAR, "remark": "internal"}), brand())
    assert "internal" not in drawn
    assert "aria-label" not in drawn


def test_words_of_the_data_are_never_markup() -> None:
    hostile = "A & B <script>{{ 7*7 }}"
    drawn = charts.svg(figure("waterfall", {**BAR, "label": hostile}), brand())
    assert "<script>" not in drawn
    assert "".join(texts(drawn)).replace(" ", "").count("A&B<script>{{7*7}}") == 1


def test_unknown_charts_and_parameters_are_named_with_the_likeliest_fix() -> None:
    with pytest.raises(Stopped, match="did you mean 'waterfall'"):
        charts.svg(figure("waterfal", BAR), brand())
    with pytest.raises(Stopped, match=r"no parameter 'custmer'[\s\S]*did you mean 'customer'"):
        charts.svg(figure("drivers", custmer="you"), brand())


def test_png_has_the_asked_scale_and_a_ground() -> None:
    picture = charts.png(figure("waterfall", BAR, width=100, height=50), brand(), 2)
    assert picture.startswith(b"\x89PNG")
    assert (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == (
        200,
        100,
    )


def month(number: int, low: float, base: float, high: float, back: str = "") -> Row:
    cases = {"low": low, "base": base, "high": high}
    return {
        "month": number,
        **cases,
        **{
            f"{name}_label": f"{value:g}" if number % 12 == 0 else ""
            for name, value in cases.items()
        },
        **{f"{name}_back": name == back for name in cases},
    }


def test_payback_marks_break_even_and_labels_the_three_ends_apart() -> None:
    rows = [
        month(0, -32, -24, -18), month(3, -2, 7, 16, "base"), month(5, 2, 27, 40, "low"),
        month(12, 80, 100, 121), month(24, 160, 224, 260), month(36, 340, 348, 356),
    ]  # fmt: skip
    drawn = charts.svg(figure("payback", *rows, back_text="back in month 3"), brand())
    shown = texts(drawn)
    assert {"back in month 3", "100", "224", "year 1", "year 3"} <= set(shown)
    ends = ["356  high case", "348  base case", "340  low case"]
    heights = [y_of(drawn, end) for end in ends]
    assert all(below - above >= 14 for above, below in pairwise(heights))
    paper = brand().file.colours.paper
    assert drawn.count(f'fill="{paper}" stroke=') == 2


def y_of(drawn: str, words: str) -> float:
    found = re.search(r"translate\([-\d.]+,([-\d.]+)\)[^>]*>" + re.escape(words) + "<", drawn)
    assert found, words
    return float(found[1])


def test_tornado_hatches_an_estimate_and_names_both_ends() -> None:
    row: Row = {
        "label": "Line hour", "low": 16, "high": 183, "base": 100, "low_label": "16",
        "high_label": "183", "range": "800 – 1,200 USD/h", "estimate": False,
    }  # fmt: skip
    sure = charts.svg(figure("tornado", row, base_value="100,000"), brand())
    guess = charts.svg(figure("tornado", {**row, "estimate": True}, base_value="100,000"), brand())
    assert {"Line hour", "16", "183", "800 – 1,200 USD/h", "base case 100,000"} <= set(texts(sure))
    assert 'stroke-width="1.5"' not in sure
    assert 'stroke-width="1.5"' in guess
    assert xs(sure, "16") < xs(sure, "base case 100,000") < xs(sure, "183")


def test_compared_draws_two_bars_a_line_and_the_total_last() -> None:
    rows: list[Row] = [
        {"label": "Supply", "today": 150, "after": 140, "today_label": "150", "after_label": "140", "total": False},
        {"label": "", "today": 150, "after": 140, "today_label": "150", "after_label": "140", "total": True},
    ]  # fmt: skip
    shown = texts(charts.svg(figure("compared", *rows), brand()))
    assert shown.count("150") == 1
    assert {"150  today", "140  with the offer", "Supply", "Total"} <= set(shown)


def test_price_gaps_single_out_the_offered_term() -> None:
    rows: list[Row] = [
        {"month": 12, "low": 0.9, "base": 1.4, "high": 1.8, "base_label": "1.40", "own": False},
        {"month": 24, "low": 0.4, "base": 0.7, "high": 0.9, "base_label": "0.70", "own": True},
    ]
    drawn = charts.svg(figure("price-gap", *rows), brand())
    assert drawn.count(f'fill="{brand().file.colours.ours}"') == 1
    assert {"12 months", "24 months", "1.40", "high case"} <= set(texts(drawn))


def test_spans_name_their_rows_and_give_base_and_range() -> None:
    rows: list[Row] = [
        {"span": "first", "low": -10, "base": 40, "high": 60, "low_label": "−10", "base_label": "40", "high_label": "60"},
        {"span": "all", "low": 90, "base": 180, "high": 240, "low_label": "90", "base_label": "180", "high_label": "240"},
    ]  # fmt: skip
    drawn = charts.svg(figure("spans", *rows, all_name="Three years"), brand())
    assert {"Year one", "Three years", "−10 to 60", "90 to 240"} <= set(texts(drawn))
    assert xs(drawn, "40") < xs(drawn, "−10 to 60") < xs(drawn, "180")


def test_a_chart_is_drawn_once_for_all_who_share_a_folder(tmp_path: Path) -> None:
    clean = charts.svg(figure("waterfall", BAR), brand())

    def drawn(fingerprint: str, locale: str = "en_US", **change: JsonValue) -> str:
        ours = replace(brand(), fingerprint=fingerprint, drawings=Drawings(tmp_path))
        return charts.svg(figure("waterfall", {**BAR, **change}), ours, locale)

    def kept() -> int:
        return sum(path.is_file() for path in tmp_path.rglob("*"))

    assert drawn("first run") == clean
    assert drawn("another process") == clean
    assert kept() == 1
    assert drawn("other data", label="Tomorrow") != clean
    drawn("another language", "de_DE")
    assert kept() == 3


def test_a_picture_is_drawn_once_for_each_size(tmp_path: Path) -> None:
    for fingerprint in ("first run", "another process"):
        ours = replace(brand(), fingerprint=fingerprint, drawings=Drawings(tmp_path))
        for scale in (1.0, 2.0):
            small = charts.picture(SQUARE, ours, scale)
            assert small == charts.picture(SQUARE, brand(), scale)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 2


SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def test_clips_and_gradients_do_not_tell_what_was_drawn_before() -> None:
    fade: JsonValue = {
        "gradient": "linear",
        "stops": [{"offset": 0, "color": "#000"}, {"offset": 1, "color": "#fff"}],
    }
    spec: dict[str, JsonValue] = {
        "mark": {"type": "bar", "clip": True},
        "encoding": {"y": {"field": "end", "type": "quantitative"}, "fill": {"value": fade}},
    }
    first, second = (
        charts.svg(figure("x", BAR), replace(brand(), fingerprint=run, charts={"x": spec}))
        for run in ("first", "second")
    )
    assert 'id="gradient_' in first
    assert 'id="clip' in first
    assert first == second
