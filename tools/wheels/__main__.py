"""python -m tools.wheels: get the wheels, and print where they are."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tools.wheels.find import build_wheels, find_wheels, keep
from tools.wheels.lock import WheelError, read_lock

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


def main() -> int:
    """Run the command -> its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.wheels", description=__doc__)
    parser.add_argument("--out", type=Path, help="copy the wheels to this folder, too")
    parser.add_argument("--from-source", action="store_true", help="build them, whatever there is")
    parser.add_argument("--work", type=Path, help="build in this folder and keep what is in it")
    options = parser.parse_args()
    if options.work and not options.from_source:
        parser.error("--work goes with --from-source")
    # Exit as with Ctrl-C: the build's commands have to be ended, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.from_source:
            names = [pin.name for pin in read_lock().pins]
            wheels = build_wheels(names, NODE_MODULES, options.work)
        else:
            wheels = find_wheels(NODE_MODULES)
        if options.out:
            wheels = [keep(wheel, options.out) for wheel in wheels]
    except WheelError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from there", file=sys.stderr)
        return 130
    for wheel in wheels:
        print(f"{wheel.name} {wheel.version} ({wheel.origin}) {wheel.sha256} {wheel.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
