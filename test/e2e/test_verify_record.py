# SPDX-License-Identifier: Apache-2.0
"""imprint verify-record: what a record proves is told from its text alone, and every lie in it is found."""
import copy
import json
import os

import pytest

from conftest import EVERY, EXAMPLE, THREE_WAYS, TRUST_FLEX, openssl, raw_of, run_program
from test_history import verify as verify_with_openssl


def checks(result, kind=None):
    return [item for item in result.objects if item["event"] == "check" and kind in (None, item["result"])]


def of(result, check, kind):
    return [item for item in checks(result, kind) if item["check"] == check]


def verify(record, code=0, *more):
    text = record if isinstance(record, (bytes, str)) else json.dumps(record)
    return run_program("--json", "verify-record", "-", *more, stdin=text, code=code)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A record, a history of a run that works, one that confirms and one that is refused; and a record with the maker's chain."""
    from conftest import PLAN, Station
    station = Station(tmp_path_factory.mktemp("made"))
    station.new()
    station.run("provision", EXAMPLE, "--arm", "profile")
    station.run("provision", EXAMPLE, "--arm", "profile")
    station.run("provision", TRUST_FLEX, code=4)
    genuine = Station(tmp_path_factory.mktemp("genuine"))
    genuine.new()
    plan = copy.deepcopy(PLAN)
    plan["chip"]["genuine"] = "reported"
    genuine.run("provision", genuine.write("plan.yaml", json.dumps(plan)), "--arm", "profile")
    return station, genuine


def test_a_record_holds_and_openssl_agrees(made):
    """The same record by this verb and by openssl."""
    station, _ = made
    result = run_program("--json", "verify-record", station.device / "record.json")
    sum_of = result.event("record-verified")
    assert sum_of["holds"] and sum_of["records"] == 1 and sum_of["bad"] == 0 and sum_of["good"] == len(checks(result, "good"))
    assert [item["key_id"] for item in of(result, "key-proof", "good")] == [16, 18]
    for check in ("serial", "part", "locks", "rehearsal", "times"):
        assert len(of(result, check, "good")) == 1, check
    assert {item["check"] for item in checks(result, "open")} == {"profile", "maker", "chip", "rehearsal", "station", "device"}
    for key in station.record["keys"]:
        verify_with_openssl(station.folder, station.record["serial"], key)
    shown = run_program("verify-record", station.device / "record.json")
    assert "good        key 18: it signed this serial number, its key id and the challenge\n" in shown.out
    assert "not proven  " in shown.out and "BAD" not in shown.out and shown.err == ""


def test_a_history_holds(made):
    station, _ = made
    result = run_program("--json", "verify-record", station.device / "history.jsonl")
    assert result.event("record-verified")["records"] == 3
    assert [(item["line"], item["key_id"]) for item in of(result, "key-proof", "good")] == [(1, 16), (1, 18), (2, 16), (2, 18)]
    assert [item["line"] for item in of(result, "plan", "good")] == [1, 2]
    assert [item["line"] for item in of(result, "result", "good")] == [1, 2, 3]
    assert of(result, "completeness", "open")


def test_the_profile_is_compared(made):
    record = made[0].record
    assert of(verify(record, 0, "--profile", EXAMPLE), "profile", "good")
    refused = verify(record, 1, "--profile", TRUST_FLEX)
    assert of(refused, "profile", "bad") and refused.error["reason"] == "record-refuted"
    assert run_program("verify-record", "--profile", "/dev/null", "-", code=2, stdin="").err


def test_locks_of_a_locked_part(station):
    station.new("blank")
    station.run("provision", THREE_WAYS, "--arm", "profile")
    assert of(verify(station.record), "locks", "good")
    line = station.history[-1]
    assert of(verify(json.dumps(line, separators=(",", ":")) + "\n"), "plan", "good")
    record = station.record
    # SlotLocked, bytes 88 and 89 of the config zone: a 0 is a locked slot.
    record["config"] = record["config"][:176] + "FDFF" + record["config"][180:]
    for slots, kind in (([1], "good"), ([2], "bad"), ([], "bad"), ([1, 2], "bad"), ("1", "bad")):
        record["locked"]["slots"] = slots
        assert of(verify(record, {0, 1}), "locks", kind), slots


def flip(text, at=0):
    """Another hex digit at `at`."""
    return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1:]


def change(path, new):
    """Sets the value at a path such as keys.1.proof.challenge, by a function of the old one."""
    def apply(record):
        *above, last = [int(name) if name.isdigit() else name for name in path.split(".")]
        for name in above:
            record = record[name]
        record[last] = new(record[last])
    return apply


