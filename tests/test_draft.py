"""A new plan holds what the lab knows, and nothing that the other tables do not hold."""

from __future__ import annotations

from pathlib import Path

from tests import small
from winlab.draft import draft_plan
from winlab.read import read_workspace
from winlab.source import parse_yaml


def drafted(folder: Path, rows: str, prices: tuple[str, str] = ("", "")) -> object:
    named = ('products = "products.csv"', 'products = "products.csv"\npurchases = "purchases.csv"')
    small.write(folder, {"winlab.toml": named, "products.csv": prices})
    (folder / "purchases.csv").write_text("account,year,product,volume,revenue,currency\n" + rows)
    parsed, problems = parse_yaml(draft_plan("A-1", read_workspace(folder)), "new.yaml")
    assert problems == []
    assert isinstance(parsed.tree, dict)
    return parsed.tree.get("products")


def test_purchases_of_a_product_that_is_not_sold_any_more_are_passed_over(tmp_path: Path) -> None:
    rows = "A-1,2026,P-9,5,20,USD\nA-1,2026,P-1,30,130,USD\n"
    assert drafted(tmp_path, rows) == [
        {"id": "P-1", "volume": {"current": "30", "potential": "100", "unit": "t/a"}}
    ]


def test_without_purchases_a_product_of_the_industry_is_proposed(tmp_path: Path) -> None:
    assert drafted(tmp_path / "sold", "A-1,2026,P-9,5,20,USD\n") == [
        {"id": "P-1", "volume": {"current": "0", "potential": "100", "unit": "t/a"}}
    ]
    assert drafted(tmp_path / "unsold", "", ("P-1,P-1", "P-2,P-2")) is None
