# SPDX-License-Identifier: Apache-2.0
"""On a board that QEMU plays: an arming expires on the board's own clock, a minute after it was typed."""
import os
import pathlib
import time

from board import powered
from conftest import ROOT
from test_transports import serving

PROFILE = ROOT / "test" / "data" / "profiles" / "board-blank.yaml"
IMAGE = pathlib.Path(os.environ.get("IMPRINT_IMAGES", str(ROOT / "build" / "firmware")) + "-blank") / "mps2-an385" / "factory" / "factory.elf"


def test_an_arming_expires(station):
    assert IMAGE.is_file(), f"{IMAGE} is not built: scripts/build-firmware --profile {PROFILE}"
    station.run("virtual", "new", "--as", "blank", "--bus", "swi", "--seed", 1)
    serial = station.json("info").event("chip")["serial"]
    digest = station.json("compile", PROFILE, "--binary").event("compiled")["digest"]
    with serving("--swi-pty", station.chip) as server:
        with powered("mps2-an385", "factory", station.folder / "flash", server.device, program=IMAGE) as board:
            board.await_frame("hello")
            board.command(f"arm {serial} {digest}")
            time.sleep(61)
            begin = len(board.frames)
            board.send("run")
            refused, _ = board.await_frame("ok", "error", after=begin)
            assert refused.verb == "error" and refused["reason"] == "not-armed", board.text
            assert "the arming has expired" in board.text and "@locking" not in board.text
            board.command(f"arm {serial} {digest}")
            board.command("run")
            assert "@locking" in board.text
