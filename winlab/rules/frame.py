"""Decides every row of a frame at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from winlab.facts import FactType
from winlab.problems import Problem, warning
from winlab.rules.atoms import Axis, grid_step
from winlab.rules.conditions import DIGITS
from winlab.rules.table import Outcome, Status, Table, matters

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

CHUNK = 1 << 16
"""Rows that are worked on at a time, fewer under very many rules."""

BUCKETS = 1 << 12
"""Into how many parts of equal width an axis is cut to find a number's band."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcomes of a frame's rows.

    ``outcomes`` are the different ones and ``index`` says which each row has. ``codes`` holds the
    rows' codes on each axis that matters: all that a trace needs. ``problems`` are warnings on
    values outside a domain and on infinities, with their rows.
    """

    table: Table
    outcomes: tuple[Outcome, ...]
    index: NDArray[numpy.int64]
    codes: Mapping[str, NDArray[numpy.unsignedinteger]]
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, row: int) -> Outcome:
        return self.outcomes[int(self.index[row])]

    def __iter__(self) -> Iterator[Outcome]:
        return (self.outcomes[i] for i in self.index)

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        import numpy as np

        counts = np.bincount(self.index, minlength=len(self.outcomes))
        pairs = zip(self.outcomes, counts, strict=True)
        return sum(int(n) for outcome, n in pairs if outcome.status is status)

    def alike(self) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64]]:
        """A label for each row, equal for rows that no rule tells apart; the first row of each."""
        import numpy as np

        if not self.codes:
            return np.zeros(len(self), np.int64), np.zeros(min(len(self), 1), np.int64)
        return _distinct(np.column_stack([*self.codes.values()]).astype(np.uint64))

    def matching(self, row: int) -> tuple[int, int]:
        """The sets of rules that are true and that are unknown on a row."""
        return self.table.matching(
            [
                int(self.codes[axis.fact.name][row]) if axis.fact.name in self.codes else 0
                for axis in self.table.axes
            ]
        )


def evaluate(table: Table, frame: pandas.DataFrame) -> Evaluation:
    """Decides every row of a frame whose columns are fact names; an absent one is missing."""
    import numpy as np

    rows = len(frame)
    axes = [(i, axis) for i, axis in enumerate(table.axes) if matters(table, axis)]
    problems: list[Problem] = []
    codes: dict[str, NDArray[numpy.unsignedinteger]] = {}
    for _, axis in axes:
        name = axis.fact.name
        if name in frame.columns:
            codes[name] = _column_codes(axis, frame[name], problems)
        else:
            codes[name] = np.full(rows, axis.missing, _code_type(axis))
    words = max(1, -(-len(table.rules) // 64))
    masks = [_masks(axis, words) for _, axis in axes]
    index = np.zeros(rows, np.int64)
    outcomes: list[Outcome] = []
    found: dict[tuple[int, int, int], int] = {}

    def settled(true: int, maybe: int, gone: int) -> int:
        key = (true, maybe & ~true, gone)
        if key not in found:
            found[key] = len(outcomes)
            outcomes.append(table.settle(*key))
        return found[key]

    chunk = max(256, CHUNK // words)
    for start in range(0, rows, chunk):
        here = slice(start, min(start + chunk, rows))
        size = here.stop - here.start
        true = np.full((size, words), _words(table.everything, words), np.uint64)
        maybe: NDArray[numpy.uint64] | None = None
        gone = np.zeros((size, -(-max(1, len(table.axes)) // 64)), np.uint64)
        for (i, axis), (sure, possible) in zip(axes, masks, strict=True):
            column = codes[axis.fact.name][here]
            absent = column == axis.missing
            if maybe is None and absent.any():
                maybe = true.copy()
            if maybe is not None:
                maybe &= possible[column]
                gone[:, i // 64] |= absent.astype(np.uint64) << np.uint64(i % 64)
            true &= sure[column]
        doubtful = None if maybe is None else (maybe != true).any(axis=1)
        if doubtful is None or maybe is None or not doubtful.any():
            label, first = _distinct(true)
            which = [settled(_int(true[row]), _int(true[row]), 0) for row in first]
            index[here] = np.array(which, np.int64)[label]
            continue
        certain = ~doubtful
        part = index[here]
        label, first = _distinct(true[certain])
        which = [settled(_int(row), _int(row), 0) for row in true[certain][first]]
        part[certain] = np.array(which, np.int64)[label]
        together = np.hstack([true[doubtful], maybe[doubtful], gone[doubtful]])
        label, first = _distinct(together)
        which = [
            settled(_int(row[:words]), _int(row[words : 2 * words]), _int(row[2 * words :]))
            for row in together[first]
        ]
        part[doubtful] = np.array(which, np.int64)[label]
    return Evaluation(table, tuple(outcomes), index, codes, tuple(problems))


def _words(these: int, words: int) -> NDArray[numpy.uint64]:
    import numpy as np

    return np.frombuffer(these.to_bytes(words * 8, "little"), np.uint64)


def _int(words: NDArray[numpy.uint64]) -> int:
    return int.from_bytes(words.tobytes(), "little")


def _masks(axis: Axis, words: int) -> tuple[NDArray[numpy.uint64], NDArray[numpy.uint64]]:
    """For each code the rules that are true, and those that are true or unknown."""
    import numpy as np

    size = words * 8
    sure = np.frombuffer(b"".join(t.to_bytes(size, "little") for t in axis.true), np.uint64)
    sure = sure.reshape(-1, words)
    possible = sure.copy()
    possible[axis.missing] = _words(axis.maybe, words)
    return sure, possible


def _distinct(
    rows: NDArray[numpy.uint64],
) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64]]:
    """A label for each row, equal for equal rows, and the first row of each label."""
    import numpy as np
    import pandas as pd

    label, kinds = pd.factorize(rows[:, 0])
    for column in range(1, rows.shape[1]):
        more, others = pd.factorize(rows[:, column])
        if len(others) > 1:
            label, kinds = pd.factorize((label * len(others) + more).astype(np.uint64))
    first = np.zeros(len(kinds), np.int64)
    first[label[::-1]] = np.arange(len(label))[::-1]
    return label, first


def _code_type(axis: Axis) -> type[numpy.unsignedinteger]:
    import numpy as np

    return np.uint8 if axis.missing < 256 else np.uint32


def _column_codes(
    axis: Axis, column: pandas.Series, problems: list[Problem]
) -> NDArray[numpy.unsignedinteger]:
    """The codes of a frame's column; warns of values outside the domain and of infinities."""
    import numpy as np
    import pandas as pd

    fact = axis.fact
    kind = column.dtype
    endless = None
    edges = _float_edges(axis)
    if fact.type is FactType.NUMBER and pd.api.types.is_numeric_dtype(kind) and edges is not None:
        if pd.api.types.is_bool_dtype(kind):
            codes = np.full(len(column), axis.other, _code_type(axis))
        else:
            values = np.asarray(column.to_numpy(np.float64, na_value=np.nan), np.float64)
            endless = np.isinf(values)
            codes = _float_codes(axis, edges, values)
    elif fact.type is FactType.DATE and pd.api.types.is_datetime64_any_dtype(kind):
        days = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy("datetime64[D]")
        values = days.astype(np.int64).astype(np.float64) + date(1970, 1, 1).toordinal()
        values[np.isnat(days)] = np.nan
        codes = _float_codes(axis, edges or [], values)
    else:
        labels, kinds = pd.factorize(column)
        table = [axis.code(value) for value in kinds] + [axis.missing]
        codes = np.array(table, _code_type(axis))[labels]
        floats = [isinstance(v, (float, Decimal)) and math.isinf(v) for v in kinds]
        if any(floats):
            endless = np.array([*floats, False])[labels]
    outside = codes == axis.other
    if outside.any():
        problems.append(
            _rows_problem(
                "value-outside",
                f"outside what {fact.name} can be, and match no condition",
                "correct the data, or the domain in the facts file",
                column,
                outside,
            )
        )
    if endless is not None and endless.any():
        problems.append(
            _rows_problem(
                "value-infinite",
                f"infinite for {fact.name}, and count as missing",
                "correct the data",
                column,
                endless,
            )
        )
    return codes