LIES = {
    "challenge": (change("keys.1.proof.challenge", flip), "key-proof"),
    "signature": (change("keys.1.proof.signature", flip), "key-proof"),
    "hash": (change("keys.1.proof.hash", lambda _: "sha-512"), "key-proof"),
    "unknown hash": (change("keys.1.proof.hash", lambda _: "md5"), "key-proof"),
    "key id": (change("keys.1.key_id", lambda _: 19), "key-proof"),
    "another device's serial": (change("serial", lambda text: flip(text, 5)), "serial"),
    "public key": (change("keys.1.public_key", lambda text: flip(text, 60)), "key"),
    "denied proof": (change("keys.1.proof.proven", lambda _: False), "key-proof"),
    "no proof": (change("keys.1.proof", lambda _: None), "key-proof"),
    "half a proof": (lambda record: record["keys"][1]["proof"].pop("challenge"), "key-proof"),
    "slot that cannot sign": (change("keys.1.slot", lambda _: 9), "key-slot"),
    "two keys in a slot": (change("keys.1.slot", lambda _: 0), "keys"),
    "slot beyond the chip": (change("keys.1.slot", lambda _: 16), "key"),
    "the same key twice": (lambda record: record["keys"].append(copy.deepcopy(record["keys"][0])), "keys"),
    "part": (change("part", lambda _: "ATECC608A"), "part"),
    "config serial": (change("config", flip), "serial"),
    "unlocked in words": (change("locked.config", lambda old: not old), "locks"),
    "locked in bytes": (change("config", lambda text: text[:174] + "55" + text[176:]), "locks"),
    "short config": (change("config", lambda text: text[:-2]), "config"),
    "no rehearsal": (change("rehearsal", lambda _: []), "rehearsal"),
    "times in reverse": (change("run.started", lambda _: "2999-01-01T00:00:00Z"), "times"),
    "no time": (change("run.time", lambda _: "yesterday"), "times"),
    "digest": (change("profile.digest", lambda text: text[:-1]), "profile"),
    "no keys": (change("keys", lambda _: {}), "keys"),
}


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_in_a_record_is_found(made, lie):
    record = made[0].record
    apply, check = LIES[lie]
    apply(record)
    refused = verify(record, 1)
    assert of(refused, check, "bad"), refused
    assert refused.error["reason"] == "record-refuted" and not refused.event("record-verified")["holds"]
    assert "BAD" in run_program("verify-record", "-", stdin=json.dumps(record), code=1).out


def test_the_makers_chain_is_verified(made):
    _, genuine = made
    assert of(verify(genuine.record), "maker", "good")
    for path, new in (("maker.result", lambda _: "genuine"), ("maker.device_certificate", lambda text: flip(text, -140)),
                      ("maker.signer_certificate", lambda text: flip(text, -140)), ("maker.proof.challenge", flip),
                      ("maker.device_certificate", lambda text: text[:40]), ("maker.signer_certificate", lambda _: "3082")):
        record = genuine.record
        change(path, new)(record)
        assert of(verify(record, 1), "maker", "bad"), path
    record = genuine.record
    record["rehearsal"] = []
    assert of(verify(record, 1), "rehearsal", "bad")


def test_another_key_proves_nothing_for_the_primary_application(made):
    """Its signature verifies, under a public key that the record does not name."""
    station, record = made[0], made[0].record
    key, folder = record["keys"][1], station.folder / "primary"
    folder.mkdir()
    text = f"imprint proof of possession 1\nchip {record['serial']}\nkey {key['key_id']}\nchallenge {'5A' * 32}\n"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "key.pem")
    openssl("pkey", "-in", folder / "key.pem", "-pubout", "-outform", "DER", "-out", folder / "public.der")
    (folder / "text").write_text(text)
    openssl("dgst", "-sha256", "-sign", folder / "key.pem", "-out", folder / "signature.der", folder / "text")
    signed = {"key_id": key["key_id"], "signs": True, "challenge": "5A" * 32,
              "public_key": (folder / "public.der").read_bytes()[-65:].hex().upper(),
              "signature": raw_of((folder / "signature.der").read_bytes()).hex().upper()}
    record["primary"] = {"keys": [signed]}
    assert of(verify(record, 1), "primary-proof", "bad")
    key["public_key"] = signed["public_key"]  # were it the recorded key, the same proof would hold
    assert of(verify(record, 1), "primary-proof", "good")


def test_another_parts_chain_is_no_proof(made, station, plan):
    """Its certificates verify and its key signed, but they are of another serial number."""
    station.new(seed=2)
    plan["chip"]["genuine"] = "reported"
    station.run("provision", station.write("plan.yaml", json.dumps(plan)), "--arm", "profile")
    assert of(verify(station.record), "maker", "good")
    record = made[1].record
    record["maker"] = station.record["maker"]
    assert of(verify(record, 1), "maker", "bad")


