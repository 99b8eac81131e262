"""Decides every row of a frame at once."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

CHUNK = 1 << 17
"""Rows that are worked on at a time, fewer under very many rules."""

COMBINATIONS = 1 << 14
"""Up to how many combinations of codes are kept in a list; more are looked up by their hash."""

MIXER = 0x9E3779B97F4A7C15
"""An odd number whose multiples spread over all bits."""

FEW = 256
"""Below how many edges a column is compared with each, which is faster than a search."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcomes of a frame's rows.

    ``outcomes`` are the different ones and ``index`` says which each row has. ``codes`` holds the
    rows' codes on each axis that matters: all that a trace needs. ``problems`` are warnings on
    values outside a domain and on infinities, with their rows.
    """

    table: Table
    outcomes: tuple[Outcome, ...]
    index: NDArray[numpy.int32]
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
        codes = np.column_stack([*self.codes.values()])
        _, first, label = np.unique(codes, axis=0, return_index=True, return_inverse=True)
        return label.ravel(), first

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
    kinds = _Kinds(table)
    states = [kinds.of_axis(i, axis) for i, axis in axes]
    index = np.empty(rows, np.int32)
    outcomes: list[Outcome] = []
    numbers: dict[tuple[int, ...], int] = {}
    number_of: dict[tuple[int, int, int], int] = {}
    chunk = max(256, CHUNK // kinds.words)
    for start in range(0, rows, chunk):
        columns = [codes[axis.fact.name][start : start + chunk] for _, axis in axes]
        label, found = kinds.of_rows(states, columns, min(chunk, rows - start))
        which = []
        for sets in kinds.sets(found):
            if sets not in number_of:
                key = table.decisive(*sets)
                if key not in numbers:
                    numbers[key] = len(outcomes)
                    outcomes.append(table.settle(*sets))
                number_of[sets] = numbers[key]
            which.append(number_of[sets])
        index[start : start + chunk] = np.array(which, np.int32).take(label)
    return Evaluation(table, tuple(outcomes), index, codes, tuple(problems))


class _Kinds:
    """Kinds of rows, as rows of bits: rules true, rules true or unknown, axes not missing.

    What several axes say together is what each says, joined by "and".
    """

    def __init__(self, table: Table) -> None:
        self.everything = table.everything
        self.words = max(1, -(-len(table.rules) // 64))
        self.axis_words = max(1, -(-len(table.axes) // 64))
        self.there = (1 << self.axis_words * 64) - 1

    def of_axis(self, i: int, axis: Axis) -> NDArray[numpy.uint64]:
        """The kind of each of an axis' codes."""
        sets = [(true, true, self.there) for true in axis.true]
        sets[axis.missing] = (axis.true[axis.missing], axis.maybe, self.there ^ 1 << i)
        return self._bits(sets)

    def of_rows(
        self,
        states: Sequence[NDArray[numpy.uint64]],
        columns: Sequence[NDArray[numpy.unsignedinteger]],
        rows: int,
    ) -> tuple[NDArray[numpy.unsignedinteger], NDArray[numpy.uint64]]:
        """A label for each row and each label's kind, from the axes' kinds and the rows' codes.

        Some axes at a time: their codes are made one number, and the combinations that say the
        same get one label. Small integers, since touching memory takes most of the time.
        """
        import numpy as np
        import pandas as pd

        kinds = self._bits([(self.everything, self.everything, self.there)])
        label = np.zeros(rows, np.min_scalar_type(0))
        done = 0
        while done < len(states):
            sizes = _together(len(kinds), [len(state) for state in states[done:]])
            these = range(done, done + len(sizes) - 1)
            done = these.stop
            space = math.prod(sizes)
            label = label.astype(np.min_scalar_type(space))
            for axis in these:
                label = label * len(states[axis]) + columns[axis]
            if space <= COMBINATIONS:
                place = label.astype(np.intp)
                seen = np.zeros(space, np.bool_)
                seen[place] = True
                found = np.flatnonzero(seen)
            else:
                place, found = pd.factorize(label)
            old, *codes = np.unravel_index(found.astype(np.intp), sizes)
            kinds = kinds[old]
            for axis, code in zip(these, codes, strict=True):
                kinds &= states[axis][code]
            joined, kinds = self._joined(kinds)
            labels = joined.astype(np.min_scalar_type(len(kinds)))
            if space <= COMBINATIONS:
                labels = np.zeros(space, labels.dtype)
                labels[found] = joined
            label = labels.take(place)
        return label, kinds

    def sets(self, kinds: NDArray[numpy.uint64]) -> Iterator[tuple[int, int, int]]:
        """For each kind the sets of rules true, of rules unknown, and of axes missing."""
        for true, maybe, there in zip(*map(_integers, self._parts(kinds)), strict=True):
            yield true, maybe & ~true, there ^ self.there

    def _bits(self, sets: Iterable[tuple[int, int, int]]) -> NDArray[numpy.uint64]:
        import numpy as np

        sizes = (self.words * 8, self.words * 8, self.axis_words * 8)
        packed = b"".join(
            one.to_bytes(size, "little")
            for three in sets
            for one, size in zip(three, sizes, strict=True)
        )
        return np.frombuffer(packed, np.uint64).reshape(-1, sum(sizes) // 8)

    def _parts(self, kinds: NDArray[numpy.uint64]) -> list[NDArray[numpy.uint64]]:
        import numpy as np

        return np.split(kinds, [self.words, 2 * self.words], axis=1)

    def _joined(
        self, kinds: NDArray[numpy.uint64]
    ) -> tuple[NDArray[numpy.int64], NDArray[numpy.uint64]]:
        """A label for each kind, equal for those that decide alike, and the different ones.

        Which values are missing is all one where no rule is unknown. A hash tells kinds apart;
        should two that differ share one, they are sorted instead.
        """
        import numpy as np
        import pandas as pd

        true, maybe, there = self._parts(kinds)
        there[(true == maybe).all(axis=1)] = np.iinfo(np.uint64).max
        mixed = np.zeros(len(kinds), np.uint64)
        for word in kinds.T:
            mixed = (mixed ^ word) * np.uint64(MIXER)
            mixed ^= mixed >> np.uint64(32)
        label, _ = pd.factorize(mixed)
        first = np.zeros(label.max(initial=-1) + 1, np.int64)
        first[label[::-1]] = np.arange(len(label))[::-1]
        if not np.array_equal(kinds[first][label], kinds):
            different, label = np.unique(kinds, axis=0, return_inverse=True)
            return label, different
        return label, kinds[first]


def _together(kinds: int, sizes: Sequence[int]) -> list[int]:
    """How many kinds and codes there are on the axes to take next: few, or as many as go."""
    taken = [kinds, sizes[0]]
    most = COMBINATIONS if kinds * sizes[0] <= COMBINATIONS else 1 << 62
    for size in sizes[1:]:
        if math.prod(taken) * size > most:
            break
        taken.append(size)
    return taken


def _integers(words: NDArray[numpy.uint64]) -> list[int]:
    found: list[int] = words[:, 0].tolist()
    for i in range(1, words.shape[1]):
        more = words[:, i].tolist()
        found = [low | high << 64 * i for low, high in zip(found, more, strict=True)]
    return found


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
        if isinstance(kind, pd.CategoricalDtype):
            labels, kinds = column.cat.codes.to_numpy(), column.cat.categories
        else:
            labels, kinds = pd.factorize(column)
        table = [axis.code(value) for value in kinds] + [axis.missing]
        codes = np.array(table, _code_type(axis)).take(labels)
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
    """Each edge that a value has reached changes its code, modulo 256; NaN reaches none or all."""
    import numpy as np

    low, high = axis.domain
    codes = [axis.missing]
    codes += [axis.other] if low is not None else []
    codes += range(len(axis.bands))
    codes += [axis.other] if high is not None else []
    codes += [axis.missing]
    table = np.array(codes, _code_type(axis))
    ends = [-sys.float_info.max, *edges, math.inf]
    if len(ends) >= FEW:
        return table.take(np.searchsorted(ends, values, side="right"))
    found = np.full(len(values), axis.missing, np.uint8)
    for end, step in zip(ends, np.diff(table), strict=True):
        found += (values >= end).view(np.uint8) * step
    return found
