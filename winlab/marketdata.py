"""Reads what score.yaml names into one clean table a subject; what is wrong is said, not dropped.

An id that is spelt a little otherwise (case, apostrophes, spaces) still finds its market, with a
warning. A figure that cannot be right counts as missing, with a warning at its cell.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from winlab.atlas import Atlas, NotTopology, read_atlas
from winlab.files import Reader
from winlab.inputs import (
    DriverColumn,
    HistoryTable,
    LeverColumn,
    LocalOverride,
    Resource,
    ScoreFile,
    ShapesFile,
    TravelTable,
)
from winlab.problems import Place, Problem, error, note, warning
from winlab.source import Parsed, Sheet
from winlab.validate import did_you_mean

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[numpy.float64]

KM = {"km": 1.0, "mi": 1.609344}
MAX_GAPS = 0.5
"""A driver or lever that more markets lack is left out."""
MANY = 5
"""Markets that a table speaks of and nobody lists are told one by one, up to so many."""
LARGEST = 1e15
"""A larger number is a slip of the pen, in whatever unit."""
SCORED_COLUMNS = frozenset({
    "id", "name", "region", "industry", "growth", "growth_low", "growth_high", "share",
    "share_change", "share_trend", "share_of_growth", "margin", "size", "potential", "priority",
    "priority_rank", "addressable", "addressable_low", "addressable_high", "main_cause",
    "cause_ease", "size_note", "override", "peer_group", "lifted_by", "held_back_by",
    "demand_growth_driver",
})  # fmt: skip
"""The scored table's own columns, whose names no lever and no resource may have."""
_PERIOD = re.compile(r"((?:19|20|21)\d{2})(?:\s*-?\s*[Qq]([1-4]))?")


@dataclass(frozen=True)
class History:
    """Market size, own sales and margin money: one row a market, one column a period."""

    market: pandas.DataFrame
    own: pandas.DataFrame
    margin: pandas.DataFrame | None

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods in order, as they are written."""
        return tuple(map(str, self.market.columns))


@dataclass(frozen=True)
class Survey:
    """All that the five steps work on. Frames are indexed by market id, in the order of the list.

    ``years`` has whole years for the growth of markets; ``history`` the periods that shares are
    compared by. ``travel`` is the reps' mean distance in km by region.
    """

    file: ScoreFile
    currency: str
    markets: pandas.DataFrame
    history: History
    years: pandas.DataFrame
    lines: Mapping[str, History]
    drivers: pandas.DataFrame
    levers: pandas.DataFrame
    resources: pandas.DataFrame
    travel: Mapping[str, float]
    atlas: Atlas | None
    overrides: Mapping[str, LocalOverride]
    problems: tuple[Problem, ...] = ()


def rough(value: float) -> str:
    """An amount as a sentence tells it: three digits, in thousands or millions."""
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(value) >= size * 0.9995:
            digits = max(0, 2 - int(math.log10(abs(value) / size) + 1e-4))
            return f"{value / size:,.{digits}f}{word}"
    return f"{value:,.0f}"


def fold(text: str) -> str:
    """How a name is compared where spellings differ in case, apostrophes, accents or spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.sub("[\u2018\u2019\u02bc`´]", "'", plain).split())


def read_survey(reader: Reader, path: Path, currency: str) -> Survey | None:
    """Reads score.yaml and its tables; ``None`` after a problem that leaves one of them out."""
    found = reader.shape(ScoreFile, path)
    if found is None:
        return None
    file, parsed = found
    base = _Base(reader, file, parsed)
    if base.sheets is None or base.markets is None:
        return None
    history = _history(base, file.history, "history")
    if history is None:
        return None
    by_period, years = history
    return Survey(
        file,
        currency,
        base.markets,
        by_period[""],
        years,
        _lines(base, file.lines, by_period[""]),
        _drivers(base),
        _levers(base, by_period[""]),
        base.columns([(r.id, r.column, ("resources", i)) for i, r in enumerate(file.resources)],
                     least=0),
        _travel(base, file.travel),
        _atlas(base, file.shapes),
        _overrides(base),
    )  # fmt: skip


