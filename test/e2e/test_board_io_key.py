# SPDX-License-Identifier: Apache-2.0
"""
The IO protection key of a board that provisions itself: the board makes it and keeps it in its flash, the chip proves it, and neither
station nor record nor console ever has it. On this host as the board.
"""
import hashlib
import re

import pytest

from board_secrets import Peer, proof_of
from conftest import PATIENCE
from host_board import BUILD, TESTS
from test_hostile_board import lying
from test_host_board import Line
from test_io_protection import KEY_AT, LOCKED, READY, judge

FACTORY_IO_KEY, FACTORY_FLEX_IO_KEY = TESTS / "factory_io_key", TESTS / "factory_flex_io_key"
PRIMARY_AGREEMENT = BUILD / "primary_agreement"
REFUSED, USAGE, WRONG = 1, 2, 4
ROWS = {"blank": (FACTORY_IO_KEY, READY), "trust-flex": (FACTORY_FLEX_IO_KEY, LOCKED)}


class Keyed(Line):
    """A board whose factory image makes it an IO protection key."""

    def __init__(self, station, part):
        super().__init__(station, part)
        self.image, self.profile = ROWS[part]

    def boot(self, image=None, **more):
        return super().boot(image or self.image, **more)

    def provision_json(self, board, *more, **rest):
        return super().provision_json(board, *more, **{"profile": self.profile, **rest})

    def provision(self, board, *more, **rest):
        return super().provision(board, *more, **{"profile": self.profile, **rest})

    def keys_stored(self):
        """Every IO protection key that the flash has ever held, and whether its record says that it is proven: docs/reference/storage-format.md."""
        content = self.flash.read_bytes()
        found = re.finditer(re.escape(b"\x01") + b"([\x00\x01])\x00\x00" + re.escape(bytes.fromhex(self.serial)) + b"\x00\x00\x00", content)
        return {(content[at.start() + KEY_AT:at.start() + 48], at[1] == b"\x01") for at in found}


@pytest.fixture(params=ROWS)
def line(station, request):
    return Keyed(station, request.param)


@pytest.fixture
def flex(station):
    return Keyed(station, "trust-flex")


def test_whole_line(line):
    """Planned, made once, proven, locked where the profile says so; confirmed again without a change; the key is in chip and flash alone."""
    station = line.station
    with line.boot() as board:
        before = station.snapshot()
        shown = line.provision(board, "--dry-run").out
        assert "  IO key           kept in the board's flash: the software that uses the chip needs this key store\n" in shown
        assert ", that it holds the IO protection key: so says the board" in shown
        plan = line.provision_json(board, "--dry-run").event("plan")
        actions = [step["action"] for step in plan["steps"]]
        assert {"make-io-key", "write-data", "prove-data"} <= set(actions) and ("lock-io-key" in actions) == (line.profile == LOCKED)
        assert all(step["name"] == "bus" and step["slot"] == 6 for step in plan["steps"] if step["action"].endswith(("io-key", "-data")) and
                   step["action"] not in ("fill-data", "lock-data"))
        assert plan["key_store"] == "the board's flash" and plan["not_proven"]["io_key"]
        assert station.snapshot() == before, "looking writes nothing"
        done = line.provision_json(board)
        (key,) = {key for key, proven in line.keys_stored()}
        assert (key, True) in line.keys_stored()
        judge(station.record, key)
        assert station.record["data"][0]["proof"]["written"] and station.record["run"]["board"]["not_proven"]["io_key"]
        assert done.event("provisioned")["data"] == station.record["data"]
        again = line.provision_json(board, arm=()).event("provisioned")
        assert again["changes"] == 0 and not again["data"][0]["proof"]["written"]
        judge({"serial": line.serial, "data": again["data"]}, key)
        assert "data bus: slot 6, 32 bytes, already there; proven by mac" in line.provision(board, arm=()).out
        heard = board.heard
    assert {key for key, _ in line.keys_stored()} == {key}
    assert line.info()["slots"][6]["locked"] == (line.profile == LOCKED)
    held = line.chip.read_bytes()
    assert key in held
    hidden = key.hex().encode()
    assert key not in heard and hidden not in heard.lower()
    for file in station.folder.rglob("*"):
        if file.is_file() and file not in (line.chip, line.flash):
            content = file.read_bytes()
            assert key not in content and hidden not in content.lower(), file
    told = station.run("verify-record", station.device / "record.json", "--profile", line.profile).out
    assert "0 bad" in told and "the board says that the chip and it computed the same" in told


