# SPDX-License-Identifier: Apache-2.0
"""Another program uses the keys: the product's own, which knows Mbed TLS's API and a key id (examples/primary.c)."""
import os
import subprocess

from conftest import EXAMPLE, ROOT

PRIMARY = os.environ.get("IMPRINT_PRIMARY", str(ROOT / "build" / "examples" / "primary"))


def run_primary(chip, records, code=0):
    done = subprocess.run([PRIMARY, chip, records], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done
    return done


def test_primary_uses_the_board_key(provisioned):
    before = provisioned.snapshot(times=False)
    said = run_primary(provisioned.chip, provisioned.psa).stdout
    for line in ("sign it in the chip: done", "verify it in the chip: done", "verify it in software: done",
                 "refuse it for another message: done"):
        assert line in said
    run_primary(provisioned.chip, provisioned.psa)
    assert {name for name, was in before.items() if provisioned.snapshot(times=False)[name] != was} <= {"state/chip.virtual"}
    assert provisioned.run("provision", EXAMPLE).out.startswith("nothing to do"), "using a key changes nothing"


def test_primary_says_what_is_missing(delivered):
    assert "no key storage" in run_primary(delivered.chip, delivered.state / "devices", code=1).stderr
    assert "no such file" in run_primary(delivered.folder / "none", delivered.state, code=1).stderr
    plan = EXAMPLE.read_text().replace("id: 18", "id: 19")
    delivered.run("provision", delivered.write("plan.yaml", plan))
    # -136: PSA_ERROR_INVALID_HANDLE, Mbed TLS's word for an id that no key has
    assert "open key 18: PSA status -136" in run_primary(delivered.chip, delivered.psa, code=1).stderr
