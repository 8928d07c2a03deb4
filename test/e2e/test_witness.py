# SPDX-License-Identifier: Apache-2.0
"""A witness on another machine: it cosigns a ledger that only grows, and refuses one that was put back or went on twice."""
import base64
import contextlib
import hashlib
import http.client
import json
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from conftest import EXAMPLE, PATIENCE, PROGRAM, Station, run_program
from test_ledger import audit, change, entries, verified

NAME = "witness.example/w1"


class Witness:
    """A folder, its key, and a server while it is started."""

    def __init__(self, folder, name=NAME):
        self.folder, self.process, self.url = folder, None, "http://127.0.0.1:9"
        self.key = run_program("witness", "new", name, folder).out.strip()

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "--json", "witness", "serve", self.folder, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert select.select([self.process.stdout], [], [], PATIENCE)[0]
        begun = json.loads(self.process.stdout.readline())
        assert begun["event"] == "witness" and begun["key"] == self.key
        self.url = begun["url"]

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return []
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE)
        assert err == b"" and self.process.returncode == (0 if how == signal.SIGTERM else -how)
        self.process = None
        return [json.loads(line) for line in out.splitlines()]

    def restart(self, *stations, how=signal.SIGKILL):
        """Another port: the stations are told."""
        self.stop(how)
        self.start()
        for station in stations:
            names(station, self)

    def trust(self, station, export):
        station.run("ledger", "export", export)
        return run_program("--json", "witness", "trust", self.folder, export / "key.vkey").event("witness-trusts")

    def log(self):
        (log,) = run_program("--json", "witness", "list", self.folder).objects
        return log

    def post(self, body, method="POST", path="/add-checkpoint"):
        with contextlib.closing(http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=PATIENCE)) as client:
            client.request(method, path, body.encode() if isinstance(body, str) else body)
            answer = client.getresponse()
            return answer.status, answer.read().decode(), answer.getheader("Content-Type")


def names(station, *witnesses, **more):
    """The station's ledger.yaml."""
    (station.state / "ledger.yaml").write_text(json.dumps(
        {"imprint": 1, "witnesses": [{"url": witness.url, "key": witness.key} for witness in witnesses], "every": 1, **more}))


def checkpoint(station, folder):
    station.run("ledger", "export", folder)
    return (folder / "checkpoint").read_text()


@pytest.fixture
def witness(tmp_path):
    made = Witness(tmp_path / "witness")
    yield made
    if made.process is not None:
        made.stop(signal.SIGKILL)


@pytest.fixture
def seen(provisioned, witness, tmp_path):
    """A station with one entry, and a witness that knows its log and serves."""
    assert witness.trust(provisioned, tmp_path / "first")["is_new"] is True
    witness.start()
    names(provisioned, witness)
    return provisioned


def test_what_a_witness_cosigned_is_checked_and_handed_on(seen, witness, tmp_path):
    """By hand and at the end of a run; verified here, and by an auditor with openssl and Python alone."""
    assert verified(seen)[0]["cosigned"] == 0
    cosigned = seen.json("ledger", "cosign").event("ledger-cosigned")
    assert (cosigned["witness"], cosigned["entries"], cosigned["result"], cosigned["reason"]) == (NAME, 1, "cosigned", None)
    names(seen, witness, every=3600)
    assert "ledger-cosigned" not in [item["event"] for item in seen.json("provision", EXAMPLE).objects], "not yet again"
    change(seen.state / "ledger" / "ledger.db", "UPDATE cosigned SET time = time - 3600")
    assert seen.json("provision", EXAMPLE).event("ledger-cosigned")["entries"] == 3
    assert witness.log() | {"time": "", "root": "", "log": ""} == {
        "event": "witness-log", "log": "", "entries": 3, "time": "", "root": "", "refused": 0}
    summary, found = verified(seen)
    assert (summary["entries"], summary["cosigned"], found) == (3, 3, [])
    seen.run("provision", EXAMPLE)
    folder = tmp_path / "export"
    seen.run("ledger", "export", folder)
    assert (folder / "witnesses.vkey").read_text().strip() == witness.key
    assert (folder / "cosigned-1").read_text().splitlines()[1] == "3"
    said = audit(folder)
    assert said[0] == "Signature Verified Successfully\n"
    assert re.fullmatch(r"Signature Verified Successfully\ncosigned-1: 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", said[1])
    assert said[2:] == ["the entries are as signed\n", "cosigned-1 is the beginning of these entries\n"]
    # The checkpoint that a witness cosigned serves as any that was kept.
    assert verified(seen, folder / "cosigned-1")[0]["checkpoints"] == 1
    # What the auditor's commands find.
    note = (folder / "cosigned-1").read_text()
    (folder / "cosigned-1").write_text(note.replace("\n3\n", "\n2\n"))
    said = audit(folder)
    assert "Failure" in said[1] and said[3] == "cosigned-1 is NOT the beginning of these entries\n"