def test_by_hand(flex):
    """A person at the console has no station: the same engine, and no key on the terminal."""
    with flex.boot() as board:
        flex.arm(board)
        frames, said = board.ask("run")
        assert frames[-1][0] == "ok" and "data bus: slot 6, new, proven" in said
        (shown,) = [values for verb, values, _ in frames if verb == "data"]
        assert shown["name"] == "bus" and shown["slot"] == "6" and shown["written"] == "yes"
        (key,) = {key for key, proven in flex.keys_stored()}
        assert key.hex().upper() not in said.upper()
        assert flex.provision_json(board, arm=()).event("provisioned")["changes"] == 0


# ---- what it is for


def test_the_primary_application_finds_it(line):
    """It agrees on secrets with no setting; openssl agrees. Where the record of the key is damaged, no secret is asked for in clear."""
    with line.boot() as board:
        key, = line.provision_json(board).event("provisioned")["keys"]
    peer = Peer(line.station.folder)
    elsewhere = f"{peer.point[:-2]}{int(peer.point[-2:], 16) ^ 1:02X}"  # no point of the curve
    with line.boot(PRIMARY_AGREEMENT) as board:
        for _ in range(2):
            frames, said = board.ask(f"agree {key['slot']} {peer.point}")
            assert [values["proof"] for verb, values, _ in frames if verb == "agreement"] == [proof_of(peer.secret(key["public_key"]))], said
        for words, reason in (("99 04", "usage"), (f"{key['slot']} 04", "usage"), (f"{key['slot']} {elsewhere}", "usage"),
                              (f"{key['slot']} xy", "usage"), (f"9 {peer.point}", "slot-policy")):
            frames, said = board.ask(f"agree {words}")
            assert frames[-1][1].get("reason") == reason, (words, said)
        assert board.ask("end")[0][-1][0] == "ok" and board.process.wait(PATIENCE) == 0
    content = bytearray(line.flash.read_bytes())
    for found in re.finditer(re.escape(bytes.fromhex(line.serial) + bytes(3)), bytes(content)):
        if content[found.start() - 4] == 1:
            content[found.start() + 20] ^= 1
    line.flash.write_bytes(content)
    with line.boot(PRIMARY_AGREEMENT) as board:
        frames, said = board.ask(f"agree {key['slot']} {peer.point}")
        assert frames[-1][0] == "error" and frames[-1][1]["reason"].startswith("storage"), said


# ---- what is refused


def test_an_image_that_makes_none(flex):
    """An application without it, by its own word: refused before the board is asked for anything that changes."""
    with flex.boot(to_station=lying(lambda text: text.replace(" io-key=yes", ""))) as board:
        before = flex.station.snapshot()
        error = flex.provision_json(board, code=WRONG).error
        assert error["reason"] == "wrong-configuration" and "cannot make one" in error["cause"] and "build the image again" in error["next"]
        assert b"@run" not in board.heard and flex.station.snapshot() == before, "neither chip nor flash nor station"


