"""The day to work for, which knows until when what was made for it holds.

Packs depend on comparisons of dates (expired? older than 90 days?), not on the day itself. So the
day takes note of each comparison that it takes part in: until the next of them turns, a new day
changes nothing.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NoReturn, Self

_DAY = timedelta(days=1)


class AsOf(date):
    """A day that records on which later days comparisons with it would turn out otherwise.

    Compare it with dates; to ask for an age use :func:`older_than`. A difference would hide what
    is compared, and is refused.
    """

    _turns: set[date]

    @classmethod
    def of(cls, day: date) -> Self:
        """The same day, with nothing recorded yet."""
        own = cls(day.year, day.month, day.day)
        own._turns = set()
        return own

    @property
    def turns(self) -> date | None:
        """The first later day on which a comparison made so far turns; None if none will."""
        return min((day for day in self._turns if date.__gt__(day, self)), default=None)

    def _note(self, day: date) -> None:
        self._turns.add(date(day.year, day.month, day.day))

    def _note_after(self, day: date) -> None:
        if date.__lt__(day, date.max):
            self._note(date(day.year, day.month, day.day) + _DAY)

    def __lt__(self, other: date) -> bool:
        self._note(other)
        return date.__lt__(self, other)

    def __ge__(self, other: date) -> bool:
        self._note(other)
        return date.__ge__(self, other)

    def __le__(self, other: date) -> bool:
        self._note_after(other)
        return date.__le__(self, other)

    def __gt__(self, other: date) -> bool:
        self._note_after(other)
        return date.__gt__(self, other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, date):
            self._note(other)
            self._note_after(other)
        return date.__eq__(self, other)

    def __hash__(self) -> int:
        return date.__hash__(self)

    def __sub__(self, other: object) -> NoReturn:
        raise TypeError("compare the day, or use older_than")

    __rsub__ = __sub__
    __add__ = __sub__
    __radd__ = __sub__

    def __reduce__(self) -> tuple[type[date], tuple[int, int, int]]:
        return date, (self.year, self.month, self.day)


def older_than(day: date, days: int, as_of: date) -> bool:
    """Whether more than so many days have passed since a day."""
    return as_of > day + timedelta(days=days)
