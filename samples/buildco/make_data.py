"""Writes what the real county data of BuildCo lack: lines of business, travel, people, contractors.

All that this writes is fictional. Telephone numbers lie in the range kept for fiction (555-01xx),
mail addresses end in .example. Seeded and free of the clock: a second run writes the same bytes.
Needs the standard library only.

    python samples/buildco/make_data.py
"""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20190301
EARTH_MILES = 3958.8
LINES = ("roofing", "siding", "insulation")


def rows(name: str) -> list[dict[str, str]]:
    """A table of data/."""
    with (HERE / "data" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name: str, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """A CSV beside this script."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def miles(one: dict[str, str], other: dict[str, str]) -> float:
    """The great-circle distance between two counties' centers."""
    a, b = (math.radians(float(c["lat"])) for c in (one, other))
    turn = math.radians(float(one["lon"]) - float(other["lon"]))
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return EARTH_MILES * math.acos(min(1.0, cosine))


def write_lines(rng: random.Random) -> None:
    """Splits each county's market and sales into three lines that sum to them exactly."""
    lean: dict[str, tuple[list[float], list[float]]] = {}
    out: list[tuple[object, ...]] = []
    for row in rows("sales.csv"):
        if row["fips"] not in lean:
            demand = [0.46 + rng.gauss(0, 0.05), 0.30 + rng.gauss(0, 0.04), 0.24]
            skill = [math.exp(rng.gauss(m, 0.10)) for m in (0.10, -0.05, -0.15)]
            lean[row["fips"]] = demand, skill
        demand, skill = lean[row["fips"]]
        market = parts(int(row["market_usd"]), demand)
        own = parts(int(row["own_sales_usd"]), [d * s for d, s in zip(demand, skill, strict=True)])
        mean = float(row["gross_margin_pct"])
        high = mean + 1.8
        rest = (mean * sum(own) - high * own[0]) / max(sum(own[1:]), 1)
        for name, size, sold in zip(LINES, market, own, strict=True):
            margin = high if name == "roofing" else rest
            out.append((row["fips"], row["year"], name, size, min(sold, size), f"{margin:.1f}"))
    write("data/lines.csv", ("fips", "year", "line", "market_usd", "own_sales_usd",
                             "gross_margin_pct"), out)  # fmt: skip


def parts(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts of a total; the last one takes what rounding leaves."""
    whole = [int(total * weight / sum(weights)) for weight in weights]
    whole[-1] += total - sum(whole)
    return whole


def write_travel() -> dict[str, list[str]]:
    """Where reps live and how far they travel; returns the home counties by region."""
    counties = {row["fips"]: row for row in rows("texas_counties.csv")}
    levers = rows("levers.csv")
    by_region: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in levers:
        by_region[row["region"]].append(row)
    homes: dict[str, list[str]] = {}
    out: list[tuple[object, ...]] = []
    for region, members in sorted(by_region.items()):
        count = max(1, min(6, round(sum(float(row["rep_fte"]) for row in members) / 6)))
        ranked = sorted(members, key=lambda row: (-float(row["rep_fte"]), row["fips"]))
        bases = [row["fips"] for row in ranked[:count]]
        homes[region] = bases
        for row in members:
            here = counties[row["fips"]]
            home = min(bases, key=lambda base: (miles(here, counties[base]), base))
            far = miles(here, counties[home]) or 9.0
            visits = round(float(row["rep_fte"]) * 190)
            if visits:
                out.append((row["fips"], counties[home]["county"], f"{far * 1.2:.1f}", visits))
    write("data/travel.csv", ("fips", "home_base", "miles", "visits"), sorted(out))  # type: ignore[type-var]
    return homes


INDUSTRIES = {
    # crew hours lost a month, callbacks and waste in percent, office hours a month, value of a
    # crew hour, jobs a year, cost of a callback, spend on material
    "homebuilding": (19.0, 3.4, 10.5, 34, 210, 180, 640, 420000),
    "roofing": (17.0, 4.2, 9.0, 29, 196, 310, 520, 510000),
    "commercial-building": (23.0, 2.6, 8.0, 52, 320, 46, 1900, 760000),
}
APPLICATIONS = {
    "homebuilding": ("Fiber-cement siding", "Attic insulation"),
    "roofing": ("Laminated shingle roofs", "Re-roofing after storms"),
    "commercial-building": ("Fiber-cement cladding", "Roof insulation"),
}
FIRST = ("Anna", "Ben", "Carla", "Dale", "Elena", "Frank", "Gloria", "Hank", "Ines", "Joel",
         "Kara", "Luis", "Marta", "Neil", "Olga", "Pete", "Rosa", "Sam", "Tina", "Victor")  # fmt: skip
LAST = ("Alvarez", "Boone", "Cantu", "Dietz", "Ellis", "Flores", "Garza", "Hicks", "Ibarra",
        "Jensen", "Kolar", "Lozano", "Meyer", "Novak", "Ochoa", "Pruitt", "Quiroga", "Rhodes",
        "Salinas", "Tate", "Urbanek", "Vance", "Weiss", "York", "Zapata")  # fmt: skip
PLACES = ("Cedar", "Prairie", "Mesquite", "Pecan", "Bluebonnet", "Live Oak", "Caliche", "Post Oak",
          "Sabal", "Juniper", "Red River", "Concho", "Agave", "Bur Oak", "Cypress", "Palo Duro",
          "Hackberry", "Sumac", "Yaupon", "Limestone", "Blackland", "Coastal Bend")  # fmt: skip
KINDS = {
    "homebuilding": ("Homes", "Builders", "Custom Homes", "Residential"),
    "roofing": ("Roofing", "Roof Works", "Roofing and Gutters", "Storm Roofing"),
    "commercial-building": ("Construction", "Contractors", "Building Group", "Constructors"),
}
REGION_BASES = {
    "Amarillo": ("Amarillo", 806), "Austin": ("Round Rock", 512), "Dallas": ("Plano", 214),
    "El Paso": ("El Paso", 915), "Fort Worth": ("Denton", 817), "Houston": ("Conroe", 713),
    "Lubbock": ("Lubbock", 806), "Rio Grande": ("McAllen", 956), "San Antonio": ("New Braunfels", 210),
    "Tyler": ("Longview", 903),
}  # fmt: skip
PINNED = {
    # plans and references speak of these
    "ACC-0101": ("Prairie Ridge Homes", "48085", "homebuilding", "McKinney", "large", "Grace Tolbert",
                 "Director of Construction", (25.0, 4.2, 13.5, 44, 228, 210, 690, 540000)),
    "ACC-0102": ("Lantana Storm Roofing", "48121", "roofing", "Denton", "medium", "Ray Escobedo",
                 "Operations Manager", (25.0, 5.1, 11.5, 33, 204, 340, 540, 560000)),
    "ACC-0103": ("Llano Plains Roofing", "48375", "roofing", "Amarillo", "small", "June Hadley",
                 "Owner", (14.0, 4.0, 11.0, 36, 186, 260, 510, 430000)),
    "ACC-0104": ("Franklin Gate Constructors", "48141", "commercial-building", "El Paso", "medium",
                 "Oscar Medrano", "Construction Manager", (21.0, 2.2, 7.5, 49, 330, 52, 1950, 820000)),
    "ACC-0901": ("Brazos Bend Roofing", "48157", "roofing", "Richmond", "medium", "Lena Vasek",
                 "Operations Manager", (12.0, 3.0, 7.0, 25, 200, 320, 520, 505000)),
    "ACC-0902": ("Trinity Fork Homes", "48439", "homebuilding", "Arlington", "medium", "Cole Benson",
                 "Production Manager", (13.0, 2.6, 7.0, 28, 214, 190, 650, 450000)),
}  # fmt: skip
KPIS = ("unplanned_downtime", "callbacks", "waste", "handling_hours", "crew_hour_value",
        "jobs_year", "callback_cost", "material_spend")  # fmt: skip


def write_people(rng: random.Random) -> dict[str, list[str]]:
    """One manager and two account managers a region; returns the account managers' ids."""
    out: list[tuple[object, ...]] = []
    found: dict[str, list[str]] = {}
    names = [f"{first} {last}" for last in LAST for first in FIRST]
    rng.shuffle(names)
    for region, (base, area) in sorted(REGION_BASES.items()):
        manager = ""
        for place in range(3):
            name = names.pop()
            first, _, last = name.partition(" ")
            key = (first[0] + last).lower()
            title = "Regional Sales Manager" if place == 0 else "Account Manager"
            out.append(
                (
                    key,
                    name,
                    f"{title}, {region} region",
                    f"+1 {area} 555 01{len(out) % 90 + 10}",
                    f"{first}.{last}@buildco.example".lower(),
                    region,
                    base,
                    manager,
                )
            )
            if place == 0:
                manager = key
            else:
                found.setdefault(region, []).append(key)
    write("reps.csv", ("id", "name", "title", "phone", "email", "region", "home_base", "manager"),
          out)  # fmt: skip
    return found


def write_accounts(rng: random.Random, reps: dict[str, list[str]]) -> None:
    """Contractors in the larger counties, each with what BuildCo measured on its jobs."""
    counties = {row["fips"]: row for row in rows("levers.csv")}
    sizes = {row["fips"]: int(row["market_usd"]) for row in rows("sales.csv")}
    largest = sorted(sizes, key=lambda fips: (-sizes[fips], fips))[:60]
    out: list[tuple[object, ...]] = []
    names: set[str] = set()
    number = 0
    for place, fips in enumerate(largest):
        for industry, typical in INDUSTRIES.items():
            for _ in range(2 if place < 25 else 1):
                number += 1
                name = ""
                while not name or name in names:
                    name = f"{rng.choice(PLACES)} {rng.choice(KINDS[industry])}"
                    if name in names:
                        name = f"{counties[fips]['county']} {name}"
                names.add(name)
                scale = rng.choice((0.55, 1.0, 1.0, 1.7))
                size = "small" if scale < 1 else "medium" if scale == 1 else "large"
                values = [v * math.exp(rng.gauss(0, 0.28)) for v in typical]
                for k in (5, 7):
                    values[k] *= scale
                who = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
                out.append(
                    account(
                        f"ACC-{1000 + number}",
                        name,
                        fips,
                        industry,
                        counties[fips]["county"],
                        size,
                        who,
                        "Operations Manager",
                        values,
                        rng,
                        counties,
                        reps,
                    )
                )
    for key, (name, fips, industry, site, size, who, title, pinned) in PINNED.items():
        out.append(
            account(
                key,
                name,
                fips,
                industry,
                site,
                size,
                who,
                title,
                pinned,
                rng,
                counties,
                reps,
                calm=True,
            )
        )
    header = (
        "id",
        "name",
        "market",
        "industry",
        "site",
        "application",
        "size",
        "rep",
        "contact",
        "contact_title",
        "contact_role",
        "satisfaction",
        "satisfaction.observed_at",
        "open_complaints",
        "under_attack",
        "credit_block",
        "kpi_period",
        "kpi_date",
        *(f"kpi.{name}" for name in KPIS),
    )
    write("accounts.csv", header, sorted(out, key=lambda row: str(row[0])))  # fmt: skip


def account(
    key: str,
    name: str,
    fips: str,
    industry: str,
    site: str,
    size: str,
    who: str,
    title: str,
    values: Sequence[float],
    rng: random.Random,
    counties: dict[str, dict[str, str]],
    reps: dict[str, list[str]],
    *,
    calm: bool = False,
) -> tuple[object, ...]:
    """One row of accounts.csv."""
    digits = (1, 1, 1, 0, 0, 0, 0, -3)
    kpis = [f"{round(v, d):.{max(d, 0)}f}" for v, d in zip(values, digits, strict=True)]
    return (
        key, name, fips, industry, site, rng.choice(APPLICATIONS[industry]), size,
        rng.choice(reps[counties[fips]["region"]]), who, title, "factory-manager",
        rng.randint(52, 91), f"2018-{rng.randint(6, 11):02d}-{rng.randint(1, 28):02d}",
        0 if calm or rng.random() < 0.93 else 1, "false" if calm or rng.random() < 0.9 else "true",
        "false", "2018", f"2018-{rng.randint(10, 12)}-{rng.randint(1, 28):02d}", *kpis,
    )  # fmt: skip


def write_products() -> None:
    """Products with list prices a square (100 square feet)."""
    regions = ";".join(sorted(REGION_BASES))
    write("products.csv", ("id", "name", "unit", "list_USD", "regions", "plant_load",
                           "plant_load.observed_at"),
          [("RS-30", "RS-30", "square", "96.00", regions, "0.84", "2019-02-22"),
           ("SD-12", "SD-12", "square", "182.00", regions, "0.79", "2019-02-22"),
           ("IN-49", "IN-49", "square", "68.00", regions, "0.91", "2019-02-22")])  # fmt: skip


def main() -> None:
    """Writes all tables."""
    rng = random.Random(SEED)
    write_lines(rng)
    write_travel()
    write_accounts(rng, write_people(rng))
    write_products()


if __name__ == "__main__":
    main()