class _Base:
    """The list of markets, and the tables with one row a market."""

    def __init__(self, reader: Reader, file: ScoreFile, parsed: Parsed) -> None:
        self.reader = reader
        self.file = file
        self.parsed = parsed
        self.cells: dict[str, tuple[Sheet, Mapping[str, int]]] = {}
        self.markets: pandas.DataFrame | None = None
        self.folded: dict[str, str] = {}
        self._said: set[Problem] = set()
        self._check_ids()
        self.sheets = self._sheets()
        if self.sheets:
            self._list_markets(self.sheets[0])
        if self.sheets and self.folded:
            self._join(self.sheets)

    def say(self, problem: Problem) -> None:
        """Keeps a problem; one that a column brings a second time is told once."""
        if problem not in self._said:
            self._said.add(problem)
            self.reader.problems.append(problem)

    def _check_ids(self) -> None:
        """No id stands twice in its list, and none is a column of the scored table."""
        lists: dict[str, Sequence[DriverColumn | LeverColumn | Resource]] = {
            "drivers": self.file.drivers, "levers": self.file.levers,
            "resources": self.file.resources,
        }  # fmt: skip
        for name, listed in lists.items():
            seen: set[str] = set()
            for index, one in enumerate(listed):
                place = self.parsed.place((name, index, "id"))
                if one.id in seen:
                    self.say(
                        error("duplicate-id", f"{name}: the id {one.id!r} is used twice",
                              "rename or delete one of the two", place)
                    )  # fmt: skip
                elif name != "drivers" and one.id in SCORED_COLUMNS:
                    self.say(
                        error("reserved-id", f"{name}: {one.id!r} is a column that winlab score "
                              "writes itself", f"call it {one.id}_ours, for example", place)
                    )  # fmt: skip
                seen.add(one.id)

    def sheet(self, name: str, columns: Sequence[str], *pointer: str | int) -> Sheet | None:
        """A table below the workspace that has these columns."""
        place = self.parsed.place(pointer)
        path = self.reader.inside(name, place)
        sheet = self.reader.sheet(path) if path else None
        if sheet is None:
            return None
        missing = [column for column in columns if column not in sheet.header]
        for column in missing:
            self.say(
                error("no-column", f"{name} has no column {column!r}",
                      did_you_mean(column, sheet.header), place)
            )  # fmt: skip
        return None if missing else sheet

    def _sheets(self) -> list[Sheet] | None:
        tables = self.file.markets
        found = [
            self.sheet(name, [tables.id], "markets", "files", index)
            for index, name in enumerate(tables.files)
        ]
        sheets = [sheet for sheet in found if sheet is not None]
        if len(sheets) < len(found):
            return None
        for column, pointer in ((tables.name, "name"), (tables.region, "region")):
            if column and not any(column in sheet.header for sheet in sheets):
                known = [name for sheet in sheets for name in sheet.header]
                self.say(
                    error("no-column", f"no table of markets has a column {column!r}",
                          did_you_mean(column, known), self.parsed.place(("markets", pointer)))
                )  # fmt: skip
                return None
        return sheets

    def _list_markets(self, sheet: Sheet) -> None:
        column = self.file.markets.id
        for index, row in enumerate(sheet.rows):
            given = row[column].strip()
            place = sheet.place(index, column)
            key = fold(given)
            if not given:
                self.say(error("no-id", "the market has no id", "give it one", place))
            elif given[0] in "=+-@":
                self.say(
                    error("bad-id", f"a spreadsheet would read the id {given!r} as a formula",
                          "let it begin with a letter or a digit", place)
                )  # fmt: skip
            elif key in self.folded:
                other = self.folded[key]
                what = "used twice" if other == given else f"the same as {other!r} but for spelling"
                self.say(
                    error("duplicate-id", f"the id {given!r} is {what}",
                          "rename or delete one of the rows", place)
                )  # fmt: skip
            else:
                self.folded[key] = given
        if not sheet.rows:
            self.say(
                error("no-rows", f"{sheet.file} lists no market", "give it a row for each",
                      Place(sheet.file, 1, 1))
            )  # fmt: skip

    def market_of(self, sheet: Sheet, index: int, column: str, said: dict[str, Problem]) -> str:
        """The market that a row speaks of; empty, with a warning, if the list does not hold it.

        One warning a spelling is kept in ``said``, with how often it is met.
        """
        given = sheet.rows[index][column].strip()
        known = self.folded.get(fold(given), "")
        if known == given:
            return known
        if given in said:
            said[given] = replace(said[given], same=said[given].same + 1)
        elif known:
            said[given] = warning(
                "spelt-otherwise", f"{given!r} is taken for the market {known!r}",
                "write the id as the list of markets does", sheet.place(index, column),
            )  # fmt: skip
        else:
            said[given] = warning(
                "unknown-market", f"the row speaks of the market {given!r}, which "
                f"{self.file.markets.files[0]} does not list, so it is not used",
                did_you_mean(given, self.folded.values()), sheet.place(index, column),
            )  # fmt: skip
        return known

    def tell(self, said: Mapping[str, Problem]) -> None:
        """Keeps what :meth:`market_of` found; many unknown markets of a table at once."""
        unknown = [given for given, one in said.items() if one.code == "unknown-market"]
        many = len(unknown) > MANY
        for given, one in said.items():
            if not many or given not in unknown:
                self.say(one)
        if many:
            rows = sum(said[given].same + 1 for given in unknown)
            self.say(
                warning("unknown-market", f"{rows} rows speak of {len(unknown)} markets that "
                        f"{self.file.markets.files[0]} does not list ({_few(unknown)}), so they "
                        "are not used", "list them, or write the ids as there",
                        said[unknown[0]].place)
            )  # fmt: skip

    def _join(self, sheets: Sequence[Sheet]) -> None:
        """Finds each market's row in each table, and its name and region."""
        import pandas as pd

        tables = self.file.markets
        listed = list(self.folded.values())
        texts: dict[str, dict[str, str]] = {"name": {}, "region": {}}
        for sheet in sheets:
            said: dict[str, Problem] = {}
            rows: dict[str, int] = {}
            for index in range(len(sheet.rows)):
                market = self.market_of(sheet, index, tables.id, said)
                if not market:
                    continue
                if market in rows and sheet is not sheets[0]:
                    self.say(
                        error("duplicate-id", f"the id {market!r} is used twice",
                              "rename or delete one of the rows", sheet.place(index, tables.id))
                    )  # fmt: skip
                    continue
                rows.setdefault(market, index)
            if sheet is not sheets[0]:
                self.tell(said)
            self._absent(sheet, [market for market in listed if market not in rows])
            for column in sheet.header:
                self.cells.setdefault(column, (sheet, rows))
            for what, named in (("name", tables.name), ("region", tables.region)):
                if named and named in sheet.header:
                    self._texts(sheet, rows, named, texts[what])
        self.markets = pd.DataFrame(
            {
                "name": [texts["name"].get(market) or market for market in listed],
                "region": [texts["region"].get(market) or self.file.area for market in listed],
            },
            index=pd.Index(listed, name="id"),
        )

    def _absent(self, sheet: Sheet, markets: Sequence[str]) -> None:
        if markets:
            self.say(
                warning("no-row", f"{sheet.file} has no row for {_few(markets)}; its figures count "
                        "as missing there", "add the rows", Place(sheet.file, 1, 1))
            )  # fmt: skip

    def _texts(
        self, sheet: Sheet, rows: Mapping[str, int], column: str, into: dict[str, str]
    ) -> None:
        for market, index in rows.items():
            text = sheet.rows[index][column].strip()
            before = into.setdefault(market, text)
            if text == before:
                continue
            place = sheet.place(index, column)
            if fold(text) == fold(before):
                message = f"{text!r} is spelt {before!r} in another table"
                self.say(note("spelt-otherwise", message, "use one spelling", place))
            else:
                message = f"the market {market!r} is called {text!r} here and {before!r} elsewhere"
                self.say(warning("name-differs", message, "check that the id is right", place))

    def columns(
        self, wanted: Sequence[tuple[str, str, tuple[str | int, ...]]], least: float | None = None
    ) -> pandas.DataFrame:
        """Columns of the tables of markets as numbers, each under the name that is wanted."""
        import pandas as pd

        assert self.markets is not None
        out: dict[str, Floats] = {}
        for name, column, pointer in wanted:
            if column not in self.cells:
                self.say(
                    error("no-column", f"no table of markets has a column {column!r}",
                          did_you_mean(column, self.cells), self.parsed.place(pointer))
                )  # fmt: skip
                continue
            sheet, rows = self.cells[column]
            indices = [rows.get(market, -1) for market in self.markets.index]
            out[name] = _numbers(self.say, sheet, column, indices, least)
        return pd.DataFrame(out, index=self.markets.index)


