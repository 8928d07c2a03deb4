# SPDX-License-Identifier: Apache-2.0
"""Files that imprint writes: never over a chip or its own input, private where they hold secrets, whole or said not to be, and
what an interrupted run leaves is cleaned up. Secret key files must be private, too."""
import json
import os
import subprocess

import pytest

from conftest import EXAMPLE, ROOT, THREE_WAYS, openssl, run_program
from host_board import FACTORY, PROFILE, Board

OUTPUTS = {"trace": ("--trace", "FILE", "info"), "csr": ("csr", "board", "-s", "CN=x", "-o", "FILE"),
           "sign": ("sign", "board", EXAMPLE, "-o", "FILE"), "compile": ("compile", EXAMPLE, "--c", "-o", "FILE")}
STDOUT = [("info",), ("keys",), ("public-key", "18"), ("csr", "18", "-s", "CN=x"), ("sign", "18", EXAMPLE),
          ("random", "64"), ("explain", str(ROOT / "test" / "data" / "configs" / "608b-tngtls.hex")),
          ("compile", EXAMPLE, "--c"), ("provision", EXAMPLE), ("provision", EXAMPLE, "--dry-run"), ("scan",),
          ("erase", "--yes"), ("virtual", "new", "NEW"), ("help",), ("version",), ("--help",)]


def named(command, file):
    return [file if word == "FILE" else word for word in command]


@pytest.mark.parametrize("verb", OUTPUTS)
def test_never_over_a_chip(provisioned, verb):
    """The chip that is in use, and one that is not."""
    other = provisioned.folder / "other.virtual"
    provisioned.run("virtual", "new", "--seed", "2", other)
    before = provisioned.chip.read_bytes(), other.read_bytes()
    for chip in (provisioned.chip, other):
        error = provisioned.json(*named(OUTPUTS[verb], chip), code=2).error
        assert "virtual chip's file" in error["cause"] and error["subject"] == str(chip), error
    assert (provisioned.chip.read_bytes(), other.read_bytes()) == before
    provisioned.run("info")


def test_never_over_what_imprint_keeps(provisioned):
    """Records, ledger, keys and settings in the state folder, by their name, a longer one or a link; a file beside them is the user's."""
    provisioned.run("ca", "new")
    (provisioned.state / "connections.yaml").write_text("mine")
    kept = [path for path in provisioned.state.rglob("*") if path.is_file() and path != provisioned.chip]
    assert {"record.json", "history.jsonl", "ledger.db", "log.key", "signer.key", "issuers.yaml"} <= {path.name for path in kept}
    before = {path: path.read_bytes() for path in kept}
    for file in kept:
        link = provisioned.folder / f"{file.name}.svg"
        link.symlink_to(file)
        outputs = [named(command, file) for command in OUTPUTS.values()]
        outputs += [("report", "--rehearsals", "--html", file), ("label", provisioned.record["serial"], "-o", link),
                    ("--trace", file.parent / ".." / file.parent.name / file.name, "provision", EXAMPLE)]
        for command in outputs:
            error = provisioned.json(*command, code=2).error
            assert "imprint keeps its own data there" in error["cause"], error
            assert file.read_bytes() == before[file], command
        link.unlink()
    error = provisioned.json("--trace", provisioned.psa / "new", "info", code=2).error
    assert "imprint keeps its own data there" in error["cause"]
    provisioned.run("csr", "board", "-s", "CN=x", "-o", provisioned.state / "board.pem")
    provisioned.run("csr", "board", "-s", "CN=x", "-o", provisioned.state / "board.pem")


def test_a_record_never_goes_over_a_chip(delivered):
    serial = delivered.json("info").event("chip")["serial"]
    record = delivered.state / "devices" / serial / "record.json"
    record.parent.mkdir(parents=True)
    delivered.run("virtual", "new", "--seed", "2", record)
    before = record.read_bytes()
    delivered.json("provision", EXAMPLE, "--arm", "profile", code={1, 2, 4, 5})
    assert record.read_bytes() == before
    assert delivered.json("provision", record, code=2).error["reason"].startswith("profile-")
    assert record.read_bytes() == before


@pytest.mark.parametrize("verb", OUTPUTS)
@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
def test_a_full_disk_is_an_error(provisioned, verb, how):
    result = provisioned.run(*how, *named(OUTPUTS[verb], "/dev/full"), code=5 if verb == "trace" else 2)
    assert "No space left" in result.err + result.out, result


@pytest.mark.parametrize("verb", STDOUT, ids=lambda verb: verb[0])
def test_stdout_that_takes_nothing(provisioned, verb):
    """Full or closed: an error, and not one of usage."""
    verb = [str(provisioned.folder / word) if word == "NEW" else word for word in map(str, verb)]
    with open("/dev/full", "wb") as full:
        result = provisioned.run(*verb, code=5, stdout=full)
    assert "cannot write to stdout" in result.err and "command line" not in result.err, result


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
def test_the_record_is_written_though_stdout_is_not(delivered, how):
    """Closed once the program runs, as by a terminal that is gone."""
    result = delivered.run(*how, "provision", EXAMPLE, "--arm", "profile", code=5, preexec_fn=lambda: os.close(1))
    assert how or "cannot write to stdout" in result.err, result
    assert [key["proof"]["proven"] for key in delivered.record["keys"]] == [True, True]
    assert delivered.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")["changes"] == 0


