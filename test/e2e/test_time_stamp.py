# SPDX-License-Identifier: Apache-2.0
"""Time stamps of RFC 3161 over the ledger's checkpoints: by an authority made with openssl, checked here and by an auditor."""
import contextlib
import http.server
import json
import subprocess
import threading

import pytest

from conftest import EXAMPLE, openssl
from test_ledger import audit, change, verified
from signer_office import CA, make

TSA = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
CONFIG = """[tsa]
default_tsa = mine
[mine]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """An HTTP server whose answers `openssl ts -reply` makes."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.spoil = folder, lambda reply: reply
        make(folder, "root", "/CN=TEST time root", CA)
        make(folder, "tsa", "/CN=TEST TSA", TSA, "root")
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.headers["Content-Type"] == "application/timestamp-query"
                status, reply = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *arguments):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsr"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, query):
        (self.folder / "query").write_bytes(query)
        subprocess.run(["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "mine", "-queryfile", self.folder / "query",
                        "-out", self.folder / "reply"], check=True, capture_output=True)
        reply = self.spoil((self.folder / "reply").read_bytes())
        return reply if isinstance(reply, tuple) else (200, reply)


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path / "tsa")
    yield made
    made.server.shutdown()
    made.server.server_close()


def names(station, authority, **more):
    (station.state / "ledger.yaml").write_text(json.dumps(
        {"imprint": 1, "time-stamp": {"url": authority.url, "ca": str(authority.folder / "root.pem"), **more}}))


@pytest.fixture
def stamped(provisioned, authority):
    names(provisioned, authority)
    assert provisioned.json("ledger", "stamp").event("ledger-stamped")["entries"] == 1
    return provisioned


def test_an_auditor_checks_a_stamp(stamped, authority, tmp_path):
    """Once a day at the end of a run; verified here; and by openssl alone."""
    assert "ledger-stamped" not in [item["event"] for item in stamped.json("provision", EXAMPLE).objects], "one a day"
    change(stamped.state / "ledger" / "ledger.db", "UPDATE stamp SET time = time - 86400")
    assert stamped.json("provision", EXAMPLE).event("ledger-stamped")["entries"] == 3
    summary, found = verified(stamped)
    assert (summary["entries"], summary["stamped"], found) == (3, 3, [])
    stamped.run("provision", EXAMPLE)
    folder = tmp_path / "export"
    stamped.run("ledger", "export", folder)
    assert (folder / "tsa.pem").read_bytes() == (authority.folder / "root.pem").read_bytes()
    said = audit(folder)
    assert said[0] == "Signature Verified Successfully\n"
    assert "Verification: OK\n" in said[1] and "Time stamp: " in said[1]
    assert said[2:] == ["the entries are as signed\n", "stamped is the beginning of these entries\n"]
    (folder / "stamped").write_bytes((folder / "stamped").read_bytes().replace(b"\n3\n", b"\n2\n"))
    said = audit(folder)
    assert "Verification: FAILED" in said[1] and said[3] == "stamped is NOT the beginning of these entries\n"
    query = openssl("ts", "-query", "-in", authority.folder / "query", "-text")
    assert "Hash Algorithm: sha256" in query and "Certificate required: yes" in query


def test_what_is_no_stamp_of_this_checkpoint_is_refused(stamped, authority, tmp_path):
    other = Authority(tmp_path / "other")
    older = (authority.folder / "reply").read_bytes()
    stamped.run("provision", EXAMPLE)
    refusal = tmp_path / "refusal"
    refusal.write_bytes(bytes.fromhex("300f300d020102300830060c04626f6f6f"))
    for name, spoil, words in (("older", lambda _: older, "does not verify"), ("bit", lambda reply: reply[:-1] + bytes([reply[-1] ^ 1]), "does not verify"),
                               ("cut", lambda reply: reply[:-1], "no time stamp"), ("more", lambda reply: reply + b"\0", "no time stamp"),
                               ("none", lambda _: b"", "no time stamp"), ("refused", lambda _: bytes.fromhex("30053003020102"), "refuses the request")):
        authority.spoil = spoil
        error = stamped.json("ledger", "stamp", code=1).error
        assert error["reason"] == "server-untrusted" and words in error["cause"], name
        assert verified(stamped)[0]["stamped"] == 1
    authority.spoil = lambda _: (503, b"busy")
    assert "HTTP status 503" in stamped.json("ledger", "stamp", code=3).error["cause"]
    authority.spoil = lambda reply: reply
    names(stamped, other, url=authority.url)
    assert stamped.json("ledger", "stamp", code=1).error["reason"] == "server-untrusted", "another root"
    assert verified(stamped, code=1)[1] == ["stamp"]
    names(stamped, authority, ca="none.pem")
    assert stamped.json("ledger", "stamp", code=2).error["subject"].endswith("state/none.pem")
    other.server.server_close()


def test_a_station_works_on_without_its_authority(stamped, authority):
    authority.server.shutdown()
    authority.server.server_close()
    names(stamped, authority, every=1)
    change(stamped.state / "ledger" / "ledger.db", "UPDATE stamp SET time = time - 86400")
    warning = stamped.json("provision", EXAMPLE).event("warning")["text"]
    assert "no new time stamp" in warning and "imprint ledger stamp" in warning
    assert stamped.json("ledger", "stamp", code=3).error["reason"] == "server-away"


def test_a_stamp_is_checked_against_the_entries(stamped, authority):
    path = stamped.state / "ledger" / "ledger.db"
    (stamped.state / "ledger.yaml").unlink()
    summary, found = verified(stamped)
    assert found == ["stamp"] and summary["notes"] == 1, "a note: nobody says by whom to verify it"
    assert "no time stamping authority is named" in stamped.json("ledger", "stamp", code=2).error["cause"]
    names(stamped, authority)
    with contextlib.suppress(StopIteration):
        change(path, "UPDATE stamp SET reply = substr(reply, 1, length(reply) - 1) || x'00'")
    assert verified(stamped, code=1)[1] == ["stamp"]
    change(path, "DELETE FROM entry")
    assert "cut" in verified(stamped, code=1)[1]
