"""The private engine by hand: `python -m tests.engine start|stop|status|env|bases [NAME…]`."""

from __future__ import annotations

import shlex
import sys
import time

from tests.engine import bases, daemon
from tests.engine.home import Home, NoEngineError, home


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _env(place: Home) -> None:
    """What a shell evaluates to use the engine."""
    values = daemon.environment(place)
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_BUILDKIT", "PATH"):
        sys.stdout.write(f"export {name}={shlex.quote(values[name])}\n")
    sys.stdout.write(f"unset {' '.join(daemon.STRANGERS)}\n")


def main(words: list[str]) -> int:
    """Do what the words say; 0 when done, 1 when there is no engine or it is down, 2 for other words."""
    place = home()
    began = time.monotonic()
    match words:
        case ["start"]:
            daemon.start(place)
            _say(f"engine   {time.monotonic() - began:6.1f} s")
            _env(place)
        case ["stop"]:
            daemon.stop(place)
        case ["status"]:
            running = daemon.up(place)
            sys.stdout.write("up\n" if running else "down\n")
            return 0 if running else 1
        case ["env"]:
            _env(place)
        case ["bases", *names]:
            daemon.start(place)
            for name in names or bases.BASES:
                began = time.monotonic()
                bases.make(place, daemon.environment(place), (name,))
                _say(f"{name:8} {time.monotonic() - began:6.1f} s")
        case _:
            _say(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoEngineError as error:
        _say(str(error))
        sys.exit(1)