def test_what_an_interrupted_write_left(provisioned):
    """It is deleted by the next write of the same file; what another process writes at this moment is not."""
    out = provisioned.folder / "signature"
    left = [provisioned.write(f"signature.imprint-new.{number}", b"half") for number in (1, 4000000)]
    kept = [provisioned.write(name, b"mine") for name in
            ("signature.imprint-new.1a", "signature.imprint-new.", "xsignature.imprint-new.1", "signature.imprint-new.2")]
    import fcntl
    with open(kept[-1], "rb") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        provisioned.run("sign", "18", EXAMPLE, "-o", out)
    assert out.exists() and [path.exists() for path in left] == [False, False]
    assert all(path.read_bytes() == b"mine" for path in kept)


def test_a_link_in_place_of_the_temporary_file(provisioned):
    """A link that lies where the temporary file will be is not followed: the process's number is known only to us."""
    target = provisioned.write("target", "kept")
    command = ["sh", "-c", 'ln -s "$1" "$2.imprint-new.$$"; shift; out=$1; shift; exec "$@" -o "$out"', "sh", str(target),
               str(provisioned.folder / "out"), os.environ.get("IMPRINT", str(ROOT / "build" / "imprint")), "--state",
               str(provisioned.state), "sign", "18", str(EXAMPLE)]
    subprocess.run(command, check=True, timeout=60)
    assert target.read_text() == "kept" and not (provisioned.folder / "out").is_symlink()


@pytest.mark.parametrize("verb", OUTPUTS)
def test_a_new_file_is_the_users_alone(provisioned, verb):
    """Whatever the umask says; a file that others may read already stays so."""
    out = provisioned.folder / "out"
    provisioned.run(*named(OUTPUTS[verb], out), preexec_fn=lambda: os.umask(0))
    assert out.stat().st_mode & 0o777 == 0o600
    out.chmod(0o644)
    provisioned.run(*named(OUTPUTS[verb], out))
    assert out.stat().st_mode & 0o777 == (0o600 if verb == "trace" else 0o644)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(provisioned):
    out = provisioned.write("out", "old")
    out.chmod(0o640)
    os.chown(out, 12345, 54321)
    provisioned.run("sign", "18", EXAMPLE, "-o", out)
    found = out.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (12345, 54321, 0o640)


def test_stdout_by_name(provisioned):
    """A link to a file, in a folder where nothing can be put in its place: it is written. (Not /dev/stdout: for root, a
    program that replaces it would take it from the whole machine.)"""
    with open(provisioned.folder / "out", "wb") as file:
        provisioned.run("sign", "18", EXAMPLE, "-o", "/proc/self/fd/1", stdout=file)
    assert (provisioned.folder / "out").read_bytes()[:1] == b"\x30"


# --- what verbs say

def test_a_flash_image_that_is_not_there(delivered):
    for verb in (("keys",), ("info",), ("provision", EXAMPLE, "--arm", "profile")):
        error = delivered.json("--storage", f"flash:{delivered.folder}/missing", *verb, code=2).error
        assert error["reason"] == "input-file" and "no such flash image" in error["cause"], error
        assert error["subject"].endswith("/missing")


def test_erase_lists_in_json(provisioned):
    said = provisioned.json("erase", code=2)
    listed = said.event("erase")
    assert listed["keys"] == [16, 18] and listed["record"] is True
    assert listed["serial"] == provisioned.json("info").event("chip")["serial"]
    assert set(provisioned.keys()) == {16, 18}


# --- the command of --switch

def test_the_switch_has_the_usual_signals(tmp_path):
    """`yes | head` in it ends: SIGPIPE and SIGXFSZ are not ignored there, as they are in imprint."""
    run_program("virtual", "new", "--as", "trust-and-go", "--seed", "1", tmp_path / "chip")
    ignored = tmp_path / "ignored"
    with Board(FACTORY, tmp_path / "chip", tmp_path / "flash") as board:
        run_program("--state", tmp_path / "state", "board", "provision", PROFILE, "--arm", "profile", "-c", board.console, "--switch",
                    f"grep SigIgn /proc/self/status > {ignored}; false", code=2)
    bits = int(ignored.read_text().split()[1], 16)
    assert bits & (1 << 12) == 0 and bits & (1 << 24) == 0, hex(bits)


# --- never onto the run's own input

