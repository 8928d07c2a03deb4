# SPDX-License-Identifier: Apache-2.0
"""The state folder full, read-only, damaged, held by another process; the record that cannot be written.

Root passes over file modes, so that a read-only folder is made with a mount, in a mount namespace of its own; likewise a
full disk is a tmpfs with room for so many files. Where no namespace can be had, those tests are skipped and say so.
"""
import json
import os
import re
import shutil
import subprocess
import time
import zlib

import pytest

from conftest import EVERY, EXAMPLE, PATIENCE, PROGRAM, THREE_WAYS, Station, in_time, run_program

NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def can_mount():
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="no mount namespace here (unshare --mount)")


def in_namespace(script, *arguments):
    """Runs a shell script in a mount namespace; gives its output and exit code."""
    done = subprocess.run([*NAMESPACE, "sh", "-eu", "-c", script, "sh", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)
    assert "Sanitizer" not in done.stderr and "runtime error:" not in done.stderr, done.stderr
    return done


# ---- full

@needs_mount
@pytest.mark.parametrize("files", range(0, 21, EVERY))
def test_disk_with_room_for_so_many_files(delivered, files):
    """The chip lies elsewhere, so that only key records meet the full disk. What was begun is finished once there is room."""
    place = delivered.folder / "small"
    place.mkdir()
    done = in_namespace("""
        mount -t tmpfs -o nr_inodes=64,size=1m none "$1"
        mkdir "$1/filler"
        while touch "$1/filler/$((n = ${n:-0} + 1))" 2>/dev/null; do :; done
        for free in $(seq "$3"); do rm "$1/filler/$free"; done
        set +e
        "$2" --json --state "$1/state" --device "virtual:$4" provision "$5" --arm profile >"$6/first" 2>"$6/first.err"
        echo $? >"$6/first.code"
        rm -r "$1/filler"
        "$2" --json --state "$1/state" --device "virtual:$4" provision "$5" --arm profile >"$6/second" 2>&1
        echo $? >"$6/second.code"
        "$2" --json --state "$1/state" --device "virtual:$4" keys >"$6/keys"
        "$2" --json --state "$1/state" --device "virtual:$4" info >"$6/info"
        find "$1/state" -name '*.tmp' >"$6/left"
        """, place, PROGRAM, files, delivered.chip, EXAMPLE, delivered.folder)
    assert done.returncode == 0, done.stderr
    read = {name: (delivered.folder / name).read_text() for name in ("first", "first.err", "first.code", "second.code", "keys")}
    code = int(read["first.code"])
    assert code in (0, 1, 5), read
    if files < 5:
        assert code == 1, "with so little room it cannot have worked"
    if code != 0:
        error = [json.loads(line) for line in read["first"].splitlines()][-1]
        assert error["event"] == "error" and error["reason"] in ("storage-full", "record-failed"), error
        assert error["exit"] == code
    if code == 5:
        evidence = [json.loads(line) for line in read["first"].splitlines()]
        evidence = [item for item in evidence if item["event"] in ("evidence", "run")]
        assert evidence and evidence[0]["keys"][1]["proof"]["signature"], "the evidence is not lost"
    assert int(read["second.code"]) == 0
    keys = {item["key_id"]: item for item in map(json.loads, read["keys"].splitlines())}
    assert sorted(keys) == [16, 18] and keys[18]["slot"] == 2
    assert (delivered.folder / "left").read_text() == ""


@needs_mount
def test_room_for_nothing_is_found_before_a_key_is_made(delivered):
    """The slots' keys are those of delivery when the disk was full: no GenKey that creates one was sent."""
    place = delivered.folder / "small"
    place.mkdir()
    full = 0
    for files in range(2, 10):
        shutil.copy(delivered.chip, delivered.folder / "copy")
        done = in_namespace("""
            mount -t tmpfs -o nr_inodes=$3,size=1m none "$1"
            "$2" --json --state "$1/state" --device "virtual:$4" --trace "$6" provision "$5" --arm profile
            """, place, PROGRAM, files, delivered.folder / "copy", EXAMPLE, delivered.folder / f"trace-{files}")
        error = json.loads(done.stdout.splitlines()[-1])
        if error["event"] == "error" and error["reason"] == "storage-full":
            sent = (delivered.folder / f"trace-{files}").read_text()
            assert "GenKey mode 00" in sent and "GenKey mode 04" not in sent, files
            full += 1
    assert full >= 3


@needs_mount
@pytest.mark.parametrize("room", ["nr_inodes=4", "nr_inodes=8", "nr_inodes=19", "nr_inodes=4096,size=300k", "nr_inodes=20", "nr_inodes=4096,size=308k"])
def test_a_full_disk_is_found_before_the_config_lock(station, room):
    """Where key records, record and ledger do not fit, the plan says so, in a dry run too, and the chip stays as it was: 19 files, 304 KiB."""
    fits = room in ("nr_inodes=20", "nr_inodes=4096,size=308k")
    station.new("blank")
    before = station.chip.read_bytes()
    place = station.folder / "small"
    place.mkdir()
    for only_look in ("--dry-run", "--quiet"):
        done = in_namespace("""
            mount -t tmpfs -o "$3" none "$1"
            set +e
            "$2" --json --state "$1/state" --device "virtual:$4" $6 provision "$5" --arm profile $7
            echo "code $?"
            find "$1" -name '*.record' | wc -l
            """, place, PROGRAM, room, station.chip, THREE_WAYS, *(("", only_look) if only_look == "--dry-run" else (only_look, "")))
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert found[-1]["event"] != "error" if fits else (found[-1]["reason"] == "storage-full" and found[-1]["next"]), done.stdout
        assert done.stdout.split()[-2:] == ["0" if fits else "1", "3" if fits and only_look == "--quiet" else "0"], done.stdout
        assert (station.chip.read_bytes() == before) == (not fits or only_look == "--dry-run")


@pytest.mark.parametrize("geometry, fits", [("256x2/4", False), ("512x2/4", True)])
def test_a_small_flash_is_found_before_the_config_lock(station, geometry, fits):
    """Three key records of 116 bytes each, and a transaction that comes and goes."""
    station.new("blank")
    before = station.chip.read_bytes()
    for again in range(2):
        storage = ("--storage", f"flash:{station.folder / 'flash'},{geometry}")
        for only_look in (["--dry-run"], []):
            done = station.json(*storage, "provision", THREE_WAYS, "--arm", "profile", *only_look, code=0 if fits else 1)
            assert fits or (done.error["reason"] == "storage-full" and station.chip.read_bytes() == before), again


# ---- read-only

@needs_mount
def test_read_only_state(provisioned):
    before = provisioned.snapshot()
    shutil.copy(provisioned.chip, provisioned.folder / "chip")
    done = in_namespace("""
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        set +e
        for verb in "provision $3" "erase --yes" "keys" "info" "sign 18 $3"; do
            "$2" --json --state "$1" --device "virtual:$4" $verb
            echo "code $?"
        done
        """, provisioned.state, PROGRAM, EXAMPLE, provisioned.folder / "chip")
    assert done.returncode == 0, done.stderr
    codes = [int(code) for code in re.findall(r"^code (\d+)", done.stdout, re.M)]
    assert len(codes) == 5 and set(codes) <= {0, 1, 5} and codes[1] == 1, done.stdout
    for line in done.stdout.splitlines():
        if '"event":"error"' in line:
            error = json.loads(line)
            assert error["reason"] in ("storage-failed", "record-failed") and error["next"], error
    (provisioned.folder / "chip").unlink()
    assert provisioned.snapshot() == before


@needs_mount
def test_read_only_place_for_a_new_device(delivered):
    done = in_namespace("""
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        "$2" --json --state "$1" --device "virtual:$4" provision "$3" --arm profile
        """, delivered.state, PROGRAM, EXAMPLE, shutil.copy(delivered.chip, delivered.folder / "chip"))
    error = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1 and error["reason"] == "storage-failed", done.stdout
    assert (delivered.folder / "chip").read_bytes() == delivered.chip.read_bytes()


def test_state_folder_that_is_a_file(delivered):
    (delivered.state / "devices").write_text("in the way")
    error = delivered.json("provision", EXAMPLE, "--arm", "profile", code=1).error
    assert error["reason"] == "storage-failed"
    assert (delivered.state / "devices").read_text() == "in the way"


# ---- damaged

def damages(content):
    yield "empty", b""
    yield "cut", content[:-1]
    yield "half", content[:len(content) // 2]
    yield "longer", content + b"\0"
    for at in range(0, len(content), 3):
        yield f"flipped {at}", content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1:]


def test_damaged_key_records_are_an_error_and_never_absent(provisioned):
    chip = provisioned.chip.read_bytes()
    for path in sorted(provisioned.psa.glob("*.record")):
        good = path.read_bytes()
        key = int(path.name.split(".")[0], 16)
        for name, content in damages(good):
            path.write_bytes(content)
            for verb in (("keys",), ("info",), ("provision", EXAMPLE, "--arm", "profile"), ("provision", "-n", EXAMPLE), ("sign", str(key))):
                error = provisioned.json(*verb, code=1).error
                assert error["reason"] in ("storage-corrupt", "storage-failed"), (path.name, name, verb, error)
            assert path.read_bytes() == content, "what is damaged is left for whoever can repair it"
        path.write_bytes(good)
    assert provisioned.chip.read_bytes() == chip
    assert "nothing to do" in provisioned.run("provision", EXAMPLE, "--arm", "profile").out


def test_record_with_a_slot_that_no_chip_has(provisioned):
    """It hinders nothing, `keys` names it, and it stays as it is."""
    path, other = (provisioned.psa / f"{uid:016x}.record" for uid in (18, 77))
    header, content = path.read_bytes()[:24], path.read_bytes()[28:-4]
    header = header[:8] + (77).to_bytes(8, "little") + header[16:]
    content = content[:36] + (99).to_bytes(8, "little")
    stored = header + zlib.crc32(header).to_bytes(4, "little") + content + zlib.crc32(header + content).to_bytes(4, "little")
    other.write_bytes(stored)
    other.chmod(0o600)
    result = provisioned.run("keys")
    assert "key 77 points to slot 99, which no chip has" in result.err
    assert [key["slot"] for key in provisioned.json("keys").objects if key.get("key_id") == 77] == [99]
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    assert other.read_bytes() == stored


def test_erase_is_the_way_out_of_damage(provisioned):
    for path in provisioned.psa.glob("*.record"):
        path.write_bytes(b"rubbish")
    provisioned.run("erase", "--yes")
    assert provisioned.keys() == {}
    assert "imprint adopt" in provisioned.json("provision", EXAMPLE, "--arm", "profile", code=4).error["next"]
    provisioned.run("adopt", EXAMPLE)
    assert sorted(provisioned.keys()) == [16, 18]


def test_one_deleted_key_record(provisioned):
    """A record that somebody deleted: the key is not made anew over the one in use, but can be adopted."""
    keys = provisioned.public_keys()
    (provisioned.psa / "0000000000000012.record").unlink()
    assert sorted(provisioned.keys()) == [16]
    assert provisioned.json("provision", EXAMPLE, "--arm", "profile", code=4).error["reason"] == "done-elsewhere"
    said = provisioned.json("adopt", EXAMPLE).event("provisioned")
    assert said["changes"] == 1 and provisioned.public_keys() == keys


def test_damaged_format_file(provisioned):
    path = provisioned.psa / "format"
    good = path.read_bytes()
    for content in (b"", b"x", good[:-1], b"imprint storage 2\n"):
        path.write_bytes(content)
        for verb in (("keys",), ("provision", EXAMPLE, "--arm", "profile")):
            assert provisioned.json(*verb, code=1).error["reason"] in ("storage-corrupt", "storage-failed")
    path.write_bytes(good)
    provisioned.run("keys")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format":"imprint-record","version":9,"keys":[]}',
                                     b'{"format":"imprint-record","version":1,"keys":{}}',
                                     b'{"format":"imprint-record","version":2,"keys":{}}',
                                     b'{"format":"imprint-record","version":2,"keys":[1,null,{"key_id":"x"},{"key_id":18,"name":5}]}',
                                     b'{"format":"imprint-record","version":1,"keys":[1,null,{"id":"x"},{"id":18,"name":5}]}',
                                     b"[" * 100000], ids=lambda value: value[:20].decode("latin1") + str(len(value)))
