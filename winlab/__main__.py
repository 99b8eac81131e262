"""The `winlab` script and `python -m winlab`."""

from __future__ import annotations

import gc
import signal


def main() -> None:
    """Runs the command line; an interrupt while it is imported counts as one of the command."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    from winlab.bounds import GARBAGE

    gc.set_threshold(GARBAGE)
    from winlab.cli import main as run

    run()


if __name__ == "__main__":
    main()
