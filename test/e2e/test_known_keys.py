# SPDX-License-Identifier: Apache-2.0
"""What the station knows of a board's keys: the board is told, and spends no use of a key that counts them, nor loses or confuses one."""
import json
import shutil

import pytest

from conftest import run_program
from host_board import FACTORY, FACTORY_COUNTED, PROFILE, PROFILE_COUNTED, Board, Once
from test_host_board import Line
from test_hostile_board import lying, record_of
from test_use_rules import limited_608

GEOMETRY = "4096x8/4-1"  # of the flash in firmware/board/host/


class Counted(Line):
    """A part whose slot 2 counts the uses of its key."""

    def __init__(self, station):
        self.station = station
        self.chip, self.flash = station.folder / "part.virtual", station.folder / "board.flash"
        station.run("virtual", "new", "--as", station.write("part.hex", bytes(limited_608()).hex()), "--seed", "3", self.chip)
        self.serial = self.info()["serial"]

    def boot(self, image=FACTORY_COUNTED, **more):
        return super().boot(image, **more)

    def provision_json(self, board, *more, arm=(), **rest):
        return super().provision_json(board, *more, profile=PROFILE_COUNTED, arm=arm, **rest)

    def provision(self, board, *more, arm=(), **rest):
        return super().provision(board, *more, profile=PROFILE_COUNTED, arm=arm, **rest)

    def uses(self):
        return self.info()["slots"][2]["uses_left"]


@pytest.fixture
def counted(station):
    return Counted(station)


@pytest.fixture
def line(station):
    return Line(station)


def proof_of(result):
    return [step for step in result.event("plan")["steps"] if step["action"] == "prove-key" and step["key_id"] == 17][0]


def test_a_use_is_spent_once(counted):
    """Looking and confirming spend none; the proof of the first run, and its request, are armed."""
    uses = counted.uses()
    with counted.boot() as board:
        step = proof_of(counted.provision_json(board, "--dry-run"))
        assert step["spends_use"] and step["forever"] and step["uses_left"] == uses
        assert counted.provision_json(board, code=1).error["reason"] == "not-armed"
    assert counted.uses() == uses
    with counted.boot() as board:
        first = counted.provision_json(board, "--arm", "profile")
    assert [(key["proven"], key["compared"]) for key in first.event("provisioned")["keys"]] == [(True, False), (True, False)]
    assert counted.uses() == uses - 2, "a proof and a request"
    record, request, chip = counted.station.record, (counted.station.device / "counted.csr").read_bytes(), counted.chip.read_bytes()
    for arming in ([], ["--arm", "profile"], []):
        with counted.boot() as board:
            again = counted.provision_json(board, *arming)
            board.ask("report")
        done, step = again.event("provisioned"), proof_of(again)
        assert not step["spends_use"] and not step["forever"] and step["uses_left"] == uses - 2
        assert done["changes"] == 0 and [(key["proven"], key["compared"]) for key in done["keys"]] == [(True, False), (False, True)]
        assert again.event("csr")["pem"].encode() == request
    assert counted.chip.read_bytes() == chip and counted.station.record == record
    with counted.boot() as board:
        shown = counted.provision(board)
        assert "compared with the record, spends no use" in shown.err and "; compared with the record, no use spent\n" in shown.out
        assert "key 17 counted: slot 2, was there, compared with the record" in board.heard.decode()
    checked = run_program("--json", "verify-record", counted.station.device / "history.jsonl").objects
    assert {(item["line"], item["result"]) for item in checked if item.get("check") == "key-proof" and item["key_id"] == 17} == \
        {(1, "good"), *((line, "open") for line in range(2, 6))}


@pytest.mark.parametrize("lost", ["record.json", "counted.csr"])
def test_what_is_lost_here_is_asked_for_again(counted, lost):
    with counted.boot() as board:
        counted.provision(board, "--arm", "profile")
        (counted.station.device / lost).unlink()
        assert counted.provision_json(board, code=1).error["reason"] == "not-armed"
        counted.provision(board, "--arm", "profile")
        assert (counted.station.device / lost).exists()


def test_a_repeated_run_spends_no_second_use(counted):
    """The end of the answer is damaged once: the station sends the same run again."""
    uses, spoil = counted.uses(), Once(b"@ok run", b"@ok rux")
    with counted.boot(to_station=spoil) as board:
        done = counted.provision_json(board, "--arm", "profile", "--timeout", "3")
        assert spoil.is_done and board.heard.count(b"@ok run") == 2
    assert all(key["proven"] for key in done.event("provisioned")["keys"])
    assert counted.uses() == uses - 2


def test_a_spared_key_must_be_the_recorded_one(counted):
    """The board need not prove it, so what it shows is compared with the record."""
    with counted.boot() as board:
        counted.provision(board, "--arm", "profile")
    record = counted.station.record
    shown, other = record["keys"][1]["public_key"], record["keys"][0]["public_key"]
    with counted.boot(to_station=lying(lambda text: text.replace(shown, other))) as board:
        failed = counted.provision_json(board, code=4)
    assert failed.error["reason"] == "foreign-key" and failed.error["key_id"] == 17
    assert "the board shows" in failed.error["cause"], "found before anything of the run is kept"
    assert counted.station.record == record