def _rows_problem(
    code: str,
    what: str,
    hint: str,
    column: pandas.Series,
    where: NDArray[numpy.bool_],
) -> Problem:
    found = column[where]
    names = ", ".join(f"{row}: {value}" for row, value in found.head(5).items())
    more = ", …" if len(found) > 5 else ""
    values = "1 value is" if len(found) == 1 else f"{len(found)} values are"
    return warning(code, f"{values} {what} (rows {names}{more})", hint)


def _float_edges(axis: Axis) -> list[float] | None:
    """For each cut the least float behind it, rounding included; ``None`` if floats can't tell.

    Up to 15 digits a float's shortest notation is the number itself, so comparing floats here
    is comparing decimals.
    """
    if axis.fact.type not in (FactType.NUMBER, FactType.DATE):
        return None
    step = grid_step(axis.fact) if axis.fact.type is FactType.NUMBER else None
    edges = []
    for cut in (axis.domain[0], *axis.cuts, axis.domain[1]):
        if cut is None:
            continue
        number, after = cut[0], cut[1] == 1
        if step is not None:
            after = number <= 0
            number -= step / 2
        if len(number.normalize().as_tuple().digits) > DIGITS:
            return None
        edges.append(math.nextafter(float(number), math.inf) if after else float(number))
    return edges


def _float_codes(
    axis: Axis, edges: Sequence[float], values: NDArray[numpy.float64]
) -> NDArray[numpy.unsignedinteger]:
    import numpy as np

    low, high = axis.domain
    codes = [axis.other] if low is not None else []
    codes += range(len(axis.bands))
    codes += [axis.other] if high is not None else []
    table = np.array(codes, _code_type(axis))
    found = np.take(table, _passed(np.array(edges, np.float64), values))
    found[~np.isfinite(values)] = axis.missing
    return found


def _passed(
    edges: NDArray[numpy.float64], values: NDArray[numpy.float64]
) -> NDArray[numpy.unsignedinteger]:
    """For each value how many edges (in order) it has reached; anything for NaN.

    The buckets rise with the numbers, whatever rounding does, so a value has reached the edges
    of all lower buckets and none of a higher one. Only where a bucket holds several is searched.
    """
    import numpy as np

    passed = np.zeros(len(values), np.uint32)
    if not len(edges):
        return passed
    with np.errstate(all="ignore"):
        scale = (BUCKETS - 1) / (edges[-1] - edges[0])

        def buckets(numbers: NDArray[numpy.float64]) -> NDArray[numpy.int64]:
            scaled: NDArray[numpy.float64] = (numbers - edges[0]) * scale
            return np.fmin(np.fmax(scaled, 0), BUCKETS - 1).astype(np.int64)

        taken = buckets(edges)
        below = np.searchsorted(taken, np.arange(BUCKETS))
        only = np.full(BUCKETS, np.nan)
        only[taken] = edges
        crowded = np.bincount(taken, minlength=BUCKETS) > 1
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            bucket = buckets(part)
            count = below[bucket] + (part >= only[bucket])
            search = crowded[bucket]
            if search.any():
                count[search] = np.searchsorted(edges, part[search], side="right")
            passed[start : start + CHUNK] = count
    return passed
