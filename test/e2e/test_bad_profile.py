# SPDX-License-Identifier: Apache-2.0
"""Profiles that are none: every field missing, of the wrong type and out of range, and files that are no profile."""
import json
import os

import pytest

from conftest import ANY_ECDSA, EVERY, EXAMPLE, block_yaml

REASONS = {"profile-syntax", "profile-schema", "profile-conflict", "input-file"}


def places(value, path=()):
    """Every field of the plan, as a path of keys and indices."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield path + (key,)
        yield from places(item, path + (key,))


def put(plan, path, value):
    for key in path[:-1]:
        plan = plan[key]
    if value is None:
        del plan[path[-1]]
    else:
        plan[path[-1]] = value


def refused(station, text, reasons=frozenset(REASONS), name="profile.yaml"):
    """Runs with the profile; it must be refused with exit code 2, for people and for machines, and touch nothing."""
    path = station.write(name, text)
    before = station.snapshot()
    said = station.run("provision", path, code=2)
    assert said.out == "" and said.err.startswith("imprint: cannot read the profile ("), said
    assert str(path) in said.err and said.err.splitlines()[-1].startswith("next: ")
    error = station.json("provision", path, code=2).error
    assert error["reason"] in reasons, error
    assert error["subject"] == str(path)
    assert station.snapshot() == before
    return error


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One station for all: nothing here may change it."""
    from conftest import Station
    station = Station(tmp_path_factory.mktemp("profiles"))
    station.new()
    return station


def test_the_plan_itself_is_good(bench, plan):
    for text in (json.dumps(plan), block_yaml(plan)):
        assert bench.json("provision", "-n", bench.write("good.yaml", text)).event("plan")["changes"] == 2


REQUIRED = [("imprint",), ("name",), ("chip",), ("keys",), ("chip", "parts"), ("chip", "configuration"),
            *[("keys", 1, field) for field in ("name", "id", "method", "type", "bits", "algorithm", "usage")],
            ("keys", 0, "slot")]  # a key to register is in a slot


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: ".".join(map(str, path)))
def test_field_missing(bench, plan, path):
    put(plan, path, None)
    error = refused(bench, block_yaml(plan), {"profile-schema", "profile-conflict"})
    assert path[-1] in error["cause"], error


FIELDS = sorted(set(places({"imprint": 1, "name": "", "chip": {"parts": [""], "configuration": "", "lock": [""],
                                                              "i2c-address": 0, "write-keys": []},
                            "keys": [{"name": "", "id": 0, "method": "", "slot": 0, "type": "", "bits": 0, "algorithm": "",
                                      "usage": [""], "replace": "", "lock-slot": False, "file": ""}]})), key=str)
WRONG = [{"a": 1}, [{"a": 1}], [[]], 0.5, "no such word", -1, "", [], {}, "~", 10 ** 30]
GOOD = [(("keys",), [])]  # a profile may have no keys


@pytest.mark.parametrize("path, value", [(path, value) for path in FIELDS for value in WRONG if (path, value) not in GOOD][::EVERY],
                         ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else json.dumps(part)[:12])
def test_field_of_the_wrong_type(bench, plan, path, value):
    target = plan
    for key in path[:-1]:
        if isinstance(target, dict):
            target.setdefault(key, ["config"] if key == "lock" else {})
        target = target[key]
    if path[-2:] == ("lock", 0):
        plan["chip"]["lock"] = ["config"]
    put(plan, path, value)
    refused(bench, json.dumps(plan))


@pytest.mark.parametrize("path, value", [
    (("imprint",), 0), (("imprint",), 2), (("name",), "x" * 64), (("name",), "with space"), (("name",), "dot.dot"),
    (("keys", 1, "id"), 0), (("keys", 1, "id"), 0x40000000), (("keys", 1, "id"), 2 ** 32 + 18),
    (("keys", 0, "slot"), 16), (("keys", 0, "slot"), 255), (("keys", 0, "slot"), -1), (("keys", 0, "slot"), 2 ** 32),
    (("keys", 1, "bits"), 255), (("keys", 1, "bits"), 384), (("keys", 1, "name"), "x" * 64),
    (("chip", "parts"), ["ATECC608C"]), (("chip", "parts"), ["ATECC608B", "ATECC608B"]),
    (("chip", "i2c-address"), 0x80), (("chip", "configuration"), "trust-me"),
    (("keys", 1, "usage"), ["sign-hash", "sign-hash"]), (("keys", 1, "file"), "x" * 300),
], ids=str)
def test_field_out_of_range(bench, plan, path, value):
    put(plan, path, value)
    refused(bench, json.dumps(plan))


