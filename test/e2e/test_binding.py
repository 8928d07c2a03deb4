# SPDX-License-Identifier: Apache-2.0
"""Chip, microcontroller, board number and image are one entry: who of them comes back with another is refused before anything is written."""
import hashlib
import json
import re
import sqlite3

import pytest

from conftest import EXAMPLE
from host_board import FACTORY, PRIMARY, PROFILE, Board, frame

ONE, TWO = "00112233445566778899AABBCCDDEEFF", "F0E0D0C0B0A090807060504030201000"
DUPLICATE, ELSEWHERE = 6, 4


class Bench:
    """Chips, flashes and microcontrollers, which a person can put together as he likes."""

    def __init__(self, station):
        self.station = station
        self.folder = station.folder

    def chip(self, seed):
        path = self.folder / f"chip{seed}"
        if not path.exists():
            self.station.run("virtual", "new", "--as", "trust-and-go", "--seed", seed, path)
        return path

    def serial(self, seed):
        return self.station.json("--device", f"virtual:{self.chip(seed)}", "info").event("chip")["serial"]

    def run(self, seed, flash, mcu, *more, image=FACTORY, verb=("board", "provision", PROFILE, "--arm", "profile"), **rest):
        settings = {"IMPRINT_BOARD_MCU": mcu} if mcu else {}
        with Board(image, self.chip(seed), self.folder / flash, **settings) as board:
            return self.station.json(*verb, "--console", board.console, *more, **rest)

    def content(self, seed, flash):
        """Of a flash that is not there yet, as of an erased one: nothing."""
        path = self.folder / flash
        return self.chip(seed).read_bytes(), path.read_bytes().strip(b"\xff") if path.exists() else b""


def lines(change):
    """A filter that gets whole lines."""
    kept = bytearray()

    def take(chunk):
        kept.extend(chunk)
        end = kept.rfind(b"\n") + 1
        whole = bytes(kept[:end])
        del kept[:end]
        return change(whole)
    return take


@pytest.fixture
def bench(station):
    return Bench(station)


def refused(bench, seed, flash, mcu, *more):
    """Neither chip nor flash is changed; both are named, and the way on."""
    before = bench.content(seed, flash)
    for last in ((), ("--dry-run",)):
        error = bench.run(seed, flash, mcu, *more, *last, code=DUPLICATE).error
        assert error["reason"] == "duplicate" and error["serial"] == bench.serial(seed), error
    assert bench.content(seed, flash) == before
    return error


def test_a_microcontroller_with_another_chip(bench):
    bench.run(1, "a", ONE)
    error = refused(bench, 2, "a", ONE)
    first, second = bench.serial(1), bench.serial(2)
    assert ONE in error["cause"] and first in error["cause"] and second in error["cause"]
    assert f"{first} --lost --yes" in error["next"]
    shown = bench.station.json("retire", first, "--lost", code=2).event("retire")
    assert shown["mcu"] == ONE
    assert "its microcontroller, which may have another chip then" in bench.station.run("retire", first, "--lost", code=2).err
    bench.station.run("retire", first, "--lost", "--yes")
    (bench.folder / "a").unlink()
    bench.run(2, "a", ONE)
    assert ONE in refused(bench, 1, "b", ONE)["cause"], "and the other way round"
    assert bench.station.run("ledger", "alarms").out == "", "what was given up is no alarm"


@pytest.mark.parametrize("has_record, flash", [(True, "a"), (True, "b"), (False, "a"), (False, "b")])
def test_a_chip_on_another_microcontroller(bench, has_record, flash):
    """With its old flash or another; the ledger knows it without the record, too."""
    bench.run(1, "a", ONE)
    if not has_record:
        (bench.station.state / "devices" / bench.serial(1) / "record.json").unlink()
    error = refused(bench, 1, flash, TWO)
    assert ONE in error["cause"] and TWO in error["cause"] and f"{bench.serial(1)} --lost --yes" in error["next"]
    assert bench.run(1, "a", ONE).event("provisioned")["changes"] == 0
    assert bench.run(1, "a", None).event("provisioned")["changes"] == 0, "an image that tells none is believed as before"


def test_the_primary_application_is_compared_too(bench):
    bench.run(1, "a", ONE)
    prove = ("board", "prove")
    assert ONE in bench.run(1, "a", TWO, image=PRIMARY, verb=prove, code=DUPLICATE).error["cause"]
    bench.run(1, "a", ONE, image=PRIMARY, verb=prove)


