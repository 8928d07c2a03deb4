# SPDX-License-Identifier: Apache-2.0
"""A board's factory and primary application, on this host as the board, driven by the station over a pseudo terminal."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from host_board import (FACTORY, FACTORY_BLANK, FACTORY_BLANK_ALONE, FACTORY_BLANK_ARMED, PRIMARY, PROFILE, PROFILE_BLANK, Board, crc, frame, words_of)
from conftest import EXAMPLE, PATIENCE, PROGRAM, ROOT, in_time, openssl, wait_until
from test_storage import in_namespace, needs_mount


class Line:
    """A station, and one device: a chip and a flash that outlive each boot."""

    def __init__(self, station, part="trust-and-go"):
        self.station = station
        self.chip = station.folder / "part.virtual"
        self.flash = station.folder / "board.flash"
        station.run("virtual", "new", "--as", part, "--seed", "1", self.chip)
        self.serial = self.info()["serial"]

    def boot(self, image=FACTORY, **more):
        board = Board(image, self.chip, self.flash, **more)
        board.wait_for("@hello")
        return board

    def provision(self, board, *more, profile=PROFILE, arm=("--arm", "profile"), **rest):
        """Armed: the profile replaces the key in slot 2, as the maker delivers it."""
        return self.station.run("board", "provision", profile, "--console", board.console, *arm, *more, **rest)

    def provision_json(self, board, *more, profile=PROFILE, arm=("--arm", "profile"), **rest):
        return self.station.json("board", "provision", profile, "--console", board.console, *arm, *more, **rest)

    def arm(self, board):
        """As a person types it, for the next run of this boot."""
        (shown,) = [item for item in board.ask("hello")[0] if item[0] == "hello"]
        frames, said = board.ask(f"arm {self.serial} {shown[1]['digest']}")
        assert frames[-1][0] == "ok", said

    def prove(self, board, *more, **rest):
        return self.station.run("board", "prove", "--console", board.console, *more, **rest)

    def info(self):
        return self.station.json("--device", f"virtual:{self.chip}", "info").event("chip")

    def keys(self):
        """What the station reads in the board's flash."""
        found = self.station.json("--device", f"virtual:{self.chip}", "--storage", f"flash:{self.flash}", "keys")
        return {item["key_id"]: item for item in found.objects if item["event"] == "key"}


@pytest.fixture
def line(station):
    return Line(station)


def test_whole_line(line):
    """Plan, provision, again, primary, prove; and openssl agrees with all of it."""
    station = line.station
    with line.boot() as board:
        before = station.snapshot()
        shown = line.provision(board, "--dry-run")
        assert "plan for" in shown.out and "4 changes" in shown.out and "state            blank\n" in shown.out
        assert station.snapshot() == before, "looking writes nothing: neither chip nor flash nor station"
        done = line.provision(board)
        assert "provisioned: " in done.out and "4 changes, 2 keys proven" in done.out
        assert "[3/6] generate-key 18 board, slot 2" in done.err
        csr = (station.device / "board.csr").read_text()
        again = line.provision(board)
        assert "nothing to do: " in again.out and "key 18 board: slot 2, already there" in again.out
        line.provision(board, "--end")
        assert board.process.wait(PATIENCE) == 0

    serial = line.info()["serial"]
    record = station.record
    assert record["serial"] == serial and record["run"]["board"]["name"] == "host"
    assert [(key["key_id"], key["slot"], key["method"]) for key in record["keys"]] == [(16, 0, "register"), (18, 2, "generate")]
    assert all(key["proof"]["proven"] for key in record["keys"])
    digest = station.json("compile", PROFILE, "--binary").event("compiled")["digest"]
    assert record["profile"] == {"name": "board-factory", "digest": digest}

    said = openssl("req", "-in", station.write("board.csr", csr), "-noout", "-verify", "-subject")
    assert "verify OK" in said and f"CN = {serial}, O = Example Devices" in said.replace("CN=", "CN = ").replace("O=", "O = ")

    assert {key: item["slot"] for key, item in line.keys().items()} == {16: 0, 18: 2}

    proof = station.folder / "proof"
    proof.mkdir()
    with line.boot(PRIMARY) as board:
        proven = line.prove(board, "--save", proof, "--end")
        assert "key 18 board: signs a fresh challenge" in proven.out
        assert board.process.wait(PATIENCE) == 0
    for key in (16, 18):
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", proof / f"key-{key}.pem", "-signature",
                                        proof / f"key-{key}.signature", proof / f"key-{key}.message")
    message = (proof / "key-18.message").read_text().splitlines()
    assert message[:3] == ["imprint proof of possession 1", f"chip {serial}", "key 18"]
    assert message[3] == "challenge " + station.record["primary"]["keys"][1]["challenge"]
    public = openssl("req", "-in", station.folder / "board.csr", "-noout", "-pubkey")
    assert public == (proof / "key-18.pem").read_text()