def _few(markets: Sequence[str]) -> str:
    shown = ", ".join(map(repr, markets[:3]))
    return shown if len(markets) <= 3 else f"{shown} and {len(markets) - 3} more markets"


def _numbers(
    say: Callable[[Problem], None], sheet: Sheet, column: str, indices: Sequence[int],
    least: float | None = None,
) -> Floats:  # fmt: skip
    """The cells of some rows (-1: none) as numbers; NaN where empty, wrong or below ``least``."""
    import numpy as np
    import pandas as pd

    texts = [sheet.rows[index][column].strip() if index >= 0 else "" for index in indices]
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(
        float, copy=True
    )
    filled = np.array([bool(text) for text in texts], bool)
    wrong = filled & ~(np.abs(numbers) <= LARGEST)
    low = numbers < least if least is not None else np.zeros(len(numbers), bool)
    told: dict[str, Problem] = {}
    for at in map(int, np.flatnonzero(wrong | low)):
        text = texts[at]
        if text in told:
            told[text] = replace(told[text], same=told[text].same + 1)
            continue
        place = sheet.place(indices[at], column)
        if low[at] and not wrong[at]:
            told[text] = warning(
                "negative", f"{column}: {text} is below {least:g}, so it counts as missing",
                "correct it, or leave the cell empty", place,
            )  # fmt: skip
        elif np.isnan(numbers[at]):
            told[text] = error(
                "wrong-type", f"{column}: {text!r} is not a number", _number_fix(text), place
            )
        else:
            told[text] = warning(
                "too-large", f"{column}: {text!r} cannot be right, so it counts as missing",
                "correct it, or leave the cell empty", place,
            )  # fmt: skip
    for problem in told.values():
        say(problem)
    numbers[wrong | low] = np.nan
    return numbers


