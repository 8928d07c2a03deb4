# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a station (fresh state folder and the program), profiles to vary, snapshots."""
import contextlib
import copy
import functools
import json
import os
import pathlib
import subprocess
import time

import pytest

import json_page

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("IMPRINT", str(ROOT / "build" / "imprint"))
EXAMPLE = ROOT / "profiles" / "mbed-factory-example.yaml"
THREE_WAYS = ROOT / "profiles" / "blank-three-ways.yaml"
TRUST_FLEX = ROOT / "profiles" / "trust-flex-generate.yaml"
DUMPS = ROOT / "test" / "data" / "configs"

EXITS = {0, 1, 2, 3, 4, 5, 6, 130}

# Seconds that a test waits for what must happen: nothing fails because the machine has much else to do.
PATIENCE = 120

# Of a sweep over many places or values, every one; a build with sanitizers is slow, and takes every third.
SAMPLED = os.environ.get("IMPRINT_SAMPLED") == "1"
EVERY = 3 if SAMPLED else 1

# Of the key store's files these are no content: who holds it, and room kept for a record.
NO_CONTENT = {"lock", "writing.tmp", "reserved.tmp", "kept"}
# Each run adds a line to it, one that changes nothing else too: test_history.py holds what it says.
HISTORY = "history.jsonl"


def pytest_addoption(parser):
    parser.addoption("--part", default="1/1", help="K/N: of all tests every Nth, from the Kth on (parts.py)")


def pytest_collection_modifyitems(config, items):
    number, count = map(int, config.getoption("--part").split("/"))
    assert 1 <= number <= count, "--part K/N: K from 1 to N"
    others = [item for place, item in enumerate(items) if place % count != number - 1]
    items[:] = [item for place, item in enumerate(items) if place % count == number - 1]
    if others:
        config.hook.pytest_deselected(items=others)


def only_history(folder):
    """A folder that is there for the history of a device alone."""
    files = {path.name for path in folder.rglob("*") if not path.is_dir()}
    return files == {HISTORY}


