# SPDX-License-Identifier: Apache-2.0
"""Power that fails while a board provisions itself, on this host as the board: the next run ends as an unbroken one.

A build with sanitizers is slow: with IMPRINT_SAMPLED=1 power fails at every third of these places.
"""
import time

import pytest

from host_board import FACTORY, FACTORY_BLANK, PROFILE, PROFILE_BLANK, Board
from conftest import EVERY, PATIENCE, Station
from test_host_board import Line, line  # noqa: F401, a fixture


def run_cut(folder, image, profile, part, fault):
    """One run that is cut at `fault`, then a look and another that is not; None when the cut lay behind the run's end."""
    folder.mkdir()
    line = Line(Station(folder), part)
    board = line.boot(image, IMPRINT_BOARD_FAULT=fault)
    line.arm(board)
    board.type("run\n")
    until = time.monotonic() + PATIENCE
    while not any(end in board.heard for end in (b"@ok run", b"@error run")) and board.process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.001)
    if board.process.poll() is None:
        board.process.kill()  # the chip is dead, and now the board is, too
    board.close()
    if b"@ok run" in board.heard:
        return None
    with line.boot(image) as board:
        plan = line.provision_json(board, "--dry-run", profile=profile).event("plan")
        done = line.provision_json(board, profile=profile)
        result = [(key["key_id"], key["slot"]) for key in done.event("provisioned")["keys"]]
    return plan, result, {key: item["slot"] for key, item in line.keys().items()}, line.info()


@pytest.mark.parametrize("fault", ["flash@0", "flash@010", "flash@x", "flash@1x", "flash@", "flash@4294967296", "flash@+1"])
def test_a_fault_that_is_none(line, fault):
    with Board(FACTORY, line.chip, line.flash, IMPRINT_BOARD_FAULT=fault) as board:
        assert board.process.wait(PATIENCE) == 2


CUTS = ["kill@{}", "cut@{}.after", "flash@{}", "flash@{}.torn"]


@pytest.mark.parametrize("kind", CUTS)
def test_power_fails_anywhere(tmp_path, kind):
    """At every chip transaction and every change of the flash of a whole run: the next run ends as an unbroken one."""
    step = 1 if kind.startswith("flash") else 2
    states = set()
    for count in range(1, 400, step * EVERY):
        ended = run_cut(tmp_path / str(count), FACTORY, PROFILE, "trust-and-go", kind.format(count))
        if ended is None:
            break
        plan, result, keys, _ = ended
        assert result == [(16, 0), (18, 2)] and keys == {16: 0, 18: 2}, (kind, count)
        # How far the device had come is what its steps say.
        if plan["changes"] == 0 or any(step["done"] for step in plan["steps"]):
            assert plan["state"] == ("done" if plan["changes"] == 0 else "partial"), (kind, count)
        if plan["state"] == "partial":
            named = plan.get("stopped_after", plan.get("stopped_in"))
            assert named["action"] == "begin-mark" or named["key_id"] in (16, 18)
        states.add(plan["state"])
    assert 10 < count < 399 and {"blank", "partial"} <= states


@pytest.mark.parametrize("kind", CUTS)
def test_power_fails_between_locks(tmp_path, kind):
    """The same where the board configures and locks the part: a sample, for the run is long."""
    step = 2 if kind.startswith("flash") else 17
    for count in range(1, 2000, step * EVERY):
        ended = run_cut(tmp_path / str(count), FACTORY_BLANK, PROFILE_BLANK, "blank", kind.format(count))
        if ended is None:
            break
        _, result, keys, chip = ended
        assert result == [(16, 0), (17, 9)] and keys == {16: 0, 17: 9}, (kind, count)
        assert chip["config_locked"] and chip["data_locked"] and chip["slots"][0]["locked"]
    assert 10 < count < 1999