def _number_fix(text: str) -> str:
    """How text that was meant as a number is written."""
    if text.endswith("%"):
        return "write it without the sign, in the unit of the rest of the column"
    if re.fullmatch(r"-?\d{1,3}([,' ]\d{3})+(\.\d+)?", text):
        return f"write it without separators, {re.sub('[^0-9.-]', '', text)}"
    return "write a number with a point, like 4.45, or leave the cell empty"


# ---------------------------------------------------------------- history


def _history(
    base: _Base, table: HistoryTable, pointer: str
) -> tuple[dict[str, History], pandas.DataFrame] | None:
    """The history by line of business ('' is the sum), and market sizes by whole years."""
    import pandas as pd

    named = [table.id, table.period, table.market, table.own]
    named += [column for column in (table.margin, table.line) if column]
    sheet = base.sheet(table.file, named, pointer, "file")
    if sheet is None:
        return None
    said: dict[str, Problem] = {}
    seen: dict[tuple[str, ...], int] = {}
    kept: list[tuple[int, str, str, str]] = []
    for index, row in enumerate(sheet.rows):
        market = base.market_of(sheet, index, table.id, said)
        period = _PERIOD.fullmatch(row[table.period].strip())
        if period is None:
            base.say(
                error("no-period", f"{row[table.period]!r} is neither a year nor a quarter",
                      "write 2018 or 2018-Q3", sheet.place(index, table.period))
            )  # fmt: skip
            continue
        if not market:
            continue
        shown = f"{period[1]}-Q{period[2]}" if period[2] else period[1]
        line = row[table.line].strip() if table.line else ""
        if (market, shown, line) in seen:
            base.say(
                error("duplicate-row", f"{market!r} has two rows for {shown}"
                      f"{f' and {line}' if line else ''}; the other is in line "
                      f"{sheet.lines[seen[market, shown, line]]}", "delete one of the two",
                      sheet.place(index, table.period))
            )  # fmt: skip
            continue
        seen[market, shown, line] = index
        kept.append((index, market, shown, line))
    base.tell(said)
    if not kept:
        base.say(
            error("no-rows", f"{table.file} holds nothing about any market",
                  "check ids and periods", Place(sheet.file, 1, 1))
        )  # fmt: skip
        return None
    rows = [index for index, *_ in kept]
    frame = pd.DataFrame(
        {
            "id": [market for _, market, _, _ in kept],
            "period": [period for _, _, period, _ in kept],
            "line": [line for *_, line in kept],
            "market": _numbers(base.say, sheet, table.market, rows, least=0),
            "own": _numbers(base.say, sheet, table.own, rows, least=0),
        }
    )
    frame.loc[frame["market"] == 0, "market"] = float("nan")
    if table.margin:
        margin = _numbers(base.say, sheet, table.margin, rows)
        frame["margin"] = frame["own"] * margin / 100
    for at in frame.index[frame["own"] > frame["market"]]:
        base.say(
            warning("own-above-market", f"own sales of {frame['own'][at]:,.0f} in "
                    f"{frame['id'][at]!r} are more than the market of {frame['market'][at]:,.0f}, "
                    "so its share counts as missing then", "correct one of the two",
                    sheet.place(rows[at], table.own))
        )  # fmt: skip
        frame.loc[at, "own"] = float("nan")
        if table.margin:
            frame.loc[at, "margin"] = float("nan")
    return _periods(base, sheet, frame, seasonal=table.seasonal)


