# SPDX-License-Identifier: Apache-2.0
"""The measuring behind test/bench/run-firmware: images are built, the program is named by IMPRINT."""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SERIAL = "01230015D655592701"  # of the part with seed 1
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "e2e"))

import board as boards  # noqa: E402
from board import BOARDS, IMAGES, powered  # noqa: E402
from conftest import Station  # noqa: E402
from test_transports import serving  # noqa: E402

boards.PATIENCE = 600  # no limit here is one of time; on a busy machine a step of a board once took 15 s

# KiB of the core and of all that is our own, just above what docs/guide/porting.md says, with GCC 14 too: docs/decisions/0045-what-the-promises-cost.md.
LIMITS = {"factory": "28,39", "primary": "16,20"}


def sections(board, name):
    out = subprocess.run(["arm-none-eabi-size", str(IMAGES / board / name / f"{name}.elf")], capture_output=True, text=True,
                         check=True).stdout
    return [int(word) for word in out.splitlines()[1].split()[:3]]


def measure(board, name, flash, chip, commands):
    """What the image says at its end, and how long it took from power-up."""
    began = time.monotonic()
    with powered(board, name, flash, chip) as running:
        hello, _ = running.await_frame("hello")
        booted = time.monotonic()
        frames, digest = [], hello["digest"] if name == "factory" else ""
        for command in commands:
            frames += running.command(command.replace("DIGEST", digest))
        done = time.monotonic()
        running.command("end")
        running.end()
        found = re.search(r"measured: stack (\d+) of (\d+), heap (\d+) of (\d+)", running.text)
    return found.groups(), frames, booted - began, done - booted


def main():
    code = 0
    for board in BOARDS:
        with tempfile.TemporaryDirectory() as folder:
            station = Station(pathlib.Path(folder))
            station.run("virtual", "new", "--as", "trust-and-go", "--bus", "swi", "--seed", 1)
            flash = station.folder / "flash"
            challenge = "5A" * 32
            with serving("--swi-pty", station.chip) as server:
                runs = {"factory": measure(board, "factory", flash, server.device, [f"arm {SERIAL} DIGEST", "run"]),
                        "primary": measure(board, "primary", flash, server.device, ["keys", f"sign 18 {challenge}"])}
        for name, (measured, frames, booted, took) in runs.items():
            text, data, bss = sections(board, name)
            print(f"{board} {name}: flash {text + data}, static RAM {data + bss - int(measured[1])} beside the stack;"
                  f" at most {measured[0]} of {measured[1]} bytes of stack and {measured[2]} of {measured[3]} of heap used")
            print(f"  console after {booted * 1000:.0f} ms, then {took * 1000:.0f} ms" +
                  "".join(f", of which {int(frame['us']) // 1000} ms in the chip" for frame in frames
                          if frame.verb == "result"))
            print(f"  {'part':<12}{'flash':>8}{'RAM':>8}")
            limits = ["--limits", LIMITS[name]] if "--limits" in sys.argv else []
            sizes = ["scripts/firmware-sizes", *limits, str(IMAGES / board / name / f"{name}.map")]
            sys.stdout.flush()
            code |= subprocess.run(sizes, cwd=ROOT, check=False).returncode
    return code


if __name__ == "__main__":
    sys.exit(main())
