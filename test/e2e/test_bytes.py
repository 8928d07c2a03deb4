# SPDX-License-Identifier: Apache-2.0
"""configuration: bytes: blank parts get a configuration that somebody else has made, from dumps and XML, on files and boards."""
import secrets

import pytest
import yaml

from conftest import DUMPS, ROOT
from host_board import FACTORY_BYTES, PROFILE_BYTES, Board

XML = ROOT / "test" / "data" / "dumps"
KEY = {"name": "device", "id": 16, "method": "generate", "slot": 0, "type": "ecc-key-pair(secp-r1)", "bits": 256,
       "algorithm": "ecdsa(any-hash)", "usage": ["sign-hash", "sign-message"]}


def zone_of(path):
    return bytes.fromhex("".join(line for line in path.read_text().splitlines() if not line.startswith("#")))


def policy(zone):
    """What is policy on an ATECC608: docs/reference/profile.md."""
    return zone[16:52] + zone[68:84] + zone[90:128]


def write(station, file, **more):
    path = station.folder / "own.yaml"
    path.write_text(yaml.safe_dump({"imprint": 1, "name": "own", "rehearsal": "allowed", "keys": [KEY],
                                    "chip": {"parts": ["ATECC608A", "ATECC608B"], "configuration": "bytes",
                                             "configuration-file": str(file), "lock": ["config", "data"]}, **more}))
    return path


# An address of its own and a key that another must validate; a slot 0 that may be made again; an XML.
@pytest.mark.parametrize("file, like", [
    (DUMPS / "608-tflxtls-tool-template.hex", None), (DUMPS / "608-cryptoauthlib-pkcs11.hex", None),
    (XML / "608b-tngtls.xml", DUMPS / "608b-tngtls.hex"),
], ids=lambda path: path and path.name)
def test_a_blank_part_gets_it(station, file, like):
    path = write(station, file)
    station.new("blank")
    assert station.json("provision", path, code=1).error["reason"] == "not-armed"
    assert not station.json("info").event("chip")["config_locked"]
    station.run("provision", path, "--arm", "profile")
    chip = station.json("info").event("chip")
    assert policy(bytes.fromhex(chip["config"])) == policy(zone_of(like or file))
    assert chip["config_locked"] and chip["data_locked"]
    again = station.json("provision", path).event("provisioned")
    assert again["changes"] == 0
    # One byte of another configuration is another device.
    other = station.folder / "other.hex"
    other.write_text((zone_of(like or file)[:24] + b"\x81" + zone_of(like or file)[25:]).hex())
    assert station.json("provision", write(station, other), code=4).error["reason"] == "wrong-configuration"


def test_a_single_wire_part_keeps_its_byte_16(station):
    """There it configures a pin, which the board decides; the rest is as in the file."""
    path = write(station, DUMPS / "608b-tflxtls.hex")
    station.run("virtual", "new", "--as", "blank", "--bus", "swi", "--seed", "1")
    before = bytes.fromhex(station.json("info").event("chip")["config"])
    station.run("provision", path, "--arm", "profile")
    after = bytes.fromhex(station.json("info").event("chip")["config"])
    assert after[16] == before[16] != 0x6C and policy(after)[1:] == policy(zone_of(DUMPS / "608b-tflxtls.hex"))[1:]


def test_data_in_its_slots(station):
    """TrustFLEX's slot 9 is for an AES key, slot 5 for one that is written encrypted later."""
    secret = secrets.token_bytes(16)
    (station.folder / "aes.hex").write_text(secret.hex())
    (station.folder / "aes.hex").chmod(0o600)
    datum = {"name": "storage", "type": "aes", "slot": 9, "id": 33, "algorithm": "gcm", "file": "aes.hex"}
    path = write(station, DUMPS / "608b-tflxtls.hex", data=[datum])
    station.new("blank")
    done = station.json("provision", path, "--arm", "profile").event("provisioned")
    assert done["data"][0]["proof"]["proven"]
    assert station.json("provision", path).event("provisioned")["changes"] == 0


@pytest.mark.parametrize("slot, words", [(1, "external Sign"), (5, "Private")])
def test_what_the_bytes_do_not_permit(station, slot, words):
    path = write(station, DUMPS / "608b-tflxtls.hex", keys=[{**KEY, "slot": slot}])
    error = station.json("provision", path, code=2).error
    assert error["reason"] == "profile-conflict" and "keys[0].slot" in error["cause"] and words in error["cause"]
    assert f"slot: {slot}" in path.read_text().splitlines()[error["line"] - 1] and error["column"] > 0


def test_bad_file_is_named_with_its_place(station):
    bad = station.folder / "bad.hex"
    bad.write_text(zone_of(DUMPS / "608b-tflxtls.hex").hex(" ")[:-2] + "GG\n")
    error = station.json("provision", write(station, "bad.hex"), code=2).error
    assert "chip.configuration-file" in error["cause"] and "bad.hex:1:382: not a byte in hex" in error["cause"]
    assert "configuration-file" in (station.folder / "own.yaml").read_text().splitlines()[error["line"] - 1]


def test_a_board_does_the_same(station):
    chip, flash = station.folder / "part.virtual", station.folder / "board.flash"
    station.run("virtual", "new", "--as", "blank", chip)
    with Board(FACTORY_BYTES, chip, flash) as board:
        board.wait_for("@hello")
        for changes in (True, False):
            done = station.json("board", "provision", PROFILE_BYTES, "--console", board.console, "--arm", "profile")
            assert (done.event("provisioned")["changes"] != 0) == changes
    found = station.json("--device", f"virtual:{chip}", "info").event("chip")
    assert policy(bytes.fromhex(found["config"])) == policy(zone_of(DUMPS / "608b-tflxtls.hex")) and found["data_locked"]