class Result:
    """One finished run of the program."""

    def __init__(self, done):
        self.code = done.returncode
        self.raw = done.stdout or b""
        self.out = self.raw.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @functools.cached_property
    def objects(self):
        """stdout as JSON, one object a line; fails when it is anything else."""
        objects = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(item, dict) and "event" in item for item in objects), self.out
        # Whatever a test runs: the reference page knows each object and field of it.
        assert [text for item in objects for text in json_page.complaints(item)] == []
        return objects

    def event(self, name):
        found = [item for item in self.objects if item["event"] == name]
        assert len(found) == 1, f"{len(found)} objects with event {name}:\n{self.out}"
        return found[0]

    @property
    def error(self):
        return self.event("error")

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def run_program(*arguments, code=0, stdin=b"", env=None, cwd=None, **more):
    """Runs the program; `code` is the exit code it must have, a set of them, or None for any documented one."""
    settings = {key: value for key, value in os.environ.items()
                if key not in ("IMPRINT_STATE", "XDG_STATE_HOME")}
    settings.update(env or {})
    if isinstance(stdin, (bytes, str)):
        more["input"] = stdin.encode() if isinstance(stdin, str) else stdin
    else:
        more["stdin"] = stdin
    more.setdefault("stdout", subprocess.PIPE)
    result = Result(subprocess.run([PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, env=settings, cwd=cwd,
                                   timeout=120, check=False, **more))
    assert "Sanitizer" not in result.err and "runtime error:" not in result.err, result
    wanted = EXITS if code is None else code if isinstance(code, (set, frozenset)) else {code}
    assert result.code in wanted, f"wanted {sorted(wanted)}, got {result}"
    if result.code != 130:
        assert "imprint: cannot continue" not in result.err and '"doing":"continue"' not in result.out, f"says not what it was doing: {result}"
    return result


def in_time(seconds, attempt, within=contextlib.nullcontext):
    """What `attempt` gives, `within` a context that each try gets anew, where it takes less than `seconds`: a promise. A busy
    machine may make it late a few times, never for two minutes."""
    until = time.monotonic() + PATIENCE
    while True:
        with within():
            began = time.monotonic()
            result = attempt()
            took = time.monotonic() - began
        if took < seconds:
            return result
        assert began < until, f"it took {took:.1f} s"


def wait_until(holds, pause=0.01):
    """Until it is so."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it does not come to that"
        time.sleep(pause)


DELIVERED = {}  # chip files: part and seed, and what is in the file


class Station:
    """A state folder of its own, and the program run in it."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state"

    @property
    def chip(self):
        return self.state / "chip.virtual"

    @property
    def device(self):
        """The folder of the one device."""
        (folder,) = (self.state / "devices").iterdir()
        return folder

    @property
    def psa(self):
        return self.device / "psa"

    @property
    def history(self):
        return [json.loads(line) for line in (self.device / HISTORY).read_text().splitlines()]

    @property
    def record(self):
        return json.loads((self.device / "record.json").read_text())

    def run(self, *arguments, **more):
        return run_program("--state", self.state, *arguments, **more)

    def json(self, *arguments, **more):
        result = self.run("--json", *arguments, **more)
        assert result.objects is not None
        assert result.err == "", result
        return result

    def new(self, part="trust-and-go", seed=1):
        """A part as its maker delivers it. With the same seed a chip file is the same byte by byte: the program makes the
        first one of this process, the others are copies of it."""
        made = DELIVERED.get((part, seed))
        if made is None or self.chip.exists():
            self.run("virtual", "new", "--as", part, "--seed", seed)
            DELIVERED[part, seed] = self.chip.read_bytes()
            return
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(self.chip, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)

    def keys(self):
        return {item["key_id"]: item for item in self.json("keys").objects if item["event"] == "key"}

    def slots(self):
        return self.json("info").event("chip")["slots"]

    def public_keys(self):
        return {key: self.json("public-key", key).event("public-key")["public_key"] for key in self.keys()}

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def snapshot(self, times=True):
        """Every file's bytes and, with `times`, when it was last written, under the test's whole folder."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.name in NO_CONTENT or path.name == HISTORY or (path.is_dir() and only_history(path)):
                continue
            # Every attempt is an entry of the ledger, failed ones too.
            if "ledger" in path.relative_to(self.folder).parts:
                continue
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            # A folder's time moves when the lock file is first made in it, so only those of files count.
            found[str(path.relative_to(self.folder))] = (content, status.st_mode,
                                                         status.st_mtime_ns if times and path.is_file() else 0)
        return found


@pytest.fixture
def station(tmp_path):
    """Nothing there yet."""
    return Station(tmp_path)


@pytest.fixture
def sock(tmp_path_factory):
    """A short name: a Unix socket's may have 107 characters."""
    return tmp_path_factory.mktemp("s") / "s"


@pytest.fixture
def delivered(station):
    """A Trust&GO part as its maker delivers it."""
    station.new()
    return station


@pytest.fixture
def provisioned(delivered):
    """The example's plan, done."""
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    return delivered


def openssl(*arguments, stdin=b"", code=0):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout.decode() + done.stderr.decode()
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def der_of(signature):
    """r | s as DER, by hand: the program's own conversion does not judge itself."""
    def integer(number):
        number = number.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        return bytes([2, len(number)]) + number

    body = integer(signature[:32]) + integer(signature[32:])
    return bytes([0x30, len(body)]) + body


def raw_of(der):
    """The other way: r | s of a signature in DER."""
    r_end = 4 + der[3]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (der[4:r_end], der[r_end + 2:]))


ANY_ECDSA = {"type": "ecc-key-pair(secp-r1)", "bits": 256, "algorithm": "ecdsa(any-hash)",
             "usage": ["sign-hash", "sign-message", "verify-hash", "verify-message"]}
PLAN = {
    "imprint": 1,
    "name": "plan",
    "rehearsal": "allowed",
    "chip": {"parts": ["ATECC608A", "ATECC608B"], "configuration": "as-delivered"},
    "keys": [
        {"name": "maker", "id": 16, "method": "register", "slot": 0, **ANY_ECDSA},
        {"name": "board", "id": 18, "method": "generate", **ANY_ECDSA, "replace": "unclaimed"},
    ],
}


@pytest.fixture
def plan():
    """The example's plan as data; JSON is YAML, so that dumping it makes a profile."""
    return copy.deepcopy(PLAN)


def block_yaml(value, indent=0):
    """`value` as block YAML, one field a line, so that places in messages mean something."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item and not all(isinstance(x, str) for x in item):
                lines.append(f"{pad}{key}:\n{block_yaml(item, indent + 1)}")
            else:
                lines.append(f"{pad}{key}: {json.dumps(item)}\n")
        return "".join(lines)
    lines = []
    for item in value:
        if isinstance(item, dict):
            text = block_yaml(item, indent + 1)
            lines.append(f"{pad}- {text.lstrip()}")
        else:
            lines.append(f"{pad}- {json.dumps(item)}\n")
    return "".join(lines)