def test_a_ledger_without_an_entry(delivered, witness, tmp_path):
    """The auditor's commands hold for nothing, too."""
    delivered.run("ledger", "new")
    witness.trust(delivered, tmp_path / "first")
    witness.start()
    names(delivered, witness)
    assert delivered.json("ledger", "cosign").event("ledger-cosigned")["entries"] == 0
    delivered.run("ledger", "export", tmp_path / "export")
    assert audit(tmp_path / "export")[2:] == ["the entries are as signed\n", "cosigned-1 is the beginning of these entries\n"]


def test_a_copy_that_went_on_is_refused_by_name(seen, witness, tmp_path):
    clone = Station(tmp_path / "clone")
    shutil.copytree(seen.state, clone.state)
    seen.run("provision", EXAMPLE)
    seen.run("ledger", "cosign")
    names(clone, witness)
    # The clone has as many entries as were cosigned, then more: whatever it sends.
    for code in ({0, 6}, 6, 6):
        clone.run("provision", EXAMPLE, code=code)
        error = clone.json("ledger", "cosign", code=6).error
        assert error["reason"] == "duplicate" and error["subject"] == NAME
        assert "two continuations" in error["cause"] and "A witness refuses" in error["next"]
    assert "two continuations" in clone.run("provision", EXAMPLE, code=6).err
    assert witness.log()["refused"] > 0
    seen.run("ledger", "cosign")
    assert verified(seen)[1] == []
    answers = [item["result"] for item in witness.stop() if item["event"] == "witness-answer"]
    assert {"cosigned", "fork", "not-consistent"} <= set(answers)


def test_a_ledger_that_was_put_back_is_refused_by_name(seen, tmp_path):
    """The whole folder, and also the kept cosignatures: the witness remembers, and kill -9 does not make it forget."""
    backup = tmp_path / "backup"
    shutil.copytree(seen.state / "ledger", backup)
    seen.run("provision", EXAMPLE)
    seen.run("ledger", "cosign")
    shutil.rmtree(seen.state / "ledger")
    shutil.copytree(backup, seen.state / "ledger")
    assert verified(seen)[1] == [], "an older copy holds by itself"
    error = seen.json("ledger", "cosign", code=6).error
    assert error["reason"] == "database-damaged"
    assert "cosigned 2 entries of this log, and this ledger has 1" in error["cause"]
    assert "an older copy" in error["next"]


def test_a_witness_that_was_killed_remembers(seen, witness, tmp_path):
    clone = Station(tmp_path / "clone")
    shutil.copytree(seen.state, clone.state)
    seen.run("provision", EXAMPLE)
    for _ in range(3):
        seen.run("ledger", "cosign")
        witness.restart(seen, clone)
    clone.run("provision", EXAMPLE, code={0, 6})
    assert clone.json("ledger", "cosign", code=6).error["reason"] == "duplicate"
    seen.run("ledger", "cosign")


def test_without_its_witness_a_station_works_on(seen, witness):
    witness.stop()
    done = seen.json("provision", EXAMPLE)
    assert "no server is listening there" in done.event("warning")["text"] and "ledger cosign" in done.event("warning")["text"]
    assert done.event("ledger-cosigned")["reason"] == "server-away"
    error = seen.json("ledger", "cosign", code=3).error
    assert error["reason"] == "server-away" and witness.url in error["cause"]
    witness.start()
    names(seen, witness)
    assert "cosigned by 1 of 1" in seen.run("ledger", "cosign").out