def test_never_onto_the_input(provisioned, plan):
    """By its own name, by a link, and by a hard link: nothing is written."""
    data = provisioned.write("data", b"what is signed")
    profile = provisioned.write("plan.yaml", "# mine\n" + EXAMPLE.read_text())
    for file, command in ((data, ("sign", "18", data)), (profile, ("compile", profile, "--c")),
                          (profile, ("compile", profile, "--binary")), (data, ("verify", "18", data, "/dev/null"))):
        way = "--trace" if command[0] == "verify" else "-o"
        soft, hard = provisioned.folder / "soft", provisioned.folder / "hard"
        soft.symlink_to(file)
        os.link(file, hard)
        before = file.read_bytes()
        for name in (file, soft, hard):
            error = provisioned.json(*command, way, name, code=2).error
            assert "reads the same file" in error["cause"] and error["subject"] == str(name), error
        assert file.read_bytes() == before and hard.read_bytes() == before
        soft.unlink()
        hard.unlink()


def test_never_onto_the_flash_image(delivered):
    flash = delivered.folder / "board.flash"
    delivered.run("--storage", f"flash:{flash},4096x8/4-1", "provision", EXAMPLE, "--arm", "profile")
    before = flash.read_bytes()
    for command in (("csr", "18", "-s", "CN=x", "-o", flash), ("--trace", flash, "keys")):
        error = delivered.json("--storage", f"flash:{flash}", *command, code=2).error
        assert "reads the same file" in error["cause"], error
    assert flash.read_bytes() == before


def test_never_onto_a_key_file(delivered, plan):
    """The files that the profile names are read too."""
    public = delivered.write("root.pem", (ROOT / "profiles" / "keys" / "TEST-update-root-public.pem").read_bytes())
    secret = delivered.write("secret.hex", os.urandom(32).hex())
    secret.chmod(0o600)
    plan["keys"][0] = {**plan["keys"][1], "name": "pair", "id": 17, "method": "import", "slot": 2,
                       "file": str(ROOT / "profiles" / "keys" / "TEST-service-private.pem")}
    plan["keys"][1] = {"name": "root", "id": 19, "method": "import", "slot": 9, "file": str(public), "bits": 256,
                       "type": "ecc-public-key(secp-r1)", "algorithm": "ecdsa(sha-256)", "usage": ["verify-hash"]}
    plan["chip"]["write-keys"] = [{"slot": 6, "file": "secret.hex"}]
    profile = delivered.write("plan.yaml", json.dumps(plan))
    for file in (public, secret):
        before = file.read_bytes()
        for command in (("compile", profile, "--c", "-o", file), ("--trace", file, "provision", profile, "--arm", "profile")):
            error = delivered.json(*command, code=2).error
            assert "reads the same file" in error["cause"] and error["subject"] == str(file), error
            assert file.read_bytes() == before


# --- secret key files

def test_a_key_file_that_everybody_can_read(station, plan):
    """Refused by its name before anything is written; the users of a group may share one."""
    station.new("blank")
    pem = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    key = station.write("keys/TEST-service-private.pem", pem)
    station.write("keys/TEST-update-root-public.pem", (ROOT / "profiles/keys/TEST-update-root-public.pem").read_bytes())
    profile = station.write("three.yaml", THREE_WAYS.read_text())
    before = station.chip.read_bytes()
    for mode in (0o644, 0o604, 0o602, 0o666):
        key.chmod(mode)
        error = station.json("provision", profile, "--arm", "profile", code=2).error
        assert error["reason"] == "input-file" and "every user" in error["cause"] and error["subject"] == str(key), error
        assert f"chmod 600 '{key}'" in error["next"] and error["key_id"] == 17
        assert station.chip.read_bytes() == before
    key.chmod(0o640)
    station.run("provision", profile, "--arm", "profile")


def test_a_write_key_that_everybody_can_read(delivered, plan):
    plan["chip"]["write-keys"] = [{"slot": 6, "file": "secret.hex"}]
    plan["keys"] = [{**plan["keys"][1], "method": "import", "slot": 2,
                     "file": str(ROOT / "profiles" / "keys" / "TEST-service-private.pem")}]
    secret = delivered.write("secret.hex", os.urandom(32).hex())
    profile = delivered.write("plan.yaml", json.dumps(plan))
    secret.chmod(0o644)
    before = delivered.snapshot()
    error = delivered.json("provision", profile, "--arm", "profile", code=2).error
    assert error["subject"] == str(secret) and "every user" in error["cause"] and error["slot"] == 6
    assert delivered.snapshot() == before
    secret.chmod(0o600)
    assert delivered.json("provision", profile, code=4).error["reason"] == "slot-policy", "it is read, and no slot takes imports"


def test_a_published_key_is_named(station):
    """Everybody has it, whatever its file's permissions: refused, or named where rehearsals are allowed."""
    station.new("blank")
    said = station.run("provision", THREE_WAYS, "--arm", "profile")
    assert "warning: this TEST key is published, so everybody has it: imprint's profiles/keys/TEST-" in said.err
    warned = [item["text"] for item in station.json("provision", THREE_WAYS, "--arm", "profile").objects if item["event"] == "warning"]
    assert len(warned) == 1 and "profiles/keys/TEST-" in warned[0]
