# SPDX-License-Identifier: Apache-2.0
"""Software keys behind a serial number that a board only claims: what the maker's certificates prove, and what is said where nothing does."""
import json
import re

import pytest

from conftest import run_program
from host_board import FACTORY_GENUINE, FACTORY_REPORTED, PROFILE_GENUINE, PROFILE_REPORTED, Board, crc, words_of
from test_host_board import Line
from test_hostile_board import lying


def provision(line, board, *more, profile=PROFILE_GENUINE, **rest):
    return line.provision_json(board, *more, profile=profile, **rest)


@pytest.fixture
def line(station):
    return Line(station)


@pytest.fixture
def software(line):
    """The genuine part's serial number and configuration, with other keys and none of the maker's certificates: what a board with keys in
    software can show. `genuine` is the real one's chip."""
    config = line.station.json("--device", f"virtual:{line.chip}", "info").event("chip")["config"]
    line.genuine = line.station.folder / "genuine.virtual"
    line.chip.rename(line.genuine)
    line.station.run("virtual", "new", "--as", line.station.write("claimed.hex", config), "--seed", "9", line.chip)
    assert line.info()["serial"] == line.serial
    return line


def test_the_certificates_are_verified_here(line):
    before = line.chip.read_bytes()
    with line.boot(FACTORY_GENUINE) as board:
        plan = provision(line, board, "--dry-run").event("plan")
        assert plan["maker"] == {"result": "virtual", "cause": None, "part": "ATECC608-TNGTLS", "root": "the virtual maker of imprint"}
        assert plan["not_proven"] == {"serial": False, "config": True, "key_ids": [18]}
        assert line.chip.read_bytes() == before
        done = provision(line, board).event("provisioned")
        assert (done["maker"], done["not_proven"]) == (plan["maker"], plan["not_proven"])
        shown = line.provision(board, profile=PROFILE_GENUINE).out
        assert "  not proven       how the chip is configured and locked, that it holds key 18: so says the board\n" in shown
    record = line.station.record
    assert record["maker"]["proof"]["key_id"] == 0x7fff0000 and record["rehearsal"] == ["virtual-chip", "test-root"]
    assert record["run"]["board"]["not_proven"] == done["not_proven"]
    assert record["keys"][0]["public_key"][2:] in bytes.fromhex(record["maker"]["device_certificate"]).hex().upper()
    for path in (line.station.device / "record.json", line.station.device / "history.jsonl"):
        checks = [(item["check"], item["result"]) for item in run_program("--json", "verify-record", path).objects if item["event"] == "check"]
        assert ("maker", "good") in checks and ("board", "open") in checks
    text = json.dumps(record)
    signature = record["maker"]["proof"]["signature"]
    run_program("verify-record", "-", stdin=text.replace(signature, signature[::-1]), code=1)


def test_software_keys_are_refused_before_anything_is_written(software):
    with software.boot(FACTORY_GENUINE) as board:
        before = software.station.snapshot(times=False)
        for more in ([], ["--dry-run"]):
            failed = provision(software, board, *more, code=4)
            assert failed.error["reason"] == "not-genuine" and "OTP zone" in failed.error["cause"]
        assert software.station.snapshot(times=False) == before


def test_reported_goes_on_and_says_so(software):
    with software.boot(FACTORY_REPORTED) as board:
        done = provision(software, board, profile=PROFILE_REPORTED).event("provisioned")
    assert done["maker"]["result"] == "unproven" and done["not_proven"] == {"serial": True, "config": True, "key_ids": [16, 18]}
    assert software.station.record["maker"]["result"] == "unproven"