def test_damaged_record_costs_only_names(provisioned, content):
    path = provisioned.device / "record.json"
    path.write_bytes(content)
    keys = provisioned.json("keys").objects
    assert [item["key_id"] for item in keys if item["event"] == "key"] == [16, 18]
    assert all(item["name"] is None for item in keys if item["event"] == "key")
    provisioned.run("sign", "18", EXAMPLE)
    assert provisioned.json("sign", "board", EXAMPLE, code=1).objects[-1]["reason"] == "key-unknown"
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    assert provisioned.record["keys"][1]["name"] == "board"
    assert provisioned.json("sign", "board", EXAMPLE).event("signature")["key_id"] == 18


def as_version_1(record):
    """The record as imprint 0.x wrote it: the key id of a key was named "id"."""
    record["version"] = 1
    for key in record["keys"]:
        key["id"] = key.pop("key_id")
    return record


def test_record_of_version_1_is_read_and_written_as_version_3(provisioned):
    path, before = provisioned.device / "record.json", provisioned.record
    assert before["version"] == 3 and [key["key_id"] for key in before["keys"]] == [16, 18]
    path.write_text(json.dumps(as_version_1(provisioned.record)))
    assert {key["name"] for key in provisioned.keys().values()} == {"maker", "board"}
    assert provisioned.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")["record_written"]
    assert {**provisioned.record, "keys": None, "run": None} == {**before, "keys": None, "run": None}
    assert not any("id" in key for key in provisioned.record["keys"])


