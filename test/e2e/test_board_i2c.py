# SPDX-License-Identifier: Apache-2.0
"""A board with the chip on I2C: factory and primary live their whole life on it, power cuts included."""
import random

import pytest

from board import powered
from test_board import MOMENTS, check_primary, cut_and_finish, keys_in, provision, result_of
from test_transports import serving

BOARD = "mps2-an385-i2c"


@pytest.fixture
def wired(station):
    """A Trust&GO part on I2C, as its maker delivers it."""
    station.run("virtual", "new", "--as", "trust-and-go", "--seed", 1)
    return station


def way(station):
    return "--unix", station.folder / "chip.sock"


def test_bringup(wired):
    """Each step of the port's own test passes; the last ones talk to the chip."""
    with serving(*way(wired), wired.chip) as server:
        with powered(BOARD, "bringup", wired.folder / "flash", server.device) as bringup:
            assert bringup.end() == 0, bringup.text
            assert "chip: 01230015D655592701" in bringup.text and "all is well" in bringup.text


def test_whole_life(wired):
    """Provisioned, provisioned again without a change, and used: openssl verifies what the keys sign."""
    flash = wired.folder / "flash"
    with serving(*way(wired), wired.chip) as server:
        first = provision(BOARD, flash, server.device)
        assert result_of(first)["changes"] == "4"
        again = provision(BOARD, flash, server.device)
        assert result_of(again)["changes"] == "0"
        points = check_primary(wired, BOARD, flash, server.device)
        assert points == {int(frame["id"]): frame["public"] for frame in first if frame.verb == "key"}
    assert keys_in(wired, flash) == {16: 0, 18: 2}


def test_no_chip(wired):
    """Nothing answers: the run ends, and says so."""
    with powered(BOARD, "factory", wired.folder / "flash") as factory:
        factory.await_frame("hello")
        factory.send("run")
        error, _ = factory.await_frame("error")
        assert error["reason"] == "device-silent"


@pytest.mark.parametrize("lose_chip", [False, True], ids=["chip stays on", "chip loses power too"])
def test_power_fails_at_chosen_moments(wired, lose_chip):
    cut_and_finish(wired, BOARD, MOMENTS[lose_chip::2], lose_chip, way(wired))


@pytest.mark.parametrize("seed", range(2))
def test_power_fails_at_random(wired, seed):
    chance = random.Random(seed)
    moments = [("@hello", chance.uniform(0, 2.2)) for _ in range(chance.randint(1, 3))]
    cut_and_finish(wired, BOARD, moments, chance.random() < 0.5, way(wired))