def test_a_published_key_must_be_a_rehearsal(station):
    station.new("blank")
    station.run("provision", THREE_WAYS, "--arm", "profile")
    record = station.record
    assert of(verify(record), "rehearsal", "good")
    record["rehearsal"] = ["virtual-chip"]
    assert of(verify(record, 1), "rehearsal", "bad")


def lines_of(station):
    return (station.device / "history.jsonl").read_bytes().splitlines(keepends=True)


def test_lies_in_a_history(made):
    station, _ = made
    lines = lines_of(station)

    def altered(number, path, new):
        line = json.loads(lines[number])
        change(path, new)(line)
        return b"".join([*lines[:number], json.dumps(line, separators=(",", ":")).encode() + b"\n", *lines[number + 1:]])

    for text, check in ((altered(1, "keys.0.proof.signature", flip), "key-proof"), (altered(2, "result", lambda _: "confirmed"), "result"),
                        (altered(0, "result", lambda _: "perfect"), "result"), (altered(1, "previous", lambda _: "00"), "previous"),
                        (altered(1, "plan.2.done", lambda _: False), "plan")):
        assert of(verify(text, 1), check, "bad"), check
    other = station.json("--device", "virtual:" + str(station.folder / "b"), "virtual", "new", "--seed", "9", station.folder / "b")
    assert other.code == 0
    station.run("--device", f"virtual:{station.folder / 'b'}", "provision", EXAMPLE, "--arm", "profile")
    folder = station.state / "devices" / other.event("virtual")["serial"]
    assert of(verify(lines[0] + (folder / "history.jsonl").read_bytes(), 1), "serial", "bad")
    import shutil
    shutil.rmtree(folder)


def test_a_torn_line_is_said_and_what_follows_is_checked(made):
    lines = lines_of(made[0])
    for cut in (70, len(lines[1]) - 3):
        result = verify(lines[0] + lines[1][:cut] + b"\n" + lines[1])
        assert [item["line"] for item in of(result, "line", "open")] == [2]
        assert {item["line"] for item in of(result, "key-proof", "good")} == {1, 3}
        assert of(verify(lines[0] + lines[1][:cut]), "line", "open"), "at the end, too"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\0" * 100, b"\xff\xfe", b"{}", b'{"format":"imprint-record"}',
                                  b'{"format":"imprint-record","version":4,"keys":[]}', b'{"format":"imprint-record","version":-1}',
                                  b'{"format":"imprint-record","version":3.0}', b"[" * 100000,
                                  b'{"format":"imprint-record","format":"imprint-record","version":3}', b"a: b\n"])
def test_what_is_no_record_is_refused(text):
    refused = verify(text, 2)
    assert refused.error["reason"] == "input-file" and refused.error["subject"] == "stdin"
    assert run_program("verify-record", "/nowhere", code=2).err and run_program("verify-record", code=2).err


@pytest.mark.parametrize("text", [b'{"format":"imprint-record","version":3}', b'{"format":"imprint-record","version":3,"serial":7}',
                                  b'{"format":"imprint-history","version":1}', b'{"format":"imprint-history","version":9}',
                                  b'{"format":"imprint-history","version":1,"serial":"' + b"0" * 18 + b'","keys":[1,[],null,{}],"plan":[1]}',
                                  b'{"format":"imprint-history"\0}\n\n\nx\n'])
def test_hostile_records_are_found_bad(text):
    assert verify(text, 1).error["reason"] == "record-refuted"


def test_every_field_may_be_anything(made):
    """Each value of a record and of a line, replaced by what it must not be: exit code 0, 1 or 2, and never a crash."""
    def paths(value, prefix=()):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield (*prefix, name)
                yield from paths(inner, (*prefix, name))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield (*prefix, index)
                yield from paths(inner, (*prefix, index))

    anything = (None, 2 ** 63 - 1, "Z" * 5000, [], {}, "\x1b[2J")
    for original in (made[1].record, made[0].history[1]):
        for number, path in enumerate(paths(original)):
            for value in anything[number % EVERY::EVERY]:  # with sanitizers two of them for each field, by turns
                record = copy.deepcopy(original)
                inner = record
                for name in path[:-1]:
                    inner = inner[name]
                inner[path[-1]] = value
                result = verify(json.dumps(record, separators=(",", ":")), {0, 1, 2})
                assert "\x1b" not in result.out and "Z" * 50 not in result.out, path


def test_it_needs_no_state_and_writes_nothing(made, tmp_path):
    station, _ = made
    before = station.snapshot()
    os.chmod(tmp_path, 0o500)
    run_program("verify-record", station.device / "record.json", cwd=tmp_path, env={"HOME": "/nowhere"})
    assert station.snapshot() == before and list(tmp_path.iterdir()) == []