def test_slot_16_says_what_a_slot_is(bench, plan):
    plan["keys"][0]["slot"] = 16
    error = refused(bench, block_yaml(plan), {"profile-schema"})
    assert "16" in error["cause"] and "15" in error["cause"] and "slot" in error["cause"]
    line = block_yaml(plan).splitlines()[error["line"] - 1]
    assert "slot: 16" in line and line[error["column"] - 1:].startswith("16")


@pytest.mark.parametrize("change, word", [
    (lambda plan: plan["keys"][1].update(id=16), "16"),
    (lambda plan: plan["keys"][1].update(name="maker"), "maker"),
    (lambda plan: plan["keys"][1].update(slot=0), "slot"),
    (lambda plan: plan["keys"].append({**plan["keys"][0], "id": 99, "name": "third"}), "slot"),
    (lambda plan: plan["keys"][1].update(method="import"), "file"),
    (lambda plan: plan["keys"][1].update(method="import", file=""), "file"),
    (lambda plan: plan["keys"][1].update(file="key.pem"), "file"),
    (lambda plan: plan["keys"][1].update(method="generate", type="ecc-public-key(secp-r1)"), "public"),
    (lambda plan: plan["keys"].extend({"name": f"k{n}", "id": 100 + n, "method": "generate", **ANY_ECDSA} for n in range(15)),
     "16"),
], ids=["ids", "names", "slots", "slots of three", "import without file", "empty file", "file without import",
        "generated public key", "17 keys"])
def test_contradictions(bench, plan, change, word):
    change(plan)
    error = refused(bench, json.dumps(plan), {"profile-conflict", "profile-schema"})
    assert word in error["cause"], error


@pytest.mark.parametrize("place", [(), ("chip",), ("keys", 0)], ids=["root", "chip", "key"])
def test_unknown_fields(bench, plan, place):
    target = plan
    for key in place:
        target = target[key]
    target["slto"] = 1
    error = refused(bench, block_yaml(plan), {"profile-schema"})
    assert "slto" in error["cause"] and "slto" in block_yaml(plan).splitlines()[error["line"] - 1]


def test_field_twice(bench, plan):
    error = refused(bench, block_yaml(plan) + "name: again\n", {"profile-syntax", "profile-schema"})
    assert error["line"] == len(block_yaml(plan).splitlines()) + 1


@pytest.mark.parametrize("name, content", [
    ("empty", b""), ("white", b" \n\n"), ("comment", b"# nothing\n"), ("text", b"hello"), ("number", b"42"),
    ("list", b"- imprint\n"), ("open", b"imprint: [1\n"), ("tab", b"imprint:\t1\n\tname: x\n"), ("anchor", b"a: &a [*a]\n"),
    ("binary", bytes(range(256)) * 8), ("elf", b"\x7fELF\x02\x01\x01" + bytes(500)), ("utf16", "imprint: 1\n".encode("utf-16")),
    ("latin1", b"imprint: 1\nname: M\xfcller\n"), ("nul", b"imprint: 1\0\n"), ("two", EXAMPLE.read_bytes() + b"---\nx: 1\n"),
    ("deep", b"[" * 5000), ("deep map", b"{a: " * 5000), ("tag", b"imprint: !!python/object 1\n"), ("colon", b":"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_files_that_are_no_profile(bench, name, content):
    refused(bench, content)


def test_file_of_10_megabytes(bench):
    error = refused(bench, EXAMPLE.read_bytes() + b"# filler filler filler filler filler filler filler\n" * 210000)
    assert "the file is too large" in error["cause"]
    refused(bench, bytes(10 * 1024 * 1024))


def test_paths_that_are_no_file(bench):
    for path in (bench.folder / "absent.yaml", bench.folder, "", bench.folder / ("x" * 300)):
        error = bench.json("provision", path, code=2).error
        assert error["reason"] == "input-file", error
    fifo = bench.folder / "fifo"
    os.mkfifo(fifo)
    # Opening a FIFO for reading would wait for ever; a writer that closes at once gives an empty profile.
    import threading
    threading.Thread(target=lambda: open(fifo, "wb").close(), daemon=True).start()
    assert bench.run("provision", fifo, code=2)
    fifo.unlink()


def test_each_prefix_of_the_example_is_refused_or_asks_for_less(bench):
    """No prefix crashes or is taken for the whole."""
    text = EXAMPLE.read_bytes()
    whole = bench.json("provision", "-n", EXAMPLE).event("plan")["steps"]
    for end in range(0, len(text), 37 * EVERY):
        result = bench.json("provision", "-n", bench.write("prefix.yaml", text[:end]), code={0, 2, 4})
        if result.code == 4:
            assert result.error["reason"] == "slot-filled", "all but the last field"
        if result.code == 0:
            assert result.event("plan")["steps"] != whole or text[end:].lstrip()[:1] in (b"", b"#")
