# SPDX-License-Identifier: Apache-2.0
"""imprint issuers: the station's issuers file, as the program lists and opens it; secrets that a person types."""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import termios
import time

import pytest

import est as est_server
from conftest import PATIENCE, PROGRAM, ROOT, openssl

pytest_plugins = ["est"]

ISSUER, USAGE, INTERRUPTED = 6, 2, 130
SOFTHSM = next(path for path in map(pathlib.Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                                   "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so")) if path.exists())


@pytest.fixture
def line(station):
    """A station with three issuers: plain key, encrypted key with its passphrase in a file, encrypted key without."""
    folder = station.state
    folder.mkdir()
    key, certificate = folder / "ca.key", folder / "ca.pem"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=TEST line", "-days", "30", "-out", certificate)
    openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", key, "-out", folder / "locked.key", "-passout", "pass:secret 1")
    (folder / "locked.pass").write_text("secret 1\n")
    for name in ("ca.key", "locked.key", "locked.pass"):
        (folder / name).chmod(0o600)
    write(station, [{"name": "plain", "kind": "file", "certificate": "ca.pem", "key": "ca.key"},
                    {"name": "locked", "kind": "file", "certificate": "ca.pem", "key": "locked.key",
                     "passphrase-file": "locked.pass"},
                    {"name": "asked", "kind": "file", "certificate": "ca.pem", "key": "locked.key"}])
    return station


def write(station, issuers, name="issuers.yaml"):
    path = station.state / name
    path.write_text(json.dumps({"imprint": 1, "issuers": issuers}))
    return path