def _periods(
    base: _Base, sheet: Sheet, frame: pandas.DataFrame, *, seasonal: bool
) -> tuple[dict[str, History], pandas.DataFrame] | None:
    quarters = frame["period"].str.contains("Q")
    if quarters.any() and not quarters.all():
        base.say(
            error("mixed-periods", "years and quarters stand in one table",
                  "give one of the two", Place(sheet.file, 1, 1))
        )  # fmt: skip
        return None
    assert base.markets is not None
    listed = base.markets.index
    whole = frame["period"].str[:4]
    by_year = _summed(frame.assign(period=whole), per_year=4 if quarters.any() else 1)
    years = _pivoted(by_year, listed, "market")
    yearly = seasonal or not quarters.any()
    source = by_year if yearly else frame
    out = {"": _one(_summed(source, lines=False), listed)}
    if (frame["line"] != "").any():
        out |= {str(line): _one(part, listed) for line, part in source.groupby("line")}
    _gaps(base, sheet, out[""])
    return out, years.reindex(columns=sorted(years.columns))


def _summed(frame: pandas.DataFrame, *, per_year: int = 1, lines: bool = True) -> pandas.DataFrame:
    """Sums by market and period; a sum with a part missing, or a year with fewer, is missing."""
    keys = ["id", "period", *(["line"] if lines else [])]
    values = [c for c in ("market", "own", "margin") if c in frame.columns]
    groups = frame.groupby(keys, sort=False)[values]
    complete = groups.count().eq(groups.size(), axis=0) & groups.count().ge(per_year)
    return groups.sum().where(complete).reset_index()


