# SPDX-License-Identifier: Apache-2.0
"""Garbage and noise on a board's console, both ways: nothing is changed by it, and what comes damaged is asked for again."""
import random

import pytest

from host_board import FACTORY, PRIMARY, frame
from test_host_board import line  # noqa: F401  (a fixture)


GARBAGE = [
    b"\x00\xff\xfe\x80\n", b"@\n", b"*0000\n", b"@run *0000\n", b"run *48E5\n", b"@run\n", b"@@@@@\n", b"\x1b[A\x1b[B\n",
    b"a" * 5000 + b"\n", b"@" + b"run " * 2000 + b"*0000\n", b'sign "\n', b'\\"\\\n', b"\r\r\r\n\n\n", b"\x08\x08\x7f\x7f\n",
    " ".join(map(str, range(60))).encode() + b"\n",
]


@pytest.mark.parametrize("image", [FACTORY, PRIMARY], ids=["factory", "primary"])
def test_garbage_does_no_harm(line, image):  # noqa: F811
    with line.boot() as board:
        line.provision(board)
    before = line.station.snapshot(times=False)
    rng = random.Random(5)
    with line.boot(image) as board:
        board.wait_for("@hello")
        for garbage in GARBAGE:
            board.type(garbage)
        for _ in range(50):
            board.type(bytes(rng.choice(range(256)) for _ in range(rng.randrange(400))).replace(b"\x03", b"") + b"\n")
        board.type("\nhelp\n")
        board.wait_for("@ok help")
        frames, said = board.ask(frame("hello"))
        assert frames[-1] == ("ok", {}, ["hello"]) and board.process.poll() is None
        assert b"@ok run" not in board.heard and b"@ok sign" not in board.heard
    assert line.station.snapshot(times=False) == before


def test_long_line_is_told_and_forgotten(line):  # noqa: F811
    with line.boot() as board:
        board.wait_for("@hello")
        frames, said = board.ask("a" * 5000)
        assert frames == [("again", {}, ["too-long"])]
        frames, said = board.ask("hello")
        assert frames[-1] == ("ok", {}, ["hello"])


class Noise:
    """Flips, drops and doubles characters, so many a thousand."""

    def __init__(self, seed, rate):
        self.random, self.rate = random.Random(seed), rate

    def __call__(self, chunk):
        out = bytearray()
        for byte in chunk:
            luck = self.random.random() * 1000
            if luck < self.rate:
                out.append(byte ^ 1 << self.random.randrange(8))
            elif luck < 1.3 * self.rate:
                pass
            elif luck < 1.6 * self.rate:
                out += bytes([byte, byte])
            else:
                out.append(byte)
        return bytes(out)


@pytest.mark.parametrize("seed", range(6))
def test_noise_to_the_station(line, seed):  # noqa: F811
    """Lines that come damaged are asked for again: the result is as if there had been none, or says that there was."""
    with line.boot(to_station=Noise(seed, 0.4)) as board:
        for _ in range(4):
            done = line.provision_json(board, "--timeout", "2", code=None)
            if done.code == 0:
                break
            assert done.code in (1, 3) and done.error["reason"] in ("device-garbled", "device-silent", "proof-failed")
    if done.code == 0:
        assert len(line.station.record["keys"]) == 2
        assert set(line.keys()) == {16, 18}


@pytest.mark.parametrize("seed", range(4))
def test_noise_to_the_board(line, seed):  # noqa: F811
    with line.boot(to_board=Noise(seed, 15)) as board:
        for _ in range(6):
            done = line.provision_json(board, "--timeout", "3", code=None)
            if done.code == 0:
                break
            assert done.code == 3, done
        assert done.code == 0
    assert set(line.keys()) == {16, 18}


def test_only_garbage(line):  # noqa: F811
    with line.boot(to_station=lambda chunk: bytes(255 - byte for byte in chunk)) as board:
        failed = line.provision_json(board, code=3)
        assert failed.error["reason"] == "device-garbled" and "115200" in failed.error["next"]