def test_keys_of_a_version_1_record_are_compared(provisioned):
    """A changed key must be found however old the record is, and the record must stay as it is."""
    path, old = provisioned.device / "record.json", as_version_1(provisioned.record)
    old["keys"][1]["public_key"] = old["keys"][0]["public_key"]
    path.write_text(json.dumps(old))
    error = provisioned.json("provision", EXAMPLE, "--arm", "profile", code=4).error
    assert error["reason"] == "foreign-key" and error["key_id"] == 18
    assert json.loads(path.read_text()) == old


# ---- the record cannot be written

def full_disk_for_the_record(station, serial):
    """The record is a device without room, until what is returned is removed."""
    record = station.state / "devices" / serial / "record.json"
    record.parent.mkdir(parents=True)
    record.symlink_to("/dev/full")
    return record


def test_record_that_cannot_be_written_is_printed(station):
    station.new("blank")
    serial = station.json("info").event("chip")["serial"]
    obstacle = full_disk_for_the_record(station, serial)
    result = station.json("provision", THREE_WAYS, "--arm", "profile", code=5)
    assert result.error["reason"] == "record-failed" and result.error["exit"] == 5
    evidence = result.event("evidence")
    assert evidence["keys"] and all(key["proof"]["proven"] for key in evidence["keys"]) and evidence["serial"] == serial
    obstacle.unlink()
    said = station.json("provision", THREE_WAYS, "--arm", "profile").event("provisioned")
    assert said["changes"] == 0 and said["record_written"]
    assert station.record["keys"][1]["public_key"] == evidence["keys"][1]["public_key"]


