import pickle
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab.as_of import AsOf, older_than

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
COMPARISONS: dict[str, Callable[[date, date], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "reflected <": lambda a, b: b < a,
    "reflected >=": lambda a, b: b >= a,
    "between": lambda a, b: b <= a <= b + timedelta(days=3),
    "older than": lambda a, b: older_than(b, 20, a),
}


@given(DAYS, st.lists(st.tuples(st.sampled_from(sorted(COMPARISONS)), DAYS), max_size=4))
def test_until_a_turn_nothing_changes(day: date, made: list[tuple[str, date]]) -> None:
    def outcome(as_of: date) -> list[bool]:
        return [COMPARISONS[name](as_of, other) for name, other in made]

    as_of = AsOf.of(day)
    found = outcome(as_of)
    assert found == outcome(day)
    until = as_of.turns or date(2026, 4, 1)
    later = day
    while later + timedelta(days=1) < until:
        later += timedelta(days=1)
        assert outcome(later) == found


def test_a_turn_is_the_day_itself() -> None:
    as_of = AsOf.of(date(2026, 1, 10))
    assert as_of.turns is None
    assert not date(2026, 1, 20) < as_of  # expired from the 21st
    assert as_of.turns == date(2026, 1, 21)
    assert not older_than(date(2026, 1, 1), 10, as_of)  # older from the 12th
    assert as_of.turns == date(2026, 1, 12)


def test_a_difference_would_hide_the_comparison() -> None:
    with pytest.raises(TypeError, match="older_than"):
        AsOf.of(date(2026, 1, 10)) - date(2026, 1, 1)


def test_it_travels_as_a_plain_day() -> None:
    assert type(pickle.loads(pickle.dumps(AsOf.of(date(2026, 1, 10))))) is date
