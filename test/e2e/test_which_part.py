# SPDX-License-Identifier: Apache-2.0
"""Which part it is: by the chip's answer to Info(Revision), which may differ from RevNum in its config zone."""
import json

import pytest

from conftest import DUMPS, EXAMPLE, TRUST_FLEX

NOTE = "newer than any that imprint knows: used as an ATECC608B"
UNKNOWN = "unknown part"

# The dump of a real part (its RevNum), what the part answers instead, what it is taken for, and is that revision known.
PARTS = [
    ("508a-arduino-tls", "00005000", None, "ATECC508A", True),
    ("608a-tngtls", "00006002", "00006001", "ATECC608A", True),
    ("608a-tngtls", "00006002", None, "ATECC608A", True),
    ("608a-tngtls", "00006002", "00006003", "ATECC608B", True),
    ("608b-tngtls", "00006003", None, "ATECC608B", True),
    ("608b-tngtls", "00006003", "00006002", "ATECC608A", True),
    ("608b-tngtls", "00006003", "00006004", "ATECC608B", False),
    ("608b-tngtls", "00006003", "000060FF", "ATECC608B", False),
    ("608b-tngtls", "00006003", "00007001", UNKNOWN, False),
    ("608b-tngtls", "00006003", "00000000", UNKNOWN, False),
]
LIKE_608 = [row for row in PARTS if row[3].startswith("ATECC608")]
OTHER = [row for row in PARTS if row not in LIKE_608]


def make(station, dump, answer):
    revision = [] if answer is None else ["--revision", answer]
    return station.json("virtual", "new", "--as", DUMPS / f"{dump}.hex", "--seed", 3, *revision).event("virtual")


@pytest.mark.parametrize("dump, revnum, answer, part, known", PARTS)
def test_info_says_it(station, dump, revnum, answer, part, known):
    made = make(station, dump, answer)
    assert made["part"] == part and made["revision"] == (answer or revnum)
    chip = station.json("info").event("chip")
    assert chip["part"] == part and chip["revision"] == (answer or revnum) and chip["revision_known"] == known
    assert chip["fields"]["RevNum"] == revnum and chip["config"][8:16] == revnum
    out = station.run("info").out
    assert f"{part}, revision {answer or revnum}" in out
    assert (NOTE in out) == (not known and part != UNKNOWN)
    assert ("RevNum in the config zone differs" in out) == (answer is not None)


@pytest.mark.parametrize("dump, revnum, answer, part, known", LIKE_608)
def test_provision_accepts_it(station, dump, revnum, answer, part, known):
    make(station, dump, answer)
    plan = station.json("provision", EXAMPLE, "--dry-run").event("plan")
    assert plan["part"] == part and plan["revision_known"] == known
    assert (NOTE in station.run("provision", EXAMPLE, "--dry-run").out) == (not known)
    done = station.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
    assert done["part"] == part and all(key["proven"] for key in done["keys"])
    assert station.record["part"] == part and station.record["revision"] == (answer or revnum)
    shown = station.json("explain", station.device / "record.json").event("chip")
    assert shown["part"] == part and shown["revision"] == (answer or revnum) and shown["fields"]["RevNum"] == revnum
    assert station.json("provision", EXAMPLE, "--arm", "profile").event("plan")["changes"] == 0


@pytest.mark.parametrize("dump, revnum, answer, part, known", OTHER)
def test_provision_refuses_it(station, dump, revnum, answer, part, known):
    make(station, dump, answer)
    before = station.chip.read_bytes()
    failed = station.json("provision", EXAMPLE, "--arm", "profile", code=4)
    assert failed.event("state")["state"] == "wrong-part" and failed.event("state")["part"] == part
    assert failed.error["reason"] == "wrong-part" and failed.error["subject"] == part
    assert ("revision" in failed.error["cause"]) == (part == UNKNOWN)
    assert station.chip.read_bytes() == before


@pytest.mark.parametrize("dump, answer, fits", [("608a-tngtls", "00006003", True), ("608b-tngtls", "00006002", False),
                                                ("608b-tngtls", "00006004", True)])
def test_a_profile_for_the_608b_goes_by_the_answer(station, plan, dump, answer, fits):
    plan["chip"]["parts"] = ["ATECC608B"]
    make(station, dump, answer)
    result = station.json("provision", station.write("plan.yaml", json.dumps(plan)), "--dry-run", code=0 if fits else 4)
    assert fits or result.error["reason"] == "wrong-part"


def test_a_part_made_from_what_info_says(station):
    """Its JSON has both, and so has the part made from it; --revision counts before it."""
    make(station, "608b-tngtls", "00006004")
    seen = station.write("info.json", station.run("--json", "info").out)
    for arguments, answer in (([], "00006004"), (["--revision", "00006005"], "00006005")):
        station.chip.unlink()
        assert station.json("virtual", "new", "--as", seen, *arguments).event("virtual")["revision"] == answer
        assert station.json("info").event("chip")["fields"]["RevNum"] == "00006003"


@pytest.mark.parametrize("revision", ["04", "10", "FF"])
def test_a_later_revision_in_the_config_zone_too(station, revision):
    """A part that answers what its config zone says, and a dump of it."""
    lines = (DUMPS / "608b-tflxtls.hex").read_text().splitlines()
    config = bytearray.fromhex(" ".join(line for line in lines if not line.startswith("#")))
    config[7] = int(revision, 16)
    path = station.write("part.hex", bytes(config).hex())
    station.run("virtual", "new", "--as", path, "--seed", 3)
    for verb in (["info"], ["explain", path]):
        chip = station.json(*verb).event("chip")
        assert chip["part"] == "ATECC608B" and chip["revision"] == f"000060{revision}" and not chip["revision_known"]
        assert NOTE in station.run(*verb).out and "RevNum" not in station.run(*verb).out
    assert station.json("provision", TRUST_FLEX, "--arm", "profile").event("provisioned")["keys"][1]["proven"]


@pytest.mark.parametrize("revision", ["0000600", "000060045", "0000600g", "", "0x00006004"])
def test_a_revision_that_is_none(station, revision):
    failed = station.json("virtual", "new", "--revision", revision, code=2)
    assert failed.error["reason"] == "usage" and "8 hex digits" in failed.error["cause"]
    assert not station.chip.exists()


@pytest.mark.parametrize("dump, answer", [("608b-tngtls", "00005000"), ("508a-arduino-tls", "00006003")])
def test_a_revision_of_the_other_family(station, dump, answer):
    failed = station.json("virtual", "new", "--as", DUMPS / f"{dump}.hex", "--revision", answer, code=2)
    assert "another family" in failed.error["cause"] and "--revision" in failed.error["next"]
    assert not station.chip.exists()