def test_a_ledger_from_before(bench):
    """One without the table learns from its entries what is tied together; so does one that is rebuilt."""
    bench.run(1, "a", ONE)
    bench.run(2, "b", TWO)
    bench.station.run("retire", bench.serial(2), "--lost", "--yes")

    def tied():
        with sqlite3.connect(bench.station.state / "ledger" / "ledger.db") as file:
            return file.execute("SELECT number, device FROM mcu").fetchall()
    assert tied() == [(ONE, bench.serial(1))]
    with sqlite3.connect(bench.station.state / "ledger" / "ledger.db") as file:
        file.executescript("DROP TABLE mcu; ALTER TABLE work_order DROP COLUMN scan_labels; PRAGMA user_version = 5")
    bench.run(1, "a", ONE)
    assert tied() == [(ONE, bench.serial(1))]
    bench.station.run("ledger", "rebuild")
    assert tied() == [(ONE, bench.serial(1))]
    assert bench.station.run("ledger", "verify").code == 0


def test_the_board_of_a_device_that_never_passed(bench):
    """Its chip is replaced: with retire the number is free, though the first chip has neither keys nor record."""
    station = bench.station
    path = station.write("unarmed.yaml", "".join(line for line in EXAMPLE.read_text().splitlines(True) if "replace:" not in line))

    def make(seed, profile, code=0):
        return station.json("--device", f"virtual:{bench.chip(seed)}", "provision", profile, "--arm", "profile", "--board", "B-1", code=code)
    make(1, path, code=ELSEWHERE)
    error = make(2, EXAMPLE, code=ELSEWHERE).error
    assert bench.serial(1) in error["cause"] and f"{bench.serial(1)} --lost --yes" in error["next"]
    assert station.json("retire", bench.serial(1), "--lost", "--yes").event("retired")["board"] == "B-1"
    make(2, EXAMPLE)
    assert station.run("ledger", "alarms").out == ""


def test_the_image_is_in_the_entry(bench):
    """Its digest is that of the file that was flashed, here the program; another file is refused, before anything is written."""
    station, digest = bench.station, hashlib.sha256(FACTORY.read_bytes()).hexdigest().upper()
    other = station.write("other.bin", "not this image")
    before = bench.content(1, "a")
    for last in ((), ("--dry-run",)):
        error = bench.run(1, "a", ONE, "--firmware", other, *last, code=ELSEWHERE).error
        assert error["reason"] == "wrong-configuration" and digest in error["cause"] and error["subject"] == str(other), error
        assert hashlib.sha256(b"not this image").hexdigest().upper() in error["cause"] and "flash that file" in error["next"]
    assert "not the ELF file" in bench.run(1, "a", ONE, "--firmware", PRIMARY, code=ELSEWHERE).error["next"]
    assert bench.run(1, "a", ONE, "--firmware", station.folder / "none", code=2).error["reason"] == "input-file"
    assert bench.content(1, "a") == before
    bench.run(1, "a", ONE, "--firmware", FACTORY)
    entry = station.json("ledger", "show", bench.serial(1)).objects[-1]["entry"]
    assert entry["result"] == "provisioned" and entry["evidence"]["run"]["board"]["firmware"] == digest
    assert json.loads((station.state / "devices" / bench.serial(1) / "record.json").read_text())["run"]["board"]["firmware"] == digest


def test_an_image_that_tells_no_digest(bench):
    """Of an earlier release: it works as before, and is refused where a file is named."""
    def older(chunk):
        return b"".join(frame(re.sub(r" image=\d+", "", line[1:-6])).encode() + b"\n" if line.startswith("@hello") else line.encode() + b"\n"
                        for line in chunk.decode().replace("\r", "").split("\n")[:-1])

    def run(*more, code=0):
        with Board(FACTORY, bench.chip(1), bench.folder / "a", to_station=lines(older)) as board:
            return bench.station.json("board", "provision", PROFILE, "--arm", "profile", "--console", board.console, *more, code=code)
    assert "does not tell its digest" in run("--firmware", FACTORY, code=ELSEWHERE).error["cause"]
    run()
    entry = bench.station.json("ledger", "show", bench.serial(1)).objects[-1]["entry"]
    assert "firmware" not in entry["evidence"]["run"]["board"]