def test_unasked_is_said_as_well(line):
    """The profile says nothing of the maker: what is not proven stands in plan, result and record."""
    with line.boot() as board:
        shown = line.provision(board, "--arm", "profile")
        words = ("  not proven       that a chip with this serial number is there, how the chip is configured and locked, that it holds key "
                 "16, 18: so says the board\n")
        assert words in shown.err and words in shown.out
    assert line.station.record["run"]["board"]["not_proven"] == {"serial": True, "config": True, "key_ids": [16, 18]}
    checks = run_program("--json", "verify-record", line.station.device / "record.json").objects
    assert [item["text"] for item in checks if item.get("check") == "board"] == [
        "that a chip with this serial number is there, how it is locked, and that it holds the keys: so says the board's image, and keys in "
        "software would look the same"]


def test_copied_certificates_are_refused(line):
    """The answers of an honest board, sent again: the certificates verify, and the key signed another challenge."""
    with line.boot(FACTORY_GENUINE) as board:
        provision(line, board)
        frames = [item.strip()[:-6] for item in board.heard.decode().splitlines() if item.startswith("@maker ")]
    again = {words_of(f"{text} *{crc(text)}")[1]["item"]: text for text in frames}
    assert set(again) == {"otp", "device", "signer", "eui", "signer-key", "key", "signature"}
    replay = lying(lambda text: again[words_of(f"{text} *{crc(text)}")[1]["item"]] if text.startswith("@maker ") else text)
    with line.boot(FACTORY_GENUINE, to_station=replay) as board:
        failed = provision(line, board, code=4)
    assert failed.error["reason"] == "not-genuine" and "fresh challenge" in failed.error["cause"]


def test_another_serial_number_is_refused(line):
    other = line.serial[:-4] + "0101"
    with line.boot(FACTORY_GENUINE, to_station=lying(lambda text: text.replace(line.serial, other))) as board:
        failed = provision(line, board, code=4)
    assert failed.error["reason"] == "not-genuine" and "does not fit this chip" in failed.error["cause"]


@pytest.mark.parametrize("item, cause", [("otp", "OTP zone cannot"), ("device", "slot 10"), ("signer", "slot 12"), ("signer-key", "slot 11"),
                                         ("key", "slot 0"), ("signature", "does not sign")])
def test_what_is_not_shown_is_not_proven(line, item, cause):
    with line.boot(FACTORY_GENUINE, to_station=lying(lambda text: "" if text.startswith(f"@maker item={item} ") else text)) as board:
        failed = provision(line, board, code=4)
    assert failed.error["reason"] == "not-genuine" and cause in failed.error["cause"]


def test_a_genuine_part_beside_software_keys(software):
    """A board that asks a genuine part for the maker's answer and signs all else in software: its key of slot 0 is not the certified one."""
    asked = []
    with Board(FACTORY_GENUINE, software.genuine, software.station.folder / "other.flash") as real:
        real.wait_for("@hello")

        held = [b""]

        def answer(chunk):
            *lines, held[0] = (held[0] + chunk).split(b"\n")
            out = b""
            for item in lines:
                if item.startswith(b"@ok maker "):
                    out += b"".join(frame.strip().encode() + b"\r\n" for frame in real.ask(f"maker {asked[-1]}")[1].splitlines()
                                    if frame.startswith("@maker "))
                out += b"" if item.startswith(b"@maker ") else item + b"\n"
            return out

        def listen(chunk):
            asked.extend(found.decode() for found in re.findall(rb"@maker ([0-9A-F]{64}) ", chunk))
            return chunk
        with software.boot(FACTORY_GENUINE, to_station=answer, to_board=listen) as board:
            failed = provision(software, board, code=1)
    assert failed.error["reason"] == "proof-failed" and failed.error["key_id"] == 16 and "certified" in failed.error["cause"]
    assert not (software.station.state / "devices").exists()


@pytest.mark.parametrize("words", ["", " 00", " " + "0" * 66, " xx" + "0" * 62])
def test_a_nonce_of_another_length_is_refused(line, words):
    with line.boot(FACTORY_GENUINE) as board:
        frames, _ = board.ask("maker" + words)
        assert frames[-1][1]["reason"] == "usage" and [item[0] for item in frames] == ["doing", "cause", "error"]
