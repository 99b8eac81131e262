"""Cash: payback, present value, what the result hangs on, and costs line by line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from winlab.cash import after_months, compared, payback_months, present_value, price_gap, swings
from winlab.inputs import ValueModel
from winlab.value import Figure, Flow, Origin, ValueCase, value_case


def flow(once: str, yearly: str) -> Flow:
    return Flow(Decimal(once), Decimal(yearly))


@pytest.mark.parametrize(
    ("once", "yearly", "months"),
    [
        ("-24000", "124000", 3),
        ("-12000", "12000", 12),
        ("-12001", "12000", 13),
        ("0", "5", 0),
        ("-100", "0", None),
        ("-100", "-5", None),
    ],
)
def test_the_first_month_after_which_the_cash_is_back(
    once: str, yearly: str, months: int | None
) -> None:
    found = payback_months(flow(once, yearly))
    assert found == months
    if found:
        assert after_months(flow(once, yearly), found) >= 0
        assert after_months(flow(once, yearly), found - 1) < 0


def test_a_present_value_can_be_reckoned_by_hand() -> None:
    # -24,000 + 124,000 / 1.1 + 124,000 / 1.21 + 124,000 / 1.331 = 284,369.6
    found = present_value(flow("-24000", "124000"), Decimal(10), 3, Decimal(1000))
    assert found == Decimal(284000)
    undiscounted = present_value(flow("-24000", "124000"), Decimal(0), 3, Decimal(1))
    assert undiscounted == Decimal(348000)


def model(**changes: object) -> ValueModel:
    return ValueModel.model_validate(
        {
            "id": "m", "version": "1", "owner": "o", "label": "l", "axis": "a",
            "start_label": "s", "end_label": "e", "net_label": "n", "headline": "saving",
            "inputs": {
                name: {"label": name, "unit": "USD"}
                for name in ("hours", "rate", "peers", "spend", "price", "volume", "cost")
            },
            "start": "hours * rate + spend",
            "parts": [
                {"id": "time", "label": "Time", "amount": "hours * rate"},
                {"id": "additive", "label": "Additive", "amount": "spend"},
            ],
            "steps": [
                {"id": "cut", "label": "Cut", "amount": "min(0, (peers - hours) * rate)", "basis": "b", "of": "time"},
                {"id": "dose", "label": "Dose", "amount": "volume * price - spend", "basis": "b", "of": "additive"},
                {"id": "switch", "label": "Switch", "amount": "cost", "basis": "b", "first_year_only": True},
            ],
            **changes,
        }
    )  # fmt: skip


def case(value_model: ValueModel | None = None, **figures: Figure) -> ValueCase:
    known = {
        "hours": figure("168.4", origin="confirmed"),
        "rate": figure("1000", estimate=True, origin="assumption"),
        "peers": figure("90", "120", "60", origin="peers"),
        "spend": figure("40000", origin="record"),
        "price": figure("4", origin="price"),
        "volume": figure("9000", origin="volume"),
        "cost": figure("24000", "32000", "18000", estimate=True),
    }
    found = value_case(value_model or model(), {**known, **figures})
    assert isinstance(found, ValueCase)
    return found


def figure(
    value: str, low: str = "", high: str = "", *, estimate: bool = False,
    origin: Origin = "constant",
) -> Figure:  # fmt: skip
    return Figure(
        Decimal(value), Decimal(low or value), Decimal(high or value), estimate, "x", origin=origin
    )


def test_the_three_flows_add_up_to_the_first_years_net() -> None:
    found = case()
    low, base, high = found.flows
    assert (low.net, base.net, high.net) == (found.low, found.net, found.high)
    assert (base.once, base.yearly) == (Decimal(-24000), Decimal(82000))
    assert (low.once, high.once) == (Decimal(-32000), Decimal(-18000))


def test_flows_stand_in_the_order_of_their_nets_whatever_the_figures_say() -> None:
    turned = case(cost=figure("24000", "18000", "32000"), peers=figure("90", "60", "120"))
    assert [one.net for one in turned.flows] == sorted(one.net for one in turned.flows)


def test_the_widest_swing_comes_first_and_the_offer_does_not_move() -> None:
    found = swings(case())
    assert [swing.name for swing in found] == ["hours", "peers", "rate", "spend", "cost"]
    peers, rate = found[1], found[2]
    assert (peers.low, peers.high) == (Decimal(28000), Decimal(88000))
    assert (peers.at_low, peers.at_high) == (Decimal(120), Decimal(60))
    assert (rate.at_low, rate.at_high) == (Decimal(800), Decimal(1200))
    assert all(swing.low <= case().net <= swing.high for swing in found)


def test_costs_line_by_line_add_up_and_the_largest_takes_what_rounding_leaves() -> None:
    found = case(hours=figure("168.4"), spend=figure("40300"))
    lines = compared(found)
    assert [(line.part.id, line.today) for line in lines] == [
        ("time", Decimal(169000)), ("additive", Decimal(40000)), ("switch", Decimal(0)),
    ]  # fmt: skip
    assert sum(line.today for line in lines) == found.start == Decimal(209000)
    assert sum(line.after for line in lines) == found.end


def test_without_parts_or_a_figure_for_one_there_is_no_comparison() -> None:
    assert compared(case(model(parts=[]))) == ()
    unknown = model(parts=[{"id": "x", "label": "X", "amount": "hours / (volume - volume)"}])
    assert compared(case(unknown)) == ()


def test_the_price_difference_that_earns_a_change_back() -> None:
    avoided = case(model(headline="avoided", per_unit="volume", unit="kg"))
    assert price_gap(avoided, Decimal(93000), 24) == Decimal("5.17")
    assert price_gap(avoided, Decimal(93000), 12) == Decimal("10.33")
    assert price_gap(case(), Decimal(93000), 24) is None