def on_terminal(station, *arguments, answer=None, send=None):
    """Runs the program with a terminal of its own: exit code, what the terminal showed, whether echo is on at the end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PROGRAM, [PROGRAM, "--state", str(station.state), *arguments], dict(os.environ))
    said, sent, deadline = b"", False, time.monotonic() + PATIENCE
    status = None
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
        if not sent and b"Enter " in said and said.endswith(b": "):
            assert not termios.tcgetattr(terminal)[3] & termios.ECHO
            if answer is not None:
                os.write(terminal, answer)
            else:
                os.kill(pid, send)
            sent = True
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            break
        status = None
    if status is None:
        _, status = os.waitpid(pid, 0)
    while select.select([terminal], [], [], 0.05)[0]:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        said += more
    echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode(), echo


def test_list(line):
    said = line.run("issuers").out
    assert [row.split() for row in said.splitlines()[1:]] == [["plain", "file"], ["locked", "file"], ["asked", "file"]]
    assert [(item["name"], item["kind"]) for item in line.json("issuers").objects] == \
        [("plain", "file"), ("locked", "file"), ("asked", "file")]


@pytest.mark.parametrize("name", ["plain", "locked"])
def test_one_opens(line, name):
    issuer = line.json("issuers", name).event("issuer")
    assert (issuer["name"], issuer["subject"], issuer["certificates"]) == (name, "CN=TEST line", 1)
    end = openssl("x509", "-in", line.state / "ca.pem", "-noout", "-enddate", "-dateopt", "iso_8601").strip()
    assert end == "notAfter=" + issuer["not_after"].replace("T", " ")
    assert "TEST line" in line.run("issuers", name).out


def test_another_file(line, tmp_path):
    folder = tmp_path / "elsewhere"
    shutil.copytree(line.state, folder)
    (line.state / "issuers.yaml").unlink()
    line.run("--issuers", folder / "issuers.yaml", "issuers", "plain")
    failed = line.run("issuers", code=USAGE)
    assert f"cannot read the issuers file ({line.state / 'issuers.yaml'}): the file cannot be opened" in failed.err


def test_errors_have_their_place(line):
    path = line.state / "issuers.yaml"
    path.write_text("imprint: 1\nissuers:\n  - name: a\n    kind: fil\n")
    error = line.json("issuers", code=USAGE).error
    assert (error["reason"], error["subject"], error["line"], error["column"]) == ("input-file", str(path), 4, 11)
    assert "did you mean 'file'?" in error["cause"]


def test_unknown_name(line):
    failed = line.run("--issuers", line.state / "issuers.yaml", "issuers", "plan", code=ISSUER)
    assert "the issuers file has no issuer of this name" in failed.err and "did you mean 'plain'?" in failed.err
    assert f"imprint issuers --state {line.state} --issuers {line.state}/issuers.yaml" in failed.err


def test_wrong_passphrase(line):
    (line.state / "locked.pass").write_text("wrong\n")
    error = line.json("issuers", "locked", code=ISSUER).error
    assert (error["reason"], error["exit"], error["subject"]) == ("issuer-login", 6, str(line.state / "locked.key"))
    assert "wrong passphrase" in error["cause"]


def test_no_terminal(line):
    failed = line.run("issuers", "asked", code=ISSUER, start_new_session=True)
    assert "no file with it is named" in failed.err


def test_typed(line):
    code, said, echo = on_terminal(line, "issuers", "asked", answer=b"secret 1\n")
    assert code == 0 and "TEST line" in said and "secret 1" not in said and echo
    assert f"Enter the passphrase of {line.state}/locked.key: " in said


@pytest.mark.parametrize("answer, cause", [(b"wrong\n", "wrong passphrase"), (b"\n", "nothing was typed"), (b"\x04", "nothing was typed"),
                                           (b"x" * 300 + b"\n", "too long")])
def test_typed_wrong(line, answer, cause):
    code, said, echo = on_terminal(line, "issuers", "asked", answer=answer)
    assert code == ISSUER and cause in said and said.count("Enter ") == 1 and echo, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_echo_back(line, number):
    code, said, echo = on_terminal(line, "issuers", "asked", send=number)
    assert code == INTERRUPTED and echo, said


def test_token(line, monkeypatch):
    configuration, tokens = line.folder / "softhsm2.conf", line.folder / "tokens"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    for command in (["--init-token", "--free", "--label", "line", "--pin", "1234", "--so-pin", "5678"],
                    ["--import", line.state / "ca.key", "--token", "line", "--label", "ca", "--id", "01", "--pin", "1234"]):
        subprocess.run(["softhsm2-util", *map(str, command)], check=True, capture_output=True)
    (line.state / "pin").write_text("1234\n")
    (line.state / "pin").chmod(0o600)
    entry = {"name": "hsm", "kind": "pkcs11", "certificate": "ca.pem", "module": str(SOFTHSM), "uri": "pkcs11:token=line;object=ca"}
    write(line, [{**entry, "pin-file": "pin"}])
    assert line.json("issuers", "hsm").event("issuer")["kind"] == "pkcs11"
    write(line, [entry])
    code, said, echo = on_terminal(line, "issuers", "hsm", answer=b"1234\n")
    assert code == 0 and "Enter the PIN of token line: " in said and "1234" not in said and echo
    code, said, _ = on_terminal(line, "issuers", "hsm", answer=b"4321\n")
    assert code == ISSUER and "the token refuses the PIN (it was tried once)" in said and said.count("Enter ") == 1
    shutil.rmtree(tokens)
    tokens.mkdir()
    assert line.json("issuers", "hsm", code=ISSUER).error["reason"] == "issuer-away"


def test_est(line, est):
    write(line, [est_server.entry(est)])
    issuer = line.json("issuers", "est").event("issuer")
    assert (issuer["kind"], issuer["subject"], issuer["certificates"]) == ("est", "CN=TEST signer", 2)
    assert "answers; its CA certificates were read" in line.run("issuers", "est").out
    write(line, [est_server.entry(est, label="attrs-more")])
    said = line.run("issuers", "est")
    assert "expects in requests what imprint does not put there: 1.2.840.113549.1.9.7 1.3.6.1.1.1.1.22" in said.err


def test_est_asks_for_the_passphrase(line, est):
    write(line, [est_server.entry(est, **{"client-key": str(est[0] / "locked.key")})])
    code, said, echo = on_terminal(line, "issuers", "est", answer=b"secret\n")
    assert code == 0 and "Enter the passphrase of " in said and echo
    code, said, _ = on_terminal(line, "issuers", "est", answer=b"wrong\n")
    assert code == ISSUER and "wrong passphrase for this station's client key" in said and said.count("Enter ") == 1


@pytest.mark.parametrize("change, reason, cause", [
    ({"url": "https://127.0.0.1:1"}, "issuer-away", "no server is listening there"),
    ({"label": "ca-redirect"}, "issuer-invalid", "sends us elsewhere"),
    ({"label": "ca-unauthorized"}, "issuer-login", "HTTP 401"),
    ({"label": "ca-fault"}, "issuer-away", "HTTP 500"),
    ({"label": "ca-big"}, "issuer-answer", "limit 65536 bytes"),
])
def test_est_refused(line, est, change, reason, cause):
    write(line, [est_server.entry(est, **change)])
    error = line.json("issuers", "est", code=ISSUER).error
    assert error["reason"] == reason and cause in error["cause"] and error["next"]


# --- a certificate authority for rehearsals ------------------------------------------------------------------------------


def test_ca_new(station):
    made = station.json("ca", "new").event("ca")
    folder = station.state / "ca"
    assert made == {"event": "ca", "folder": str(folder), "issuers": str(station.state / "issuers.yaml"), "made_issuers": True,
                    "issuer": "rehearsal"}
    assert sorted(path.name for path in folder.iterdir()) == ["root.key", "root.pem", "signer.key", "signer.pem"]
    assert {path.name for path in folder.iterdir() if path.stat().st_mode & 0o077} == set()
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", folder / "root.pem", folder / "signer.pem")
    issuer = station.json("issuers", "rehearsal").event("issuer")
    assert issuer["subject"].startswith("CN=TEST signer ") and issuer["not_after"] == "9999-12-31T23:59:59Z"
    assert issuer["certificates"] == 2 and issuer["not_before"].endswith(":00:00Z")


def test_ca_new_with_the_name_that_ready_profiles_call(station):
    made = station.run("ca", "new", "--name", "factory")
    assert f"next: try it: imprint issuers --state {station.state} factory" in made.err
    assert station.json("issuers", "factory").event("issuer")["subject"].startswith("CN=TEST signer ")
    station.new("trust-flex")
    done = station.json("provision", ROOT / "profiles" / "trust-flex-identity.yaml", "--arm", "profile").event("provisioned")
    assert done["certificates"][0]["issuer"] == "factory" and "test-root" in done["rehearsal"]


@pytest.mark.parametrize("name", ["", "two words", "9", "a: b", "x" * 64])
def test_ca_new_with_no_name(station, name):
    error = station.json("ca", "new", "--name", name, code=USAGE).error
    assert error["cause"] == "not a name for an issuer" and not station.state.exists()


def test_ca_new_replaces_nothing(station):
    station.run("ca", "new")
    before = snapshot(station)
    failed = station.run("ca", "new", code=USAGE)
    assert "there is one already" in failed.err and snapshot(station) == before
    (station.state / "issuers.yaml").unlink()
    station.run("ca", "new")
    assert snapshot(station) == before


def test_ca_new_beside_other_issuers(line):
    text = (line.state / "issuers.yaml").read_text()
    said = line.run("ca", "new")
    assert (line.state / "issuers.yaml").read_text() == text and "add an issuer of kind file to it" in said.err
    assert (line.state / "ca" / "signer.key").exists()


def test_ca_new_finishes_what_was_cut_off(station):
    station.run("ca", "new")
    for name in ("ca/signer.key", "issuers.yaml"):
        (station.state / name).unlink()
    station.run("ca", "new")
    station.run("issuers", "rehearsal")


def snapshot(station):
    return {str(path.relative_to(station.state)): path.read_bytes() for path in station.state.rglob("*") if path.is_file()}


def test_nothing_is_made(station):
    failed = station.run("issuers", code=USAGE)
    assert not station.state.exists()
    assert failed.err.endswith(f"or make one to rehearse with: imprint ca new --state {station.state}\n")