def test_one_of_two_witnesses(seen, witness, tmp_path):
    other = Witness(tmp_path / "other", "witness.example/w2")
    other.start()
    try:
        names(seen, other, witness)
        error = seen.json("ledger", "cosign", code=1).error
        assert error["reason"] == "server-refused" and "was not told of this log" in error["cause"] and error["subject"] == "witness.example/w2"
        assert verified(seen)[0]["cosigned"] == 1
        other.trust(seen, tmp_path / "again")
        assert "cosigned by 2 of 2" in seen.run("ledger", "cosign").out
        seen.run("ledger", "export", tmp_path / "both")
        assert len((tmp_path / "both" / "witnesses.vkey").read_text().splitlines()) == 2
        assert audit(tmp_path / "both")[1].count("Signature Verified Successfully") == 2
    finally:
        other.stop()


def test_another_key_cosigns_nothing(seen, witness, tmp_path):
    """In the station's settings, in its ledger, and at the witness."""
    other = Witness(tmp_path / "other")
    other.url = witness.url
    names(seen, other)
    error = seen.json("ledger", "cosign", code=1).error
    assert error["reason"] == "server-untrusted" and "no cosignature of this checkpoint" in error["cause"]
    names(seen, witness)
    seen.run("ledger", "cosign")
    names(seen, other)
    assert verified(seen, code=1)[1] == ["witness"]
    names(seen, witness)
    change(seen.state / "ledger" / "ledger.db", "UPDATE cosigned SET note = replace(note, '— witness', '— Witness')")
    assert verified(seen, code=1)[1] == ["witness"]
    vkey = tmp_path / "first" / "key.vkey"
    vkey.write_text(vkey.read_text()[:-5] + "AAAA\n")
    assert run_program("--json", "witness", "trust", witness.folder, vkey, code=2).error["reason"] == "input-file"
    error = run_program("--json", "witness", "trust", witness.folder, witness.folder / "witness.key", code=2).error
    assert "NAME+KEYID+BASE64" in error["cause"]


def test_what_was_cosigned_and_is_gone_is_found(seen):
    seen.run("provision", EXAMPLE)
    seen.run("ledger", "cosign")
    change(seen.state / "ledger" / "ledger.db", "DELETE FROM entry WHERE seq = 1")
    assert "cut" in verified(seen, code=1)[1]


def line_of(key, text):
    """The note's line by the name and key id of a vkey, and what it signs."""
    name, digits, _ = key.split("+", 2)
    (coded,) = re.findall(rf"^— {re.escape(name)} (\S+)$", text, re.M)
    data = base64.b64decode(coded)
    assert data[:4].hex() == digits
    return data[4:]


def test_the_protocol(seen, witness, tmp_path):
    """C2SP tlog-witness, without our client: statuses, the size in a conflict, and one signature that is refused."""
    first = checkpoint(seen, tmp_path / "one")
    seen.run("provision", EXAMPLE)
    seen.run("ledger", "cosign")
    second = checkpoint(seen, tmp_path / "two")
    leaves = [hashlib.sha256(b"\0" + line).digest() for line in (tmp_path / "two" / "entries.ndjson").read_bytes().splitlines()]
    proof = base64.b64encode(leaves[1]).decode()
    known = witness.log()["entries"]
    assert known == 2
    assert witness.post(f"old 1\n{proof}\n\n{second}")[0] == 409
    status, text, kind = witness.post(f"old 0\n\n{second}")
    assert (status, text, kind) == (409, "2\n", "text/x.tlog.size")
    assert witness.post(f"old 0\n\n{first}")[:2] == (409, "2\n"), "never back"
    status, text, _ = witness.post(f"old 2\n\n{second}")
    assert status == 200 and text.startswith(f"— {NAME} ") and text.endswith("\n") and len(line_of(witness.key, text)) == 8 + 64
    assert int.from_bytes(line_of(witness.key, text)[:8], "big") == pytest.approx(time.time(), abs=60)
    log = second.splitlines()[0]
    assert witness.post(f"old 2\n\n{second.replace(log, 'other/log')}")[0] == 404
    body, line = second.rsplit(" ", 1)
    signature = bytearray(base64.b64decode(line))
    signature[-1] ^= 1
    assert witness.post(f"old 2\n\n{body} {base64.b64encode(signature).decode()}\n")[0] == 403
    assert witness.post(f"old 2\n\n{second.replace(chr(10) + '2' + chr(10), chr(10) + '3' + chr(10))}")[0] == 403
    for bad in ("", "old", "old 2", "old 02\n\n" + second, "old -1\n\n" + second, "old 3\n\n" + second, "old 2\nx\n\n" + second, "old 2\n" + second,
                "old 2\n" + (proof + "\n") * 64 + "\n" + second, "old 99999999999999999999\n\n" + second, "old 2\n\n", "old 2\n\n\0\xff"):
        assert witness.post(bad)[0] == 400, bad
    assert witness.post(first, path="/")[0] == 404
    assert witness.post("", method="GET")[0] == 405
    with pytest.raises((http.client.HTTPException, OSError)):
        witness.post(b"old 2\n" + b"x" * 100_000)
    assert witness.post(f"old 2\n\n{second}")[0] == 200
    assert entries(seen)[1]["result"] == "confirmed"


