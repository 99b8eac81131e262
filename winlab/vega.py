"""Draws with vl-convert in a process of its own, which ends where a drawing takes too much.

A specification is a program: its expressions and transforms can fill any memory and never end,
and the engine then ends the process that it runs in. So does a wrong word in a font's style.
The process is started with the first drawing, kept, and started again after its end. It lives
no longer than who started it.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import IO, TypedDict

from pydantic import JsonValue

from winlab.bounds import bound_memory, deadline

ENGINE = f"vl-convert {metadata.version('vl-convert-python')}"
"""Part of a pack's fingerprint: another engine may draw otherwise."""
VEGA_LITE = "6.4"
SECONDS = 20.0
"""What one drawing may take."""
MEGABYTES = 1200
"""What the process may hold; the engine sets half of it aside at its start."""
MOST_CHARACTERS = 4_000_000
"""What an SVG may hold: a chart of a page needs some ten thousand."""


def svg(
    spec: Mapping[str, JsonValue],
    fonts: Path,
    number_locale: Mapping[str, JsonValue],
    time_locale: Mapping[str, JsonValue],
) -> str:
    """A Vega-Lite specification as SVG, with the fonts of a folder; nothing is fetched.

    Raises ``ValueError`` with the reason if it cannot be drawn, or not within the bounds.
    """
    return _drawn({"spec": dict(spec), "fonts": str(fonts), "number": dict(number_locale),
                   "time": dict(time_locale)})  # fmt: skip


def png(drawn: str, fonts: Path, scale: float) -> bytes:
    """An SVG as PNG with ``scale`` pixels a unit. Raises ``ValueError`` as :func:`svg` does."""
    return base64.b64decode(_drawn({"svg": drawn, "fonts": str(fonts), "scale": scale}))


class _Job(TypedDict, total=False):
    """A specification with its locales, or an SVG with the scale that it is wanted in."""

    fonts: str
    spec: dict[str, JsonValue]
    number: dict[str, JsonValue]
    time: dict[str, JsonValue]
    svg: str
    scale: float


def _drawn(job: _Job) -> str:
    answer = _answered(json.dumps(job))
    if "refused" in answer:
        raise ValueError(answer["refused"])
    return answer["drawn"]


# ---------------------------------------------------------------- the process


@lru_cache(maxsize=1)
def _process() -> subprocess.Popen[bytes]:
    """The process that draws."""
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Lets the process end: it does where nobody asks any more."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):  # what it was asked last
                pipe.close()
    process.wait()


_TOO_MUCH = f"it takes more than {SECONDS:g} seconds or {MEGABYTES} MB, or ends the engine"


@lru_cache(maxsize=64)
def _answered(job: str) -> dict[str, str]:
    """The answer to one job; what ended the process once is not tried again soon."""
    process = _process()
    if process.poll() is not None:  # ended by somebody else since the last job
        _process.cache_clear()
        process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    line = b""
    try:
        process.stdin.write(job.encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        pass
    finally:
        whole = line.endswith(b"\n")
        if not whole:
            _process.cache_clear()
            process.kill()
            _end(process)
    return dict(json.loads(line)) if whole else {"refused": _TOO_MUCH}


def serve(jobs: IO[bytes], answers: IO[bytes]) -> None:
    """Answers each line of ``jobs`` until there are no more."""
    for line in jobs:
        with deadline(SECONDS):
            answer = _answer(json.loads(line))
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _answer(job: _Job) -> dict[str, str]:
    import vl_convert

    _register(job["fonts"])
    try:
        if "svg" in job:
            picture = vl_convert.svg_to_png(job["svg"], scale=job["scale"])
            return {"drawn": base64.b64encode(picture).decode()}
        drawn = vl_convert.vegalite_to_svg(
            job["spec"],
            vl_version=VEGA_LITE,
            allowed_base_urls=[],
            format_locale=job["number"],
            time_format_locale=job["time"],
        )
    except (ValueError, TypeError, RuntimeError) as exc:
        return {"refused": str(exc).partition("\n\nStack backtrace")[0]}
    if len(drawn) > MOST_CHARACTERS:
        return {"refused": f"the drawing holds {len(drawn):,} characters, far more than a chart"}
    return {"drawn": drawn}


@lru_cache(maxsize=8)
def _register(fonts: str) -> None:
    import vl_convert

    vl_convert.register_font_directory(fonts)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one says when it ends
    bound_memory(MEGABYTES)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as _answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the engine may say something there
        serve(sys.stdin.buffer, _answers)