def test_a_ledger_that_cannot_be_written_is_found_before_the_board_changes(line):
    ledger = line.station.write("state/ledger/ledger.db", "x" * 5000)
    with line.boot() as board:
        before = line.station.snapshot()
        error = line.provision_json(board, code=6).error
        assert error["reason"] == "database-damaged" and error["subject"] == str(ledger)
        assert line.station.snapshot() == before, "neither chip nor flash"
        ledger.unlink()
        line.provision(board)


def test_facts_as_json(line):
    with line.boot() as board:
        done = line.provision_json(board)
        events = [item["event"] for item in done.objects]
        assert events == ["plan", *["step", "step-done"] * 2, "step", "lock", "step-done", *["step", "step-done"] * 3, "csr", "run",
                          "provisioned"]
        assert done.event("provisioned")["changes"] == 4
        assert done.event("csr")["pem"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    with line.boot(PRIMARY) as board:
        proven = line.station.json("board", "prove", "--console", board.console).event("proven")
        assert [key["key_id"] for key in proven["keys"]] == [16, 18]


def test_proof_in_one_go(line):
    """--switch runs the command that flashes and resets: here it boots the other image."""
    with line.boot() as board, Board(PRIMARY, line.chip, line.flash) as early:
        # The primary application cannot hold chip and flash while the factory has them: it ended at once.
        assert early.process.wait(PATIENCE) == 2
        started = []
        ready = line.station.folder / "ready"

        def later():
            while not ready.exists():
                time.sleep(0.01)
            started.append(line.boot(PRIMARY))
            (line.station.folder / "port").write_text(started[0].console)

        import threading
        thread = threading.Thread(target=later)
        thread.start()
        switch = (f"touch {ready}; while [ ! -s {line.station.folder}/port ]; do sleep 0.05; done; "
                  f"ln -s $(cat {line.station.folder}/port) {line.station.folder}/console; echo flashed")
        done = line.provision(board, "--switch", switch, "--primary-console", line.station.folder / "console")
        thread.join()
        assert "provisioned: " in done.out and "proven: " in done.out and "flashed" in done.err
        assert "flashed" not in done.out
        started[0].close()


def test_switch_that_fails(line):
    with line.boot() as board:
        failed = line.provision_json(board, "--switch", "exit 3", code=2)
        assert "--switch failed" in failed.error["cause"] and "imprint board prove" in failed.error["next"]
        assert failed.event("provisioned")["changes"] == 4
        assert line.station.record["keys"]


# --- what a person sees and types ------------------------------------------------------------------------------------


def test_by_hand(line):
    with line.boot() as board:
        board.wait_for("help lists the commands")
        frames, said = board.ask("help")
        assert "run: [SERIAL [NONCE]]: do the plan" in said and frames[-1][0] == "ok"
        frames, said = board.ask("report")
        assert frames[-1][1]["reason"] == "usage"
        frames, said = board.ask("run")
        assert frames[-1][1]["reason"] == "not-armed"
        line.arm(board)
        frames, said = board.ask("run")
        assert "provisioned: " in said and said.count("BEGIN PUBLIC KEY") == 2
        pem = said[said.index("-----BEGIN CERTIFICATE REQUEST"):]
        request = line.station.write("typed.csr", pem[:pem.index("END CERTIFICATE REQUEST") + 30].replace("\r", ""))
        assert "verify OK" in openssl("req", "-in", request, "-noout", "-verify")
        frames, _ = board.ask("report")
        assert frames[-1][0] == "ok" and [item[0] for item in frames].count("key") == 2
        frames, said = board.ask("end")
        assert board.process.wait(PATIENCE) == 0
    with line.boot(PRIMARY) as board:
        frames, said = board.ask("keys")
        assert "key 18: slot 2, key pair, signs" in said
        frames, said = board.ask("public 18")
        assert "-----BEGIN PUBLIC KEY-----" in said
        frames, said = board.ask("sign 18 00112233445566778899AABBCCDDEEFF")
        assert frames[-2][0] == "signature" and frames[-1][0] == "ok"


REFUSED_BY_PRIMARY = [
    ("run", "usage"), ("plan", "usage"), ("arm 1 2", "usage"), ("sign 18", "usage"), ("sign 18 0011", "usage"),
    ("sign 18 " + "00" * 33, "usage"), ("sign 18 xx112233445566778899AABBCCDDEEFF", "usage"),
    ("sign 0 " + "00" * 16, "usage"), ("sign 1073741824 " + "00" * 16, "usage"), ("sign 99 " + "00" * 16, "key-unknown"),
    ("public", "usage"), ("public x", "usage"), ("public 99", "key-unknown"),
]


def test_primary_refuses(line):
    with line.boot() as board:
        line.provision(board)
    before = line.station.snapshot(times=False)
    with line.boot(PRIMARY) as board:
        board.wait_for("@hello")
        for command, reason in REFUSED_BY_PRIMARY:
            frames, said = board.ask(command)
            assert frames[-1][0] == "error" and frames[-1][1]["reason"] == reason, (command, said)
            assert "cannot " in said
        assert board.ask("keys")[0][-1][0] == "ok"
    assert line.station.snapshot(times=False) == before


def test_primary_signs_nothing_it_is_given(line):
    """The signature is over the text of a proof, not over the challenge, so that it is good for nothing else."""
    with line.boot() as board:
        line.provision(board)
    challenge = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
    with line.boot(PRIMARY) as board:
        frames, _ = board.ask(f"sign 18 {challenge}")
        raw = bytes.fromhex([item for item in frames if item[0] == "signature"][0][1]["signature"])
        frames, said = board.ask("public 18")
        pem = said[said.index("-----BEGIN"):said.index("@public")].replace("\r", "")
    number = lambda half: (b"\0" if half[0] & 0x80 else b"") + half.lstrip(b"\0") if half[0] else half.lstrip(b"\0")
    halves = [number(raw[:32]), number(raw[32:])]
    body = b"".join(b"\x02" + bytes([len(half)]) + half for half in halves)
    der = line.station.write("signature", b"\x30" + bytes([len(body)]) + body)
    key = line.station.write("key.pem", pem)
    text = f"imprint proof of possession 1\nchip {line.info()['serial']}\nkey 18\nchallenge {challenge}\n"
    assert "Verified OK" in openssl("dgst", "-sha256", "-verify", key, "-signature", der,
                                    line.station.write("text", text))
    for other in (bytes.fromhex(challenge), challenge.encode()):
        openssl("dgst", "-sha256", "-verify", key, "-signature", der, line.station.write("text", other), code=1)


def test_the_device_does_not_change_while_it_proves(line):
    """Another serial number among the proofs is not taken: each proof is of the device whose record was read."""
    with line.boot() as board:
        line.provision(board)
    held = [b""]

    def among(chunk):
        *lines, held[0] = (held[0] + chunk).split(b"\n")
        out = b""
        for item in lines:
            if item.startswith(b"@public "):
                out += f"{frame('chip serial=012300000000000001')}\r\n".encode()
            out += item + b"\n"
        return out
    with line.boot(PRIMARY, to_station=among) as board:
        line.prove(board)
    assert line.station.record["primary"]["keys"]
    line.station.run("verify-record", line.station.device / "record.json")


def test_primary_without_a_factory(line):
    with line.boot(PRIMARY) as board:
        frames, said = board.ask("keys")
        assert frames[-1][1]["reason"] == "key-unknown" and "factory application" in said
        failed = line.station.json("board", "prove", "--console", board.console, code=1)
        assert failed.error["reason"] == "key-unknown"


# --- locks -----------------------------------------------------------------------------------------------------------


def test_an_arming_expires(station):
    """A minute on the board's clock, which here runs sixty times as fast; the station, which runs at once, is in time."""
    line = Line(station, "blank")
    digest = station.json("compile", PROFILE_BLANK, "--binary").event("compiled")["digest"]
    with line.boot(FACTORY_BLANK, IMPRINT_BOARD_CLOCK="60") as board:
        before = line.chip.read_bytes()
        assert board.ask(f"arm {line.serial} {digest}")[0][-1][0] == "ok"
        time.sleep(1.2)
        frames, said = board.ask("run")
        assert frames[-1][1]["reason"] == "not-armed" and "the arming has expired" in said
        assert line.chip.read_bytes() == before
        frames, said = board.ask("run")
        assert frames[-1][1]["reason"] == "not-armed" and "are not armed" in said
        late = 0
        while line.provision(board, arm=("--arm", line.serial), profile=PROFILE_BLANK, code={0, 4}).code != 0:
            late += 1  # a busy machine may lose this second between the two commands
            assert late < 50 and line.chip.read_bytes() == before


def test_locks_want_arming(station):
    line = Line(station, "blank")
    with line.boot(FACTORY_BLANK) as board:
        before = station.snapshot()
        refused = line.provision_json(board, profile=PROFILE_BLANK, arm=(), code=1)
        assert refused.error["reason"] == "not-armed"
        other = line.provision_json(board, arm=("--arm", "0123FFFFFFFFFFFF01"), profile=PROFILE_BLANK, code=1)
        assert other.error["reason"] == "not-armed"
        only = line.provision_json(board, arm=("--arm", line.serial, "--finished"), profile=PROFILE_BLANK, code=1)
        assert only.error["reason"] == "not-armed" and "--finished" in only.error["next"]
        # By hand, for another chip, for another profile, and by half: never armed by the way.
        digest = station.json("compile", PROFILE_BLANK, "--binary").event("compiled")["digest"]
        frames, _ = board.ask(f"arm 0123FFFFFFFFFFFF01 {digest}")
        assert frames[-1][0] == "ok"
        for command in (f"arm {line.serial}", f"arm {line.serial} {digest[:6]}",
                        f"arm {line.serial} FF{digest[2:]}", f"arm {line.serial} {digest}00",
                        f"@arm {line.serial} {digest} *0000"):
            frames, said = board.ask(command)
            assert frames[-1][0] in ("error", "again"), said
        frames, _ = board.ask("run")
        assert frames[-1][1]["reason"] == "not-armed"
        assert station.snapshot() == before

        done = line.provision(board, arm=("--arm", line.serial), profile=PROFILE_BLANK)
        assert "lock-data: slot access rules take effect" in done.err and "provisioned: " in done.out
        other = line.provision_json(board, arm=("--arm", "0123FFFFFFFFFFFF01"), profile=PROFILE_BLANK, code=1)
        assert other.error["reason"] == "not-armed", "nothing is to be armed any more, and it is still another device"
        # The word counted for one run; a finished device needs none.
        assert "nothing to do" in line.provision(board, arm=("--finished",), profile=PROFILE_BLANK).out
    chip = line.info()
    assert chip["config_locked"] and chip["data_locked"] and chip["slots"][0]["locked"]
    subject = openssl("req", "-in", station.device / "device.csr", "-noout", "-verify", "-subject", "-nameopt", "RFC2253")
    assert "verify OK" in subject and chip["serial"] in subject and "first" in subject
    with line.boot(PRIMARY) as board:
        proven = line.prove(board)
        assert "key 16 device: signs a fresh challenge" in proven.out
        assert "key 17 update-root: its public key is there" in proven.out


def test_image_that_runs_by_itself(station):
    line = Line(station, "blank")
    with line.boot(FACTORY_BLANK_ALONE) as board:
        said = board.wait_for("@ok run")
        assert "for ever, on chip" in said and "provisioned: " in said
        assert "nothing to do" in line.provision(board, arm=(), profile=PROFILE_BLANK).out
    assert line.info()["data_locked"]


def test_armed_image_needs_no_word_but_the_stations_user_has_one(station):
    line = Line(station, "blank")
    with line.boot(FACTORY_BLANK_ARMED) as board:
        refused = line.provision_json(board, profile=PROFILE_BLANK, arm=(), code=1)
        assert refused.error["reason"] == "not-armed"
        assert "armed=yes" in board.wait_for("@hello")
        frames, _ = board.ask("run")
        assert frames[-1] == ("ok", {}, ["run"])
    assert line.info()["data_locked"]


# --- not the device, not the image, not the state ----------------------------------------------------------------------


def test_other_profile(line):
    with line.boot() as board:
        failed = line.provision_json(board, profile=EXAMPLE, code=4)
        assert failed.error["reason"] == "wrong-configuration" and failed.error["subject"] == "board-factory"


def test_wrong_application(line):
    with line.boot() as board:
        assert line.station.json("board", "prove", "--console", board.console, code=4).error["reason"] == \
            "wrong-configuration"
    with line.boot(PRIMARY) as board:
        failed = line.provision_json(board, code=4)
        assert "flash the factory image" in failed.error["next"]


def test_wrong_part(station):
    """A blank part under a profile that registers the maker's key: refused, and nothing is written, not even flash."""
    line = Line(station, "blank")
    with line.boot() as board:
        before = station.snapshot()
        failed = line.provision_json(board, code=4)
        assert failed.error["reason"] == "wrong-configuration" and failed.error["serial"] == line.serial
        assert station.snapshot() == before


def test_exchanged_chip(line):
    """The flash says what another chip holds."""
    with line.boot() as board:
        line.provision(board)
    line.chip.unlink()
    line.station.run("virtual", "new", "--as", "trust-and-go", "--seed", "2", line.chip)
    with line.boot() as board:
        # The keys of this chip prove themselves; they are this device's first, so that it gets a mark and a record of its own.
        done = line.provision_json(board)
        assert done.event("provisioned")["changes"] == 2
        assert len(list((line.station.state / "devices").iterdir())) == 2


def test_recorded_key_was_exchanged(line):
    with line.boot() as board:
        line.provision(board)
    folder = line.station.device
    record = json.loads((folder / "record.json").read_text())
    record["keys"][1]["public_key"] = record["keys"][0]["public_key"]
    (folder / "record.json").write_text(json.dumps(record))
    with line.boot() as board:
        failed = line.provision_json(board, code=4)
        assert failed.error["reason"] == "foreign-key" and failed.error["key_id"] == 18
    with line.boot(PRIMARY) as board:
        assert line.station.json("board", "prove", "--console", board.console, code=4).error["reason"] == "foreign-key"


def test_unrecorded_device(line):
    with line.boot() as board:
        line.provision(board)
    line.station.state.rename(line.station.folder / "elsewhere")
    with line.boot(PRIMARY) as board:
        failed = line.station.json("board", "prove", "--console", board.console, code=1)
        assert "no record" in failed.error["cause"] and "--state" in failed.error["next"]


def test_record_cannot_be_written(line):
    line.station.state.mkdir()
    (line.station.state / "devices").write_text("in the way")
    with line.boot() as board:
        failed = line.provision_json(board, code=5)
        assert failed.error["reason"] == "record-failed"
        assert [key["key_id"] for key in failed.event("evidence")["keys"]] == [16, 18], "the evidence is not lost"


# --- the board's own troubles -------------------------------------------------------------------------------------------


@needs_mount
def test_a_full_disk_is_found_before_the_board_begins(line):
    """The board has room for its keys; the station has none for the record. Nothing is written, and with room the same command works."""
    before = line.chip.read_bytes()
    small = line.station.folder / "small"
    small.mkdir()
    with line.boot() as board:
        done = in_namespace("""
            mount -t tmpfs -o nr_inodes=8 none "$1"
            set +e
            "$2" --json --state "$1/state" board provision "$3" --console "$4" --arm profile
            echo "code $?"
            """, small, PROGRAM, PROFILE, board.console)
        found = [json.loads(item) for item in done.stdout.splitlines() if item.startswith("{")]
        assert found[-1]["reason"] == "storage-full" and found[-1]["next"] and done.stdout.endswith("code 1\n"), done.stdout
        assert line.chip.read_bytes() == before
        line.provision(board)


def test_chip_does_not_answer(line):
    with line.boot(IMPRINT_BOARD_FAULT="silent@1") as board:
        failed = line.provision_json(board, code=3)
        assert failed.error["reason"] == "device-silent" and failed.error["cause"] and failed.error["next"]
        assert "no chip answers" in failed.error["cause"] or "answer" in failed.error["cause"]


FAULTS = [f"{kind}@{group}" for kind in ("lost", "badcrc", "garbage", "flip", "nack", "watchdog", "reset", "brownout", "slow")
          for group in (3, 9, 16, 23, 31)]


@pytest.mark.parametrize("fault", FAULTS)
def test_chip_fails_in_mid_run(line, fault):
    """Whatever it was, the next run is right, and makes no second key."""
    with line.boot(IMPRINT_BOARD_FAULT=fault) as board:
        first = line.provision_json(board, code=None)
        assert first.code in (0, 1, 3)
        if first.code:
            assert first.error["reason"] != "unexpected" and first.error["next"]
        done = line.provision_json(board)
        assert [key["slot"] for key in done.event("provisioned")["keys"]] == [0, 2]
    assert set(line.keys()) == {16, 18}


def test_swapped_chip(line):
    """Another part answers from some group on: never taken for the first, and never recorded."""
    for group in (6, 8, 10, 12, 14, 20):
        with line.boot(IMPRINT_BOARD_FAULT=f"swap@{group}") as board:
            failed = line.provision_json(board, code={1, 3, 4})
            assert failed.error["reason"] != "unexpected"
            assert not (line.station.state / "devices").exists()


def test_flash_of_a_later_version(line):
    with line.boot() as board:
        line.provision(board)
    image = bytearray(line.flash.read_bytes())
    start = image.index(b"IFLS")
    found = 0
    for at in range(0, len(image), 4096):
        for copy in (0, 32):
            if image[at + copy:at + copy + 4] == b"IFLS":
                header = image[at + copy:at + copy + 32]
                header[4] = 2
                image[at + copy:at + copy + 32] = with_header_crc(header)
                found += 1
    assert found and start == 0
    line.flash.write_bytes(bytes(image))
    with line.boot() as board:
        failed = line.provision_json(board, code=1)
        assert failed.error["reason"].startswith("storage-"), failed
        assert line.flash.read_bytes() == bytes(image), "left as it was"


def with_header_crc(header):
    """CRC-32 as the flash format has it (docs/reference/storage-format.md), over the header but its last four bytes."""
    import zlib
    return bytes(header[:28]) + zlib.crc32(bytes(header[:28])).to_bytes(4, "little")


def test_damaged_flash(line):
    with line.boot() as board:
        line.provision(board)
    image = bytearray(line.flash.read_bytes())
    at = image.index(b"PSA\0KEY\0")
    image[at + 20] ^= 0x55
    line.flash.write_bytes(bytes(image))
    with line.boot() as board:
        failed = line.provision_json(board, code=1)
        assert failed.error["reason"] == "storage-corrupt" and failed.error["key_id"] in (16, 18)


# --- the console's troubles ---------------------------------------------------------------------------------------------

def test_nobody_there(line):
    with line.boot(to_station=lambda chunk: b"") as board:
        failed = in_time(30, lambda: line.provision_json(board, code=3))
        assert failed.error["reason"] == "device-silent" and "reset the board" in failed.error["next"]


def test_console_that_is_none(line, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for console, reason in ((tmp_path / "none", "device-missing"), (file, "device-missing")):
        failed = line.station.json("board", "provision", PROFILE, "--arm", "profile", "--console", console, code=3)
        assert failed.error["reason"] == reason and failed.error["subject"] == str(console)


def test_second_station(line):
    with line.boot() as board:
        import fcntl
        held = os.open(board.console, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(held, fcntl.LOCK_EX)
        failed = line.provision_json(board, code=3)
        assert failed.error["reason"] == "device-busy"
        os.close(held)


# --- who goes away in the middle ----------------------------------------------------------------------------------------


def hold_at(text):
    """A wire that passes everything up to and including `text`, and nothing after it."""
    state = {"held": False, "seen": b""}

    def through(chunk):
        if state["held"]:
            return b""
        before = len(state["seen"])
        state["seen"] += chunk
        at = state["seen"].find(text)
        if at < 0:
            return chunk
        state["held"] = True
        return chunk[:max(0, at + len(text) - before)]
    return through, state


MOMENTS = [b"@step n=4", b"@started n=1", b"@finished n=1", b"@started n=2", b"@finished n=2", b"@started n=4", b"@key id=18",
           b"@csr id=18", b"@result"]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.decode().strip("@").replace(" ", "-"))
def test_station_vanishes(line, moment):
    """The board goes on to the end of its run and waits; the next station finds a device that is right."""
    through, state = hold_at(moment)
    with line.boot(to_station=through) as board:
        with subprocess.Popen([PROGRAM, "--state", str(line.station.state), "board", "provision", str(PROFILE), "--arm",
                               "profile", "--console", board.console], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as station:
            board.wait_for(moment.decode())
            wait_until(lambda: state["held"])
            station.kill()
        if moment != b"@step n=4":
            board.wait_for("@ok run")
        board.filters = (lambda chunk: chunk), (lambda chunk: chunk)
        done = line.provision_json(board)
        assert [key["slot"] for key in done.event("provisioned")["keys"]] == [0, 2]
    assert set(line.keys()) == {16, 18}


def test_silent_in_mid_run(line):
    through, _ = hold_at(b"@finished n=2")
    with line.boot(to_station=through) as board:
        failed = line.provision_json(board, "--timeout", "1", code=3)
        assert failed.error["reason"] == "device-silent" and "run the same command again" in failed.error["next"]


def test_board_starts_anew_in_mid_run(line):
    """A reset shows itself by the greeting."""
    through, state = hold_at(b"@finished n=2")

    def reset(chunk):
        before = state["held"]
        passed = through(chunk)
        if state["held"] and not before:
            passed += b"\r\n" + (frame("hello app=factory protocol=3 board=host boot=yes") + "\r\n").encode()
        return passed
    with line.boot(to_station=reset) as board:
        failed = line.provision_json(board, code=3)
        assert failed.error["reason"] == "device-reset"


def test_interrupt(line):
    """SIGINT at the station: the board ends the step that it is at, and says so."""
    # The board stands still before its second step until the station's word is there.
    with line.boot() as board:
        command = [PROGRAM, "--json", "--state", str(line.station.state), "board", "provision", str(PROFILE), "--arm", "profile",
                   "--console", board.console]
        board.wait_for("@hello")
        os.kill(board.process.pid, signal.SIGSTOP)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_until(lambda: board.told)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            os.kill(board.process.pid, signal.SIGCONT)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 130 and err == b"", (out, err)
        last = json.loads(out.splitlines()[-1])
        assert last["reason"] == "interrupted" and last["exit"] == 130
        done = line.provision_json(board)
        assert len(done.event("provisioned")["keys"]) == 2


def test_stop_by_hand(line):
    """Ctrl-C at the board's own console ends the run between two steps."""
    with line.boot() as board:
        board.wait_for("@hello")
        line.arm(board)
        os.kill(board.process.pid, signal.SIGSTOP)
        board.type("run\n")
        board.type(b"\x03")
        os.kill(board.process.pid, signal.SIGCONT)
        said = board.wait_for("@error run")
        assert "reason=interrupted" in said
        line.arm(board)
        frames, _ = board.ask("run")
        assert frames[-1] == ("ok", {}, ["run"])


# --- usage ---------------------------------------------------------------------------------------------------------------

USAGE = [
    (("board",), "usage"), (("board", "provision"), "usage"), (("board", "provision", PROFILE), "usage"),
    (("board", "prove"), "usage"), (("board", "prove", "--console", "x", "y"), "usage"),
    (("board", "provision", PROFILE, "--console", "x", "--timeout", "0"), "usage"),
    (("board", "provision", PROFILE, "--console", "x", "--arm", "12"), "usage"),
    (("board", "provision", PROFILE, "--console", "x", "--primary-console", "y"), "usage"),
    (("board", "provision", "none.yaml", "--console", "x"), "input-file"),
]


@pytest.mark.parametrize("arguments, reason", USAGE, ids=lambda value: None if isinstance(value, tuple) else value)
def test_usage(station, arguments, reason):
    failed = station.json(*arguments, code=2)
    assert failed.error["reason"] == reason and failed.error["next"]
    assert not station.state.exists()


# --- the page that describes it -------------------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "reference" / "board-protocol.md"


def test_frames_on_the_page_are_frames():
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("@")]
    assert len(lines) >= 8 and all(words_of(line) for line in lines)
    assert crc("@run") in PAGE.read_text()


def test_page_names_every_verb_and_value(line):
    """What two boots really say, and every command that they list."""
    page = PAGE.read_text()
    with line.boot() as board:
        for command in ("hello", "help", "image", "plan", "arm 0123 00", "arm", "run", "report", "nonsense", "x" * 500):
            board.ask(command) if command[0] != "x" else board.type(command + "\n")
        factory = board.heard.decode()
    with line.boot(PRIMARY) as board:
        for command in ("help", "keys", "public 18", "sign 18 " + "00" * 16, "sign 99 " + "00" * 16):
            board.ask(command)
        primary = board.heard.decode()
    for said in (factory, primary):
        listed = said[said.index("help"):]
        for command in re.findall(r"^  ([a-z]+): ", listed.replace("\r", ""), re.MULTILINE):
            assert f"| `{command}" in page, command
        for verb, values, _ in filter(None, map(words_of, said.splitlines())):
            assert f"`@{verb}" in page, verb
            for name in values:
                assert f"`{name}`" in page or f"{name}=" in page, (verb, name)


class Asked:
    """`board provision --confirm` while it waits for its answer."""

    def __init__(self, line, board, *more, profile=PROFILE):
        self.process = subprocess.Popen([PROGRAM, "--json", "--state", line.station.state, "board", "provision", profile, "--console", board.console, "--confirm", *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.plan, self.question = (json.loads(self.process.stdout.readline()) for _ in range(2))
        assert (self.plan["event"], self.plan["dry_run"], self.question["event"]) == ("plan", False, "confirm")

    def answer(self, text, code=0):
        out, _ = self.process.communicate(text.encode(), timeout=120)
        assert self.process.returncode == code, out
        return [json.loads(one) for one in out.splitlines()]


def test_one_run_shows_the_plan_and_waits_for_an_answer(line):
    """Until the answer nothing is written; an end of stdin leaves all as it is; the answer continues and arms."""
    with line.boot() as board:
        before = line.station.snapshot()
        asked = Asked(line, board)
        assert [one["event"] for one in asked.answer("")] == ["unchanged"] and line.station.snapshot() == before
        asked = Asked(line, board)
        assert asked.answer(asked.plan["serial"] + ":00000000\n", 1)[-1]["reason"] == "not-armed"
        assert list(line.station.state.rglob("record.json")) == []
        assert Asked(line, board).answer("yes\n", 2)[-1]["reason"] == "usage"
        asked = Asked(line, board)
        done = asked.answer(asked.question["answer"] + "\n")
        assert next(one for one in done if one["event"] == "provisioned")["changes"] == 4
        # Finished: its serial number is enough.
        asked = Asked(line, board, "--finished")
        assert next(one for one in asked.answer(asked.plan["serial"] + "\n") if one["event"] == "provisioned")["changes"] == 0
        error = line.provision_json(board, "--confirm", "--dry-run", code=2).error
        assert error["reason"] == "usage" and "--dry-run" in error["cause"]
    assert [one["result"] for one in line.station.json("ledger", "list").objects if one["event"] == "ledger-entry"] == ["provisioned", "confirmed"]


class Rebooting:
    """A board whose application starts again when it is killed, with whatever chip is in its place by then."""

    def __init__(self, line, image=FACTORY):
        self.line, self.over = line, line.station.folder / "over"
        self.chip, self.flash = line.station.folder / "in.virtual", line.station.folder / "in.flash"
        os.rename(line.chip, self.chip)
        if line.flash.exists():
            os.rename(line.flash, self.flash)
        self.board = Board(["sh", "-c", 'while [ ! -e "$1" ]; do "$0"; done', image, self.over], self.chip, self.flash)
        self.board.wait_for("@hello")

    def exchange(self, chip):
        """Another one, with an empty flash; the application that runs still has the old one open."""
        os.replace(chip, self.chip)
        self.flash.unlink(missing_ok=True)

    def reset(self):
        heard, pid = len(self.board.heard), self.board.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            os.kill(int(children.read()), signal.SIGKILL)
        self.board.wait_for("@hello", after=heard, patience=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.touch()
        self.board.close()


def test_a_board_that_is_reset_while_a_run_waits(line):
    with Rebooting(line) as bench:
        asked = Asked(line, bench.board)
        bench.reset()
        done = asked.answer(asked.question["answer"] + "\n")
        assert next(one for one in done if one["event"] == "provisioned")["changes"] == 4


def test_another_board_while_a_run_waits(line):
    """It is refused, and nothing is done to it."""
    other = line.station.folder / "other.virtual"
    line.station.run("virtual", "new", "--as", "trust-and-go", "--seed", "2", other)
    chip = other.read_bytes()
    with Rebooting(line) as bench:
        asked = Asked(line, bench.board)
        bench.exchange(other)
        bench.reset()
        refused = asked.answer(asked.question["answer"] + "\n", 4)[-1]
        assert refused["reason"] == "wrong-part" and refused["serial"] not in ("", line.serial)
    assert bench.chip.read_bytes() == chip