def _pivoted(frame: pandas.DataFrame, listed: pandas.Index, value: str) -> pandas.DataFrame:
    if "line" in frame.columns:
        frame = _summed(frame, lines=False)
    wide = frame.pivot(index="id", columns="period", values=value)
    return wide.reindex(index=listed, columns=sorted(wide.columns)).astype(float)


def _one(frame: pandas.DataFrame, listed: pandas.Index) -> History:
    def wide(value: str) -> pandas.DataFrame:
        found = frame.pivot(index="id", columns="period", values=value)
        return found.reindex(index=listed, columns=sorted(found.columns)).astype(float)

    return History(
        wide("market"), wide("own"), wide("margin") if "margin" in frame.columns else None
    )


def _gaps(base: _Base, sheet: Sheet, history: History) -> None:
    known = history.market.notna().sum(axis=1)
    place = Place(sheet.file, 1, 1)
    for count, code, what in (
        (0, "no-history", "no market size at all: neither share nor growth is known there"),
        (1, "one-period", "the size of one period only: growth there is forecast without its past"),
    ):
        if markets := [str(market) for market in known.index[known == count]]:
            base.say(warning(code, f"{_few(markets)}: {what}", "add the rows", place))


def _lines(base: _Base, table: HistoryTable | None, whole: History) -> Mapping[str, History]:
    """The history by line of business; a warning where the lines do not sum to the whole."""
    if table is None:
        return {}
    if table.line is None:
        base.say(
            error("no-column", "lines: it is not said which column names the line of business",
                  "add line: <column>", base.parsed.place(("lines",)))
        )  # fmt: skip
        return {}
    found = _history(base, table, "lines")
    if found is None:
        return {}
    by_line, _ = found
    last = whole.periods[-1]
    total = by_line.pop("")
    if last in total.own.columns:
        own, parts = whole.own[last].sum(), total.own[last].sum()
        if own and abs(parts / own - 1) > 0.01:
            base.say(
                warning("lines-differ", f"own sales by line sum to {parts:,.0f} in {last}, not to "
                        f"{own:,.0f}", "check for missing lines",
                        base.parsed.place(("lines", "file")))
            )  # fmt: skip
    return by_line


# ---------------------------------------------------------------- columns of markets


def _drivers(base: _Base) -> pandas.DataFrame:
    """The candidate drivers; those that say nothing are left out with a warning."""
    listed = [(i, driver) for i, driver in enumerate(base.file.drivers)]
    frame = base.columns([(d.id, d.column, ("drivers", i, "column")) for i, d in listed])
    over = base.columns([(d.id, d.over, ("drivers", i, "over")) for i, d in listed if d.over])
    for name in over.columns:
        if name in frame.columns:
            frame[name] = frame[name] / over[name].where(over[name] > 0)
    return _telling(base, frame, "drivers", base.file.drivers)


def _levers(base: _Base, history: History) -> pandas.DataFrame:
    """The levers; those that say nothing are left out with a warning."""
    levers = base.file.levers
    frame = base.columns([(v.id, v.column, ("levers", i, "column")) for i, v in enumerate(levers)])
    latest = history.market.ffill(axis=1).iloc[:, -1]
    for lever in levers:
        if lever.per_market and lever.id in frame.columns:
            frame[lever.id] = frame[lever.id] / latest
    return _telling(base, frame, "levers", levers)


