# SPDX-License-Identifier: Apache-2.0
"""history.jsonl: every run of a device is kept, with its proofs, and nothing that was written is ever lost or changed."""
import json
import os
import resource
import stat

import pytest

from conftest import EXAMPLE, THREE_WAYS, TRUST_FLEX, der_of, openssl


def verify(folder, serial, key):
    """The proof of a line, judged by openssl."""
    proof = key["proof"]
    (folder / "m").write_bytes(f"imprint proof of possession 1\nchip {serial}\nkey {key['key_id']}\n"
                               f"challenge {proof['challenge']}\n".encode())
    (folder / "s").write_bytes(der_of(bytes.fromhex(proof["signature"])))
    (folder / "k").write_bytes(bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D030107034200" + key["public_key"]))
    assert "Verified OK" in openssl("dgst", "-sha256", "-keyform", "DER", "-verify", folder / "k", "-signature", folder / "s",
                                    folder / "m")


def test_every_run_adds_one_line(delivered):
    """A run that does the work, one that confirms, one that is refused: each a line, and --json says the same."""
    runs = (delivered.json("provision", EXAMPLE, "--arm", "profile", "--operator", "a"),
            delivered.json("provision", EXAMPLE, "--arm", "profile", "--operator", "b"),
            delivered.json("provision", TRUST_FLEX, code=4))
    said = [run.event("run") for run in runs]
    kept = delivered.history
    assert [line["result"] for line in kept] == ["provisioned", "confirmed", "refused"]
    assert [line["run"]["operator"] for line in kept] == ["a", "b", None]
    assert [{**line, "event": "run"} for line in kept] == said
    serial = delivered.record["serial"]
    for line in kept[:2]:
        assert line["format"] == "imprint-history" and line["version"] == 1 and line["previous"] is None
        assert line["serial"] == serial and line["serial_checked"] is True and "error" not in line
        assert [step["action"] for step in line["plan"]] == ["begin-mark", "register-key", "generate-key", "prove-key",
                                                             "prove-key", "finish-mark"]
        assert all(step["done"] for step in line["plan"])
        for key in line["keys"]:
            assert key["checked"] and key["proof"]["proven"]
            verify(delivered.folder, serial, key)
    challenges = [key["proof"]["challenge"] for line in kept[:2] for key in line["keys"]]
    assert len(set(challenges)) == 4, "each run and key has a challenge of its own"
    refused = kept[2]
    assert refused["error"]["reason"] == "other-profile" and refused["error"]["exit"] == 4
    assert refused["error"]["subject"] == "mbed-factory-example" and refused["error"]["slot"] == 8
    of_the_call = {"event", "serial", "device", "next"}
    assert refused["error"] == {name: value for name, value in runs[2].error.items() if name not in of_the_call}
    assert refused["keys"] == [] and refused["config"] == kept[0]["config"] and refused["serial"] == serial


def test_lines_are_only_appended(provisioned):
    path = provisioned.device / "history.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    seen = path.read_bytes()
    for profile, code in ((EXAMPLE, 0), (TRUST_FLEX, 4), (EXAMPLE, 0)):
        provisioned.run("provision", profile, code=code)
        now = path.read_bytes()
        assert now.startswith(seen) and now.count(b"\n") == seen.count(b"\n") + 1
        seen = now


def test_a_failed_run_keeps_what_it_proved(provisioned):
    """The chip goes silent after the first key has proven itself: its challenge and signature are kept."""
    for place in range(1, 40):
        failed = provisioned.json("--fault", f"silent@{place}", "provision", EXAMPLE, "--arm", "profile", code={0, 3})
        proven = [key for key in failed.event("run")["keys"] if key["proof"]["proven"]]
        if failed.code == 3 and proven:
            break
    else:
        pytest.fail("no place between the two proofs")
    line = provisioned.history[-1]
    assert line["result"] == "failed" and line["error"]["reason"] == failed.error["reason"] == "device-silent"
    assert {**line, "event": "run"} == failed.event("run")
    assert len(proven) == 1
    verify(provisioned.folder, line["serial"], proven[0])


def test_not_armed_is_kept(station):
    station.new("blank")
    refused = station.json("provision", THREE_WAYS, code=1)
    assert station.history[-1]["error"]["reason"] == refused.error["reason"] == "not-armed"
    assert station.history[-1]["result"] == "refused" and station.history[-1]["plan"]


def test_a_torn_line_loses_nothing(provisioned):
    """A power cut tore the last line: the next run is kept on a line of its own, and reports success."""
    path = provisioned.device / "history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    lines = path.read_bytes().splitlines()
    assert len(lines) == 3 and lines[1] == whole[:100]
    assert [json.loads(lines[n])["result"] for n in (0, 2)] == ["provisioned", "confirmed"]
    assert path.read_bytes().endswith(b"\n")


def test_dry_runs_and_looking_leave_no_line(provisioned):
    before = (provisioned.device / "history.jsonl").read_bytes()
    looked = provisioned.json("provision", "--dry-run", EXAMPLE)
    provisioned.json("info")
    assert "run" not in [item["event"] for item in looked.objects]
    assert (provisioned.device / "history.jsonl").read_bytes() == before


def test_a_device_that_does_not_say_who_it_is_has_no_history(delivered):
    """Its failed run is in --json alone."""
    failed = delivered.json("--fault", "silent@1", "provision", EXAMPLE, "--arm", "profile", code=3)
    assert failed.event("run")["serial"] is None and failed.event("run")["error"]["reason"] == "device-silent"
    assert not (delivered.state / "devices").exists()


@pytest.mark.parametrize("what", ["folder", "link", "pipe", "chip"])
def test_a_history_that_cannot_be_written(provisioned, what):
    """The device is done, and nothing says so: exit code 5, and the line is on stdout. Nothing is written elsewhere."""
    path = provisioned.device / "history.jsonl"
    other = provisioned.write("other", b"mine")
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "link":
        path.symlink_to(other)
    elif what == "pipe":
        os.mkfifo(path)
    else:
        provisioned.run("virtual", "new", "--seed", "2", path)
    before = path.read_bytes() if what == "chip" else b""
    failed = provisioned.run("provision", EXAMPLE, "--arm", "profile", code=5)
    assert json.loads(failed.out)["result"] == "confirmed" and "nothing to do" not in failed.out
    assert provisioned.json("provision", EXAMPLE, "--arm", "profile", code=5).error["reason"] == "record-failed"
    assert other.read_bytes() == b"mine" and (what != "chip" or path.read_bytes() == before)
    refused = provisioned.json("provision", TRUST_FLEX, "--arm", "profile", code=4)
    assert "history" in refused.event("warning")["text"], "a failed run keeps its own reason"


def test_a_full_disk_leaves_no_half_line(provisioned):
    path = provisioned.device / "history.jsonl"
    before = 400 * path.read_bytes()  # longer than the ledger, which the limit must not stop
    path.write_bytes(before)
    most = len(before) + 64
    failed = provisioned.run("provision", EXAMPLE, "--arm", "profile", code=5,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    assert path.read_bytes() == before and json.loads(failed.out)["result"] == "confirmed"
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    assert [line["result"] for line in provisioned.history] == 400 * ["provisioned"] + ["confirmed"]


def test_what_a_run_did_not_check_is_neither_dropped_nor_called_checked(station, plan):
    """Another profile's run keeps key, proof and maker of the first, each with the time of its own proof."""
    station.new()
    plan["chip"]["genuine"] = "reported"
    station.run("provision", station.write("first.yaml", json.dumps(plan)), "--arm", "profile")
    first = station.record
    del plan["chip"]["genuine"]
    plan["name"] = "more"
    plan["keys"] = [{**plan["keys"][1], "name": "extra", "id": 19}]
    station.run("provision", station.write("more.yaml", json.dumps(plan)), "--arm", "profile")
    record, line = station.record, station.history[-1]
    assert record["maker"] == first["maker"] and record["maker"]["time"] == first["run"]["time"]
    assert [(key["key_id"], key["checked"]) for key in record["keys"]] == [(19, True), (16, False), (18, False)]
    assert [key["proof"]["time"] for key in record["keys"][1:]] == [first["run"]["time"]] * 2
    assert [key["key_id"] for key in line["keys"]] == [19] and "maker" not in line, "a line holds only its own run"
