"""The shapes of markets from TopoJSON: areas, neighbours and outlines on an equal-area map.

Lengths are in kilometres. A market that has no shape is simply not in the atlas.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import BaseModel, ValidationError

EARTH_RADIUS = 6371.0088
Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Point, ...]
Polygons: TypeAlias = list[list[list[int]]]


class NotTopology(ValueError):
    """Text that is no TopoJSON of polygons; the message says what was expected."""


@dataclass(frozen=True)
class Outline:
    """A market's outline: its rings (holes run the other way), area and centre."""

    rings: tuple[Ring, ...]
    area: float
    centre: Point

    @property
    def radius(self) -> float:
        """The radius of a circle of the same area."""
        return math.sqrt(self.area / math.pi)


@dataclass(frozen=True)
class Atlas:
    """All outlines by market, and who borders on whom. ``y`` grows to the south."""

    outlines: Mapping[str, Outline]
    neighbours: Mapping[str, frozenset[str]]

    def box(self, markets: Iterable[str]) -> tuple[float, float, float, float]:
        """Left, top, width and height of some markets' outlines."""
        points = [p for m in markets for ring in self.outlines[m].rings for p in ring]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


class _Transform(BaseModel):
    scale: tuple[float, float]
    translate: tuple[float, float]


class _Polygon(BaseModel):
    type: Literal["Polygon"]
    id: str | int
    arcs: list[list[int]]

    @property
    def polygons(self) -> Polygons:
        return [self.arcs]


class _MultiPolygon(BaseModel):
    type: Literal["MultiPolygon"]
    id: str | int
    arcs: list[list[list[int]]]

    @property
    def polygons(self) -> Polygons:
        return self.arcs


class _Nothing(BaseModel):
    type: None


class _Collection(BaseModel):
    geometries: list[_Polygon | _MultiPolygon | _Nothing]


class _Topology(BaseModel):
    """What we read of a TopoJSON file."""

    type: Literal["Topology"] = "Topology"
    transform: _Transform | None = None
    objects: dict[str, object]
    arcs: list[list[list[float]]]


def read_atlas(text: str, name: str) -> Atlas:
    """The polygons of one object of a TopoJSON file. Raises :class:`NotTopology`."""
    topology = _topology(text)
    if name not in topology.objects:
        known = ", ".join(map(repr, topology.objects)) or "none"
        raise NotTopology(f"there is no object {name!r}; known: {known}")
    try:
        shapes = _Collection.model_validate(topology.objects[name]).geometries
    except (ValidationError, RecursionError) as exc:
        raise NotTopology(f"the object {name!r} holds no polygons with ids alone") from exc
    found = {str(shape.id): shape.polygons for shape in shapes if not isinstance(shape, _Nothing)}
    if not found:
        raise NotTopology(f"the object {name!r} holds no polygons")
    arcs = _arcs(topology)
    project = _projection([point for arc in arcs for point in arc])
    flat = [[project(point) for point in arc] for arc in arcs]
    return Atlas(
        {key: _outline(key, polygons, flat) for key, polygons in found.items()}, _neighbours(found)
    )


def _topology(text: str) -> _Topology:
    try:
        return _Topology.model_validate(json.loads(text))
    except json.JSONDecodeError as exc:
        raise NotTopology(f"line {exc.lineno}: {exc.msg}") from exc
    except RecursionError as exc:
        raise NotTopology("it is nested too deeply") from exc
    except ValidationError as exc:
        where = ".".join(map(str, exc.errors(include_url=False)[0]["loc"])) or "the whole file"
        raise NotTopology(f"it holds no polygons: {where} is not as in TopoJSON") from exc


def _arcs(topology: _Topology) -> list[list[Point]]:
    """The arcs in degrees; with a transform each point is given as a step from the one before."""
    change = topology.transform
    if any(len(point) < 2 for arc in topology.arcs for point in arc):
        raise NotTopology("a point has fewer than two coordinates")
    if change is None:
        return [[(point[0], point[1]) for point in arc] for arc in topology.arcs]
    out: list[list[Point]] = []
    for arc in topology.arcs:
        x = y = 0.0
        points: list[Point] = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            points.append(
                (x * change.scale[0] + change.translate[0],
                 y * change.scale[1] + change.translate[1])
            )  # fmt: skip
        out.append(points)
    return out


def _projection(points: Sequence[Point]) -> Callable[[Point], Point]:
    """Lambert's azimuthal equal-area projection around the middle of the points."""
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    if not all(abs(lon) <= 360 and abs(lat) <= 90 for lon, lat in points):
        raise NotTopology("its coordinates are not degrees of longitude and latitude")
    if not points:
        raise NotTopology("it has no arcs")
    lon0 = math.radians((min(lons) + max(lons)) / 2)
    lat0 = math.radians((min(lats) + max(lats)) / 2)

    def project(point: Point) -> Point:
        lon, lat = math.radians(point[0]) - lon0, math.radians(point[1])
        cosine = math.sin(lat0) * math.sin(lat) + math.cos(lat0) * math.cos(lat) * math.cos(lon)
        k = EARTH_RADIUS * math.sqrt(2 / (1 + cosine))
        north = math.cos(lat0) * math.sin(lat) - math.sin(lat0) * math.cos(lat) * math.cos(lon)
        return k * math.cos(lat) * math.sin(lon), -k * north

    return project


def _outline(key: str, polygons: Polygons, arcs: Sequence[Sequence[Point]]) -> Outline:
    rings: list[Ring] = []
    for polygon in polygons:
        for ring in polygon:
            points: list[Point] = []
            for index in ring:
                if not -len(arcs) <= index < len(arcs):
                    raise NotTopology(f"the shape {key!r} is made of an arc that is not there")
                part = arcs[index] if index >= 0 else arcs[~index][::-1]
                points.extend(part[1:] if points else part)
            rings.append(tuple(points[:-1]))
    sums = [_sums(ring) for ring in rings]
    total = sum(area for area, _, _ in sums)
    if not total:
        raise NotTopology(f"the shape {key!r} has no area")
    centre = sum(x for _, x, _ in sums) / total, sum(y for _, _, y in sums) / total
    return Outline(tuple(rings), abs(total), centre)


def _sums(ring: Ring) -> tuple[float, float, float]:
    """Signed area, and area times centre, of a ring."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
        cross = ax * by - bx * ay
        area += cross / 2
        x += (ax + bx) * cross / 6
        y += (ay + by) * cross / 6
    return area, x, y


def _neighbours(found: Mapping[str, Polygons]) -> dict[str, frozenset[str]]:
    """Markets that share an arc."""
    users: defaultdict[int, set[str]] = defaultdict(set)
    for key, polygons in found.items():
        for polygon in polygons:
            for ring in polygon:
                for index in ring:
                    users[index if index >= 0 else ~index].add(key)
    out: defaultdict[str, set[str]] = defaultdict(set)
    for shared in users.values():
        for key in shared:
            out[key] |= shared - {key}
    return {key: frozenset(out[key]) for key in found}