def _telling(
    base: _Base, frame: pandas.DataFrame, key: str, listed: Sequence[DriverColumn | LeverColumn]
) -> pandas.DataFrame:
    """The columns that differ between markets and are known of enough of them."""
    what = key.removesuffix("s")
    for index, one in enumerate(listed):
        if one.id not in frame.columns:
            continue
        values = frame[one.id].dropna()
        gaps = 1 - len(values) / max(len(frame), 1)
        fault = (
            "is empty everywhere" if values.empty
            else f"is missing for {gaps:.0%} of the markets" if gaps > MAX_GAPS
            else "is the same everywhere" if values.nunique() == 1
            else ""
        )  # fmt: skip
        if fault:
            base.say(
                warning(f"useless-{what}", f"the {what} {one.id!r} {fault}, so it is left out",
                        "take it out of score.yaml, or fill its column",
                        base.parsed.place((key, index)))
            )  # fmt: skip
            frame = frame.drop(columns=one.id)
    return frame


def _travel(base: _Base, table: TravelTable | None) -> Mapping[str, float]:
    """The mean distance of a visit from the reps' home bases, by region, weighted by visits."""
    if table is None or base.markets is None:
        return {}
    named = [table.id, table.distance, table.visits]
    sheet = base.sheet(table.file, named, "travel", "file")
    if sheet is None:
        return {}
    said: dict[str, Problem] = {}
    indices = range(len(sheet.rows))
    markets = [base.market_of(sheet, index, table.id, said) for index in indices]
    base.tell(said)
    distance = _numbers(base.say, sheet, table.distance, indices, least=0) * KM[table.unit]
    visits = _numbers(base.say, sheet, table.visits, indices, least=0)
    sums: dict[str, tuple[float, float]] = {}
    for market, far, count in zip(markets, distance, visits, strict=True):
        if market and not math.isnan(far + count):
            region = str(base.markets["region"][market])
            before = sums.get(region, (0.0, 0.0))
            sums[region] = before[0] + far * count, before[1] + count
    return {region: far / count for region, (far, count) in sums.items() if count}


def _atlas(base: _Base, shapes: ShapesFile | None) -> Atlas | None:
    if shapes is None or base.markets is None:
        return None
    place = base.parsed.place(("shapes", "file"))
    path = base.reader.inside(shapes.file, place)
    text = base.reader.text(path) if path else None
    if path is None or text is None:
        return None
    shown = Place(base.reader.shown(path))
    try:
        atlas = read_atlas(text, shapes.object)
    except NotTopology as exc:
        base.say(
            error("not-topojson", f"the shapes cannot be read: {exc}",
                  "export them as TopoJSON, with the markets' ids", shown)
        )  # fmt: skip
        return None
    without = [str(m) for m in base.markets.index if m not in atlas.outlines]
    if len(without) == len(base.markets):
        base.say(
            error("no-shape", f"no shape has the id of a market: there {_few(list(atlas.outlines))}"
                  f", here {_few(without)}", "give the shapes the markets' ids, or name the shapes "
                  "of this area", shown)
        )  # fmt: skip
        return None
    if without:
        base.say(
            warning("no-shape", f"there is no shape for {_few(without)}", "check the ids", shown)
        )
    known = set(map(str, base.markets.index))
    return Atlas(
        {key: outline for key, outline in atlas.outlines.items() if key in known},
        {key: near & known for key, near in atlas.neighbours.items() if key in known},
    )


def _overrides(base: _Base) -> Mapping[str, LocalOverride]:
    out: dict[str, LocalOverride] = {}
    for index, override in enumerate(base.file.overrides):
        market = base.folded.get(fold(override.market))
        place = base.parsed.place(("overrides", index, "market"))
        unknown = set(override.keep) - {resource.id for resource in base.file.resources}
        if unknown:
            known = [resource.id for resource in base.file.resources]
            base.say(
                error("unknown-resource", f"there is no resource {sorted(unknown)[0]!r}",
                      did_you_mean(sorted(unknown)[0], known), place)
            )  # fmt: skip
        if market is None:
            base.say(
                error("unknown-market", f"there is no market {override.market!r}",
                      did_you_mean(override.market, base.folded.values()), place)
            )  # fmt: skip
        elif market in out:
            base.say(
                error("duplicate-id", f"the market {market!r} is overridden twice",
                      "keep one of the two", place)
            )  # fmt: skip
        else:
            out[market] = override
    return out