LIES = {
    "no data": lambda text: "" if text.startswith("@data ") else text,
    "a short answer": lambda text: text[:-2] if text.startswith("@data ") else text,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_board_that_leaves_it_out(flex, lie):
    """A run whose proof does not come is not recorded; the device is finished, and an honest run confirms it."""
    with flex.boot(to_station=lying(LIES[lie])) as board:
        assert flex.provision_json(board, code=3).error["reason"] == "device-garbled"
        assert not list(flex.station.state.rglob("record.json"))
    with flex.boot() as board:
        assert flex.provision_json(board, arm=()).event("provisioned")["changes"] == 0


@pytest.mark.parametrize("filling", [0x00, 0xff])
def test_an_empty_slot_is_no_key(flex, filling):
    """The answer that a slot gives which nothing was written into: computed here, without any code of imprint's."""
    def empty(text):
        if not text.startswith("@data "):
            return text
        challenge = re.search("challenge=([0-9A-F]+)", text)[1]
        serial = bytes.fromhex(flex.serial)
        message = (bytes([filling]) * 32 + bytes.fromhex(challenge) + bytes([0x08, 0x41, 6, 0]) + bytes(11) + serial[8:] + serial[4:8] +
                   serial[:2] + serial[2:4])
        return re.sub("answer=.*", "answer=" + hashlib.sha256(message).hexdigest().upper(), text)
    with flex.boot(to_station=lying(empty)) as board:
        error = flex.provision_json(board, code=REFUSED).error
    assert error["reason"] == "proof-failed" and error["slot"] == 6 and "is empty" in error["cause"]


def test_a_step_that_is_about_something_else(flex):
    """A plan whose data steps name another slot is never complete."""
    with flex.boot(to_station=lying(lambda text: text.replace("slot=6", "slot=7"))) as board:
        assert flex.provision_json(board, code=3).error["reason"] == "device-garbled"


def test_flash_that_is_lost(line):
    """The key was nowhere else: told with what can be done, and nothing is written."""
    with line.boot() as board:
        line.provision(board)
    copy = line.flash.read_bytes()
    line.flash.unlink()
    with line.boot() as board:
        chip = line.chip.read_bytes()
        error = line.provision_json(board, code=WRONG).error
        assert error["reason"] == "done-elsewhere" and "IO protection key is nowhere else" in error["next"]
        assert line.chip.read_bytes() == chip
    line.flash.write_bytes(copy)
    with line.boot() as board:
        assert line.provision_json(board, arm=()).event("provisioned")["changes"] == 0


def test_another_chip_on_the_board(flex):
    """A board whose flash has the key of another chip makes no second one."""
    with flex.boot() as board:
        flex.provision(board)
    flex.chip.unlink()
    flex.station.run("virtual", "new", "--as", "trust-flex", "--seed", "2", flex.chip)
    with flex.boot() as board:
        chip, flash = flex.chip.read_bytes(), flex.flash.read_bytes()
        error = flex.provision_json(board, code=WRONG).error
        assert error["reason"] == "foreign-key" and "of another chip" in error["cause"] and "flash of a board" in error["next"], error
        assert (flex.chip.read_bytes(), flex.flash.read_bytes()) == (chip, flash)


def test_a_damaged_record(flex):
    """One bit of the stored key: the chip's answer does not fit, or the record is seen to be damaged; no other key is made."""
    with flex.boot() as board:
        flex.provision(board)
    content = bytearray(flex.flash.read_bytes())
    serial = bytes.fromhex(flex.serial)
    for at in (found.start() for found in re.finditer(re.escape(serial + bytes(3)), bytes(content))):
        if content[at - 4] == 1 and content[at - 2:at] == b"\x00\x00":
            content[at + 20] ^= 1
    flex.flash.write_bytes(content)
    with flex.boot() as board:
        chip = flex.chip.read_bytes()
        error = flex.provision_json(board, code=None).error
        assert error["reason"] in ("storage-corrupt", "storage-failed"), error
        assert flex.chip.read_bytes() == chip


OTHERS = {"bytes": "  - {name: label, type: bytes, slot: 13, text: x}\n", "hmac": "  - {name: label, type: hmac, id: 40, slot: 5, algorithm: hmac(sha-256), file: secret}\n"}


@pytest.mark.parametrize("verb", ["compile", "board provision"])
@pytest.mark.parametrize("kind", OTHERS)
def test_other_data_is_refused(station, verb, kind):
    """Beside the IO protection key, by name and before the console is opened."""
    profile = station.folder / "other.yaml"
    text = READY.read_text()
    profile.write_text(text.replace("\ndata:\n", "\ndata:\n" + OTHERS[kind]))
    more = ["--c"] if verb == "compile" else ["--console", station.folder / "none"]
    error = station.json(*verb.split(), profile, *more, code=USAGE).error
    assert error["reason"] == "profile-conflict" and error["subject"] == "label" and "only its IO protection key" in error["cause"]
    assert error["line"] == text[:text.index("\ndata:")].count("\n") + 3
