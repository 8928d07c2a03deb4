# SPDX-License-Identifier: Apache-2.0
"""A ledger that cannot be written: it is read where that is safe, and the message says what to do where it is not."""
import contextlib
import json
import os
import sqlite3
import subprocess

from conftest import EXAMPLE, PROGRAM
from test_storage import in_namespace, needs_mount

LOOKS = ("ledger verify --tables", "ledger list", "ledger status", "ledger alarms", "order list", "report --rehearsals")
CHANGES = ("ledger rebuild", "ledger import", "ledger sync", f"provision {EXAMPLE}")


# "$1" is what is to be read, and "$2" where: a file system that is read-only itself, with a copy of it.
READ_ONLY = 'mount -t tmpfs none "$2"; cp -a "$1/." "$2"; mount -o remount,ro "$2"; '
# A read-only mount of a file system that others write: docker -v STATE:/state:ro, ReadOnlyPaths= of systemd.
BIND_READ_ONLY = 'mount --bind "$1" "$2"; mount -o remount,ro,bind "$2"; '


def objects_of(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_mount
def test_a_file_system_that_is_read_only(provisioned):
    """A copy on a disk for auditors, or a snapshot: nobody can change it, so it is read as it is. The folder has a name that is no URI."""
    place = provisioned.folder / "a?b%41#c"
    place.mkdir()
    done = in_namespace(READ_ONLY + """
        set +e
        for verb in "ledger verify --tables" "ledger list" "ledger status" "ledger alarms" "order list" "report --rehearsals"; do "$3" --state "$2" $verb >"$4" 2>&1; echo "$? $verb"; done
        for verb in "ledger rebuild" "ledger import" "ledger sync" "provision $5"; do "$3" --json --device "virtual:$6" --state "$2" $verb; done
        ls "$2/ledger"
        """, provisioned.state, place, PROGRAM, provisioned.folder / "out", EXAMPLE, provisioned.chip)
    lines = done.stdout.splitlines()
    assert lines[:len(LOOKS)] == [f"0 {verb}" for verb in LOOKS], done.stdout
    errors = [item for item in map(json.loads, lines[len(LOOKS):-2]) if item["event"] == "error"]
    assert len(errors) == len(CHANGES), done.stdout
    for error in errors:
        assert error["cause"] == "the file system is mounted read-only" and error["next"] in ("mount it writable", "name a writable directory"), error
    assert lines[-2:] == ["ledger.db", "log.key"]
    # What is still in SQLite's log or journal would be missed: then it is refused.
    for ending in ("-wal", "-journal"):
        beside = provisioned.state / "ledger" / f"ledger.db{ending}"
        beside.write_bytes(b"x" * 32)
        for mount in (READ_ONLY, BIND_READ_ONLY):
            done = in_namespace(mount + 'set +e; "$3" --json --state "$2" ledger verify; "$3" --json --state "$2" ledger list', provisioned.state, place, PROGRAM)
            assert [item["next"].split(",")[0] for item in objects_of(done)] == ["copy the whole state folder to where you can write"] * 2, done
        beside.unlink()


@needs_mount
def test_a_read_only_mount_of_a_ledger_that_is_in_use(provisioned):
    """The station goes on writing the file: it is read with its locks, or not at all, and never as it happens to be."""
    place = provisioned.folder / "place"
    place.mkdir()
    verbs = BIND_READ_ONLY + 'set +e; for verb in "ledger verify --tables" "ledger list"; do "$3" --json --state "$2" $verb; done'
    refused = objects_of(in_namespace(verbs, provisioned.state, place, PROGRAM))
    assert len(refused) == 2
    for item in refused:
        assert item["cause"] == "it cannot be read where its folder cannot be written" and item["next"].startswith("copy the whole state folder"), item
    with contextlib.closing(sqlite3.connect(provisioned.state / "ledger" / "ledger.db")) as station:
        before = station.execute("SELECT count(*) FROM entry").fetchone()[0]
        provisioned.run("provision", EXAMPLE, "--operator", "17")
        provisioned.run("provision", EXAMPLE, "--operator", "18")
        assert (provisioned.state / "ledger" / "ledger.db-wal").stat().st_size > 0, "what came last is in the log"
        objects = objects_of(in_namespace(verbs, provisioned.state, place, PROGRAM))
    assert [item["entries"] for item in objects if item["event"] == "ledger-verified"] == [before + 2] and not [item for item in objects if item["event"] == "error"], objects


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