def test_only_what_was_spared_may_stay_silent(counted):
    """A board that calls any key compared: the station does not get its signature, and says so."""
    with counted.boot() as board:
        counted.provision(board, "--arm", "profile")
    lie = lying(lambda text: "" if text.startswith("@proof ") else text.replace("compared=no", "compared=yes"))
    with counted.boot(to_station=lie) as board:
        failed = counted.provision_json(board, code=3)
    assert failed.error["reason"] == "device-garbled"


def test_a_slot_that_counts_nothing_spares_no_key(counted):
    """The record says that the key counts its uses; the config zone that the board sends says that it does not."""
    with counted.boot() as board:
        counted.provision(board, "--arm", "profile")
        plain = bytearray(limited_608())
        plain[20 + 2 * 2] ^= 0x20
        board.filters = lying(lambda text: text.replace(bytes(limited_608())[16:48].hex().upper(), bytes(plain)[16:48].hex().upper())), \
            board.filters[1]
        failed = counted.provision_json(board, code=1)
    assert failed.error["reason"] == "proof-failed" and failed.error["key_id"] == 17 and "does not count" in failed.error["cause"]


def test_a_board_takes_the_word_of_no_hash(counted):
    """`known` with the hash of another key spares nothing; with the right one, the key does not sign."""
    uses = counted.uses()
    with counted.boot() as board:
        counted.provision(board, "--arm", "profile")
        right = board.heard.decode().split("known 17 ")
        board.ask("known")
        frames, _ = board.ask("known 17 0011223344556677 proven")
        assert frames[-1][0] == "ok"
        assert board.ask("run")[0][-1][1]["reason"] == "not-armed"
        for wrong in ("known 17", "known x 0011223344556677", "known 17 00112233445566", "known 17 0011223344556677 yes", "known 17 00 proven x"):
            assert board.ask(wrong)[0][-1][1]["reason"] == "usage"
        board.ask("known")
        assert board.ask("run")[0][-1][1]["reason"] == "not-armed"
    assert len(right) == 1 and counted.uses() == uses - 2


def test_a_board_confirms_no_other_key(line):
    with line.boot() as board:
        line.provision(board, "--arm", "profile")
        board.ask("known 16 0011223344556677")
        frames, _ = board.ask("run")
        assert frames[-1][1]["reason"] == "foreign-key" and frames[-1][1]["key"] == "16"
        board.ask("known")
        assert board.ask("run")[0][-1][0] == "ok"


def test_lost_flash_makes_no_second_key(line):
    """The mark tells the board that the device is done; nothing is written, and what is advised works."""
    with line.boot() as board:
        keys = line.provision_json(board, "--arm", "profile").event("provisioned")["keys"]
    line.flash.unlink()
    with line.boot() as board:
        board.wait_for("@hello")
        before = line.station.snapshot(times=False)
        for more in ([], ["--dry-run"]):
            failed = line.provision_json(board, *more, "--arm", "profile", code=4)
            assert failed.error["reason"] == "done-elsewhere" and "flash" in failed.error["cause"]
            assert "imprint --storage flash:FILE,GEOMETRY adopt PROFILE" in failed.error["next"]
        assert line.station.snapshot(times=False) == before
    made = line.station.folder / "made.flash"
    line.station.run("--device", f"virtual:{line.chip}", "--storage", f"flash:{made},{GEOMETRY}", "adopt", PROFILE)
    shutil.copy(made, line.flash)
    with line.boot() as board:
        done = line.provision_json(board).event("provisioned")
    assert done["changes"] == 0 and [key["public_key"] for key in done["keys"]] == [key["public_key"] for key in keys]


@pytest.mark.parametrize("protocol, advice", [(2, "scripts/build-firmware"), (4, "imprint 9.8.7")])
def test_another_protocol(line, protocol, advice):
    """Which of the two is older decides what to do; both ways, and in both applications."""
    lie = lying(lambda text: text.replace("protocol=3", f"protocol={protocol}").replace("version=", "version=9.8.7 was="))
    with line.boot(to_station=lie) as board:
        failed = line.provision_json(board, code=4)
        assert failed.error["reason"] == "wrong-configuration" and advice in failed.error["next"]
        assert f"version {protocol} of the console protocol, and this station version 3" in failed.error["cause"]
        assert "imprint 9.8.7" in failed.error["cause"]
    with line.boot(to_station=lie) as board:
        failed = line.station.json("board", "prove", "--console", board.console, code=4)
        assert advice in failed.error["next"]


def test_who_proves_is_kept(line):
    with line.boot() as board:
        line.provision(board, "--arm", "profile")
    with line.boot(image=FACTORY) as board:
        failed = line.station.json("board", "prove", "--console", board.console, "--operator", "Ada", code=4)
        assert failed.event("run")["serial"] is None and failed.event("run")["run"]["operator"] == "Ada"
    from host_board import PRIMARY
    with Board(PRIMARY, line.chip, line.flash) as board:
        board.wait_for("@hello")
        line.prove(board, "--operator", "Ada 7")
        assert line.station.record["primary"]["operator"] == "Ada 7"
        line.prove(board)
        line.station.json("board", "prove", "--console", board.console, "--operator", " ", code=2)
    assert [entry["run"]["operator"] for entry in line.station.history if entry["result"] == "proven"] == ["Ada 7", None]
    assert line.station.record["primary"]["operator"] is None