def test_who_asks_too_often_waits(witness):
    """Two hundred at once, then twenty a second, whatever is asked; a second later there is room again."""
    witness.start()
    begun = time.monotonic()
    statuses = [witness.post("rubbish")[0] for _ in range(300)]
    most = 200 + 20 * (time.monotonic() - begun) + 1
    assert statuses[:200] == [400] * 200 and statuses.count(400) <= most and set(statuses[200:]) <= {400, 429}
    if most < 300:
        assert 429 in statuses
    deadline = time.monotonic() + PATIENCE
    while witness.post("rubbish")[0] == 429:
        assert time.monotonic() < deadline, "no room again"
        time.sleep(0.1)
    assert witness.post("rubbish", path="/other")[0] in (404, 429)
    assert {item["result"] for item in witness.stop() if item["event"] == "witness-answer"} == {"bad-request"}


def test_a_wrong_proof_is_no_evidence_against_the_log(seen, witness, tmp_path):
    """Whoever has a checkpoint of the log can send it with any proof: that shows nothing about the log."""
    known = checkpoint(seen, tmp_path / "one")
    seen.run("ledger", "cosign")
    wrong = base64.b64encode(bytes(32)).decode()
    assert witness.post(f"old 1\n{wrong}\n\n{known}")[0] == 422
    assert witness.log()["refused"] == 0, "it is what was cosigned"
    (seen.state / "ledger.yaml").unlink()
    seen.run("provision", EXAMPLE)
    newer = checkpoint(seen, tmp_path / "two")
    assert witness.post(f"old 1\n{wrong}\n\n{newer}")[0] == 422
    assert witness.log()["refused"] == 1
    names(seen, witness)
    seen.run("ledger", "cosign")
    assert witness.log()["refused"] == 0, "it has been cosigned since"


def test_a_wrong_ledger_file_names_the_place(seen, witness):
    for content, line, words in ((f"imprint: 1\nwitnesses:\n  - url: x\n    key: {witness.key[:-3]}\n", 4, "is not the public key of a witness"),
                                 ("imprint: 1\nwitnesses:\n  - key: x\n", 3, "url"), ("imprint: 1\nwitness: []\n", 2, "witnesses")):
        (seen.state / "ledger.yaml").write_text(content)
        error = seen.json("ledger", "cosign", code=2).error
        assert error["reason"] == "input-file" and error["line"] == line and words in error["cause"] + error["next"], error
    (seen.state / "ledger.yaml").unlink()
    assert "no witness is named" in seen.json("ledger", "cosign", code=2).error["cause"]


def test_one_witness_folder(witness, tmp_path):
    assert "already" in run_program("--json", "witness", "new", NAME, witness.folder, code=2).error["cause"]
    for name in ("", "with blank", "a+b", "x" * 200):
        run_program("witness", "new", name, tmp_path / "w", code=2)
    for verb in ("list", "serve"):
        error = run_program("--json", "witness", verb, tmp_path / "none", code=1).error
        assert "witness new" in error["next"]
    assert (witness.folder / "witness.key").stat().st_mode & 0o077 == 0
