# SPDX-License-Identifier: Apache-2.0
"""Virtual chips and published TEST keys do not reach a real line: refused without a word, marked with one."""
import json

import pytest

from conftest import EXAMPLE, ROOT, THREE_WAYS
from host_board import FACTORY, PROFILE, Board
from test_transports import serving

SHIPPED = sorted((ROOT / "profiles").glob("*.yaml"))


def strict(station, profile=EXAMPLE):
    """A copy of a shipped profile, as for production: it says nothing of rehearsals."""
    lines = profile.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("rehearsal:")]
    assert len(kept) == len(lines) - 1
    return station.write("strict.yaml", "".join(kept))


def test_virtual_chip_is_refused_before_the_first_write(delivered):
    profile = strict(delivered)
    before = delivered.snapshot()
    for more in ([], ["--dry-run"]):
        error = delivered.json("provision", profile, "--arm", "profile", *more, code=4).error
        assert error["reason"] == "rehearsal" and error["subject"] == "virtual"
        assert "--rehearsal" in error["next"] and "rehearsal: allowed" in error["next"]
    assert delivered.snapshot() == before


def test_served_chip_is_refused(delivered):
    profile = strict(delivered)
    with serving("--unix", delivered.folder / "bus", delivered.chip) as server:
        error = delivered.json("--device", server.device, "provision", profile, "--arm", "profile", code=4).error
        assert error["reason"] == "rehearsal" and error["subject"] == server.device


def test_emulated_board_is_refused(station):
    chip, flash = station.folder / "part.virtual", station.folder / "board.flash"
    station.run("virtual", "new", "--seed", "1", chip)
    with Board(FACTORY, chip, flash) as board:
        board.wait_for("@hello")
        before = chip.read_bytes()
        error = station.json("board", "provision", strict(station, PROFILE), "--arm", "profile", "--console", board.console, code=4).error
        assert error["reason"] == "rehearsal" and error["subject"] == board.console
        assert chip.read_bytes() == before
        done = station.json("board", "provision", PROFILE, "--arm", "profile", "--console", board.console)
        assert done.event("provisioned")["rehearsal"] == ["virtual-chip"] == station.record["rehearsal"]


def test_one_run_may_be_a_rehearsal(delivered):
    profile = strict(delivered)
    done = delivered.json("provision", profile, "--arm", "profile", "--rehearsal")
    assert done.event("plan")["rehearsal"] == done.event("provisioned")["rehearsal"] == ["virtual-chip"]
    assert delivered.record["rehearsal"] == ["virtual-chip"]
    assert delivered.json("provision", profile, "--arm", "profile", code=4).error["reason"] == "rehearsal"


def test_result_and_record_say_so(station):
    station.new("blank")
    done = station.run("provision", THREE_WAYS, "--arm", "profile")
    assert "rehearsal: virtual chip, TEST key; not the record of a real device" in done.out
    assert station.record["rehearsal"] == ["virtual-chip", "test-key"]
    again = station.json("provision", THREE_WAYS, "--arm", "profile")
    assert again.event("provisioned")["rehearsal"] == ["virtual-chip", "test-key"], "the keys in the device tell"


@pytest.mark.parametrize("profile", SHIPPED, ids=lambda path: path.stem)
def test_shipped_profiles_are_for_trying(profile):
    assert profile.read_text().count("\nrehearsal: allowed ") == 1


def test_word_changes_the_digest(delivered):
    digests = {delivered.json("compile", profile, "--binary").event("compiled")["digest"]
               for profile in (EXAMPLE, strict(delivered))}
    assert len(digests) == 2


def test_image_with_a_published_key_is_refused(station, plan):
    del plan["rehearsal"]
    key = str(ROOT / "profiles" / "keys" / "TEST-update-root-public.pem")
    plan["keys"][1] = {"name": "root", "id": 19, "method": "import", "slot": 9, "file": key, "bits": 256,
                       "type": "ecc-public-key(secp-r1)", "algorithm": "ecdsa(sha-256)", "usage": ["verify-hash"]}
    profile = station.write("plan.yaml", json.dumps(plan))
    error = station.json("compile", "--c", profile, code=2).error
    assert error["reason"] == "profile-conflict" and "TEST key" in error["cause"] and error["key_id"] == 19
    plan["rehearsal"] = "allowed"
    station.run("compile", "--c", station.write("plan.yaml", json.dumps(plan)))