def test_evidence_goes_to_stdout_without_json_too(station):
    station.new("blank")
    full_disk_for_the_record(station, station.json("info").event("chip")["serial"])
    result = station.run("provision", THREE_WAYS, "--arm", "profile", code=5)
    assert json.loads(result.out)["event"] == "evidence" and "cannot write the device's record" in result.err


# ---- held by another process

class Holder:
    """A run of the program that has its device open and waits, because nobody reads what it says."""

    def __init__(self, station, *arguments):
        self.read, self.write = os.pipe()
        os.set_blocking(self.write, False)
        try:
            while True:
                os.write(self.write, b" " * 65536)
        except BlockingIOError:
            pass
        os.set_blocking(self.write, True)
        self.process = subprocess.Popen([PROGRAM, "--state", str(station.state), "--json", *map(str, arguments)],
                                        stdout=self.write, stderr=subprocess.DEVNULL)
        os.close(self.write)
        # It sleeps in write() once it holds everything it needs.
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = open(f"/proc/{self.process.pid}/wchan", encoding="ascii").read()
            stack = open(f"/proc/{self.process.pid}/syscall", encoding="ascii").read().split()
            if "pipe" in text or stack[:2] == ["1", "0x1"]:
                return
            time.sleep(0.01)
        raise AssertionError("the program does not wait where it should")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with os.fdopen(self.read, "rb") as pipe:
            pipe.read()
        self.code = self.process.wait(60)


def test_second_process_is_refused_and_names_the_first(delivered):
    with Holder(delivered, "provision", EXAMPLE, "--arm", "profile") as holder:
        for verb in (("info",), ("keys",), ("provision", EXAMPLE, "--arm", "profile")):
            error = in_time(5, lambda words=verb: delivered.json(*words, code=3).error)  # at once, not after a wait
            assert error["reason"] == "device-busy" and error["holder"] == holder.process.pid, error
            assert error["holder_name"] == "imprint provision"
            text = delivered.run(*verb, code=3).err
            assert f": process {holder.process.pid} (imprint provision)\n" in text, text
    assert holder.code == 0
    assert "nothing to do" in delivered.run("provision", EXAMPLE, "--arm", "profile").out


def test_key_records_are_held_too(provisioned):
    """Another way to the same chip: the virtual chip's own lock does not help, the key records' does."""
    twin = shutil.copy(provisioned.chip, provisioned.folder / "twin")
    with Holder(provisioned, "provision", EXAMPLE, "--arm", "profile") as holder:
        for verb in (("keys",), ("provision", EXAMPLE, "--arm", "profile"), ("erase", "--yes")):
            error = provisioned.json("--device", f"virtual:{twin}", *verb, code=3).error
            assert error["reason"] == "device-busy" and error["holder"] == holder.process.pid, error
            assert error["holder_name"] == "imprint provision"
    assert sorted(provisioned.keys()) == [16, 18]


def test_two_begin_with_a_fresh_device(delivered):
    """Both have looked, neither has a folder yet: the one that comes second is refused or finds the work done."""
    twin = shutil.copy(delivered.chip, delivered.folder / "twin")
    with Holder(delivered, "provision", EXAMPLE, "--arm", "profile") as holder:
        result = delivered.json("--device", f"virtual:{twin}", "provision", EXAMPLE, "--arm", "profile", code={0, 3})
    assert {result.code, holder.code} == {0, 3}
    assert sorted(delivered.psa.glob("*.record"))
