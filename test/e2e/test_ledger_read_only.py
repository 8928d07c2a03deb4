# SPDX-License-Identifier: Apache-2.0
"""A ledger that cannot be written: it is read where that is safe, and the message says what to do where it is not."""
import json
import os
import subprocess

from conftest import EXAMPLE, PROGRAM
from test_storage import in_namespace, needs_mount

LOOKS = ("ledger verify --tables", "ledger list", "ledger status", "ledger alarms", "order list", "report --rehearsals")
CHANGES = ("ledger rebuild", "ledger import", "ledger sync", f"provision {EXAMPLE}")


@needs_mount
def test_a_file_system_that_is_mounted_read_only(provisioned):
    """A copy on a disk for auditors, or a snapshot: nobody can change it, so it is read as it is. The folder has a name that is no URI."""
    place = provisioned.folder / "a?b%41#c"
    place.mkdir()
    done = in_namespace("""
        mount --bind "$1" "$2"; mount -o remount,ro,bind "$2"
        set +e
        for verb in "ledger verify --tables" "ledger list" "ledger status" "ledger alarms" "order list" "report --rehearsals"; do "$3" --state "$2" $verb >"$4" 2>&1; echo "$? $verb"; done
        for verb in "ledger rebuild" "ledger import" "ledger sync" "provision $5"; do "$3" --json --device "virtual:$6" --state "$2" $verb; done
        """, provisioned.state, place, PROGRAM, provisioned.folder / "out", EXAMPLE, provisioned.chip)
    lines = done.stdout.splitlines()
    assert lines[:len(LOOKS)] == [f"0 {verb}" for verb in LOOKS], done.stdout
    errors = [item for item in map(json.loads, lines[len(LOOKS):]) if item["event"] == "error"]
    assert len(errors) == len(CHANGES), done.stdout
    for error in errors:
        assert error["cause"] == "the file system is mounted read-only" and error["next"] in ("mount it writable", "name a writable directory"), error
    assert sorted(path.name for path in (provisioned.state / "ledger").iterdir()) == ["ledger.db", "log.key"]
    # What is still in SQLite's log would be missed: then it is refused.
    (provisioned.state / "ledger" / "ledger.db-wal").write_bytes(b"x" * 32)
    done = in_namespace('mount --bind "$1" "$2"; mount -o remount,ro,bind "$2"; set +e; "$3" --json --state "$2" ledger verify; "$3" --json --state "$2" ledger list',
                        provisioned.state, place, PROGRAM)
    assert [item["next"].split(",")[0] for item in map(json.loads, done.stdout.splitlines())] == ["copy the whole state folder to where you can write"] * 2, done


def limited(*arguments):
    """Without root's right to ignore modes."""
    obeys = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    done = subprocess.run([*obeys, PROGRAM, "--json", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_folder_that_somebody_else_may_write(provisioned):
    """The owner may write meanwhile, so it is not read as it is: the message is about reading, and says how."""
    folder = provisioned.state / "ledger"
    os.chmod(folder, 0o500)
    try:
        for verb in LOOKS:
            code, objects = limited("--state", provisioned.state, *verb.split())
            assert code == 1 and objects[-1]["cause"] == "it cannot be read where its folder cannot be written", (verb, objects)
            assert objects[-1]["next"].startswith("copy the whole state folder") and objects[-1]["subject"].endswith("ledger.db")
        code, objects = limited("--state", provisioned.state, "provision", EXAMPLE)
        assert code == 1 and not [item for item in objects if item["event"] == "provisioned"] and "read-only" in objects[-1]["cause"], objects
    finally:
        os.chmod(folder, 0o700)
    provisioned.run("ledger", "verify")


def test_a_state_folder_of_somebody_else(provisioned):
    """No advice to make a chip that is there, and each warning names its file."""
    os.chmod(provisioned.state, 0o000)
    try:
        code, objects = limited("--state", provisioned.state, "provision", EXAMPLE)
    finally:
        os.chmod(provisioned.state, 0o700)
    assert code == 3 and objects[-1]["next"] == "check who may read and write the file" and objects[-1]["system"] == "Permission denied", objects
    warnings = [item["text"] for item in objects if item["event"] == "warning"]
    assert any("line.yaml" in text for text in warnings) and any("ledger.yaml" in text for text in warnings), warnings
    assert all("Permission denied" in text for text in warnings)
