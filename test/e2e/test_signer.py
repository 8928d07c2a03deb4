# SPDX-License-Identifier: Apache-2.0
"""imprint signer: an EST server that issues by rules. Judges are curl, openssl and GnuTLS; stations, their certificates and
devices' requests are made by openssl."""
import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import PATIENCE, PROGRAM, ROOT, in_time, openssl, run_program
from signer_office import EXPIRED, Signer, device_key, make, make_files, order, pem_of, request, request_der, rules, serial_number
from test_docs import blocks
from test_issuers import SOFTHSM
from tls_servers import free_port

USAGE, ISSUER = 2, 6


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    return folder


@pytest.fixture
def signer(tmp_path, files):
    made = Signer(tmp_path, files)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, files):
    """One server for tests that change nothing that others rely on: each uses its own devices."""
    made = Signer(tmp_path_factory.mktemp("shared"), files)
    made.start(rules(order(budget=100000), order(name="idevid", kind="idevid", valid="never", subject="O=Example,serialNumber={serial}",
                                                 **{"hardware-type": "1.3.6.1.4.1.32473.1", "outlives-issuer": True}),
                     order(name="closed", stations=["line-2"]), order(name="again", rework=True),
                     order(name="plain", subject="O=Example,CN=gateway", budget=2)))
    yield made
    made.stop()


# --- what is issued ------------------------------------------------------------------------------------------------------


def test_issued(shared):
    body = request(shared.folder, 1)
    path = shared.verify(shared.issue(body))
    shown = openssl("x509", "-in", path, "-noout", "-text", "-certopt", "no_sigdump,no_pubkey")
    assert re.search(r"Subject: O ?= ?Example, CN ?= ?" + serial_number(1), shown)
    assert "CA:FALSE" in shown and "Digital Signature" in shown and "TLS Web Client Authentication" in shown
    dates = openssl("x509", "-in", path, "-noout", "-dates", "-dateopt", "iso_8601")
    first, last = re.findall(r"=(\d{4})(-\d\d-\d\d \d\d:00:00Z)", dates)
    assert int(last[0]) == int(first[0]) + 5 and first[1] == last[1]
    decided = shared.wait("signer-decision")
    assert (decided["decision"], decided["station"], decided["order"], decided["subject"]) == \
        ("granted", "line-1", "boards", f"O=Example,CN={serial_number(1)}")
    again = shared.curl("boards/simpleenroll", body=body)
    assert pem_of(again[2]) == path.read_text() and shared.wait("signer-decision")["decision"] == "repeated"


def test_the_same_key_asks_anew(shared):
    """A chip signs each request anew: another request for the same key gets the same certificate."""
    key = device_key(shared.folder / "fixed.key")
    first, second = (request(shared.folder, 2, key=key) for _ in range(2))
    assert first != second
    pem = shared.issue(first)
    assert shared.issue(second, station="line-2") == pem
    assert shared.issue(second, operation="simplereenroll") == pem


def test_idevid(shared):
    subject = f"/O=Example/serialNumber={serial_number(3)}"
    path = shared.folder / "idevid.pem"
    path.write_text(shared.issue(request(shared.folder, subject=subject), label="idevid/"))
    shown = openssl("x509", "-in", path, "-noout", "-ext", "subjectAltName", "-enddate")
    assert "othername" in shown and "9999" in shown
    der = openssl("asn1parse", "-in", path)
    assert serial_number(3) in der and re.search(r"HEX DUMP\]:.*" + serial_number(3), der), "the hardware's serial number is the subject's"


def test_string_types_of_others(shared):
    """strongSwan and GnuTLS write PrintableString where openssl writes UTF8String."""
    der = request_der(shared.folder, 4, options=("-nameopt", "utf8"))
    key = device_key(shared.folder / "printable.key")
    config = shared.folder / "printable.cnf"
    config.write_text("[req]\ndistinguished_name=dn\nstring_mask=pkix\nprompt=no\n[dn]\nO=Example\nCN=" + serial_number(4) + "\n")
    openssl("req", "-new", "-key", key, "-config", config, "-outform", "DER", "-out", shared.folder / "printable.der")
    printable = (shared.folder / "printable.der").read_bytes()
    assert b"\x13\x07Example" in printable and b"\x0c\x07Example" in der
    assert b"\x0c\x07Example" in base64.b64decode("".join(shared.issue(base64.b64encode(printable)).splitlines()[1:-1]))


def test_what_the_request_asks_for_does_not_count(shared):
    body = request(shared.folder, 5, options=("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectAltName=DNS:evil.example"))
    path = shared.verify(shared.issue(body))
    shown = openssl("x509", "-in", path, "-noout", "-text")
    assert "CA:FALSE" in shown and "evil" not in shown


@pytest.mark.parametrize("change", [lambda text: text.replace(b"\n", b""), lambda text: text.replace(b"\n", b"\r\n"),
                                    lambda text: text.replace(b"\n", b" \t"), lambda text: text.strip()])
def test_base64_as_others_write_it(shared, change):
    assert shared.issue(change(request(shared.folder, random.randrange(10 ** 6, 10 ** 9))))


def test_chunked_and_old(shared):
    assert shared.issue(request(shared.folder, 6), label="boards/", station="line-2")
    status, headers, body = shared.curl("boards/simpleenroll", "-H", "Transfer-Encoding: chunked", body=request(shared.folder, 7))
    assert status == 200 and pem_of(body)
    status, headers, body = shared.curl("boards/simpleenroll", "--http1.0", body=request(shared.folder, 8))
    assert status == 200 and pem_of(body) and (shared.folder / "headers").read_text().startswith("HTTP/1.0 200")
    status, headers, body = shared.curl("boards/simpleenroll", "-H", "Expect: 100-continue", "--tls-max", "1.2", body=request(shared.folder, 9))
    assert status == 200 and pem_of(body)


def test_cacerts_and_csrattrs(shared):
    status, headers, body = shared.curl("boards/cacerts")
    assert status == 200 and headers["content-type"] == "application/pkcs7-mime" and headers["content-transfer-encoding"] == "base64"
    assert max(map(len, body.splitlines())) == 64
    text = openssl("pkcs7", "-inform", "DER", "-print_certs", stdin=base64.b64decode(body))
    assert [re.sub(r"\s", "", line) for line in text.splitlines() if line.startswith("subject")] == \
        ["subject=CN=TESTsigner", "subject=CN=TESTroot"] or text.count("BEGIN") == 2
    status, headers, body = shared.curl("boards/csrattrs")
    assert status == 200 and headers["content-type"] == "application/csrattrs"
    shown = openssl("asn1parse", "-inform", "DER", stdin=base64.b64decode(body))
    assert "id-ecPublicKey" in shown and "prime256v1" in shown and "ecdsa-with-SHA256" in shown


def test_our_own_client(shared, station):
    """`imprint issuers` opens the signer as an issuer of kind est."""
    station.state.mkdir()
    entry = {"name": "signer", "kind": "est", "url": shared.url, "label": "boards", "server-ca": str(shared.folder / "net.pem"),
             "client-certificate": str(shared.folder / "line-1.pem"), "client-key": str(shared.folder / "line-1.key")}
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
    opened = station.json("issuers", "signer").event("issuer")
    assert (opened["subject"], opened["certificates"]) == ("CN=TEST signer", 2)
    assert "does not put there" not in station.run("issuers", "signer").err
    entry.update({"client-certificate": str(shared.folder / "expired.pem"), "client-key": str(shared.folder / "expired.key")})
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
    assert "may not accept this station's client certificate" in station.json("issuers", "signer", code=ISSUER).error["cause"]


# --- what is refused -----------------------------------------------------------------------------------------------------


def forged(folder):
    """A request whose signature is wrong."""
    der = bytearray(request_der(folder, 11))
    der[-5] ^= 1
    return base64.encodebytes(bytes(der))


BAD_BODIES = {
    "unreadable": [lambda f: b"", lambda f: b"rubbish!", lambda f: b"AAAA", lambda f: b"MAA=", lambda f: request_der(f, 12),
                   lambda f: base64.encodebytes(request_der(f, 12)[:-9]), lambda f: base64.encodebytes(request_der(f, 12) + b"\0"),
                   lambda f: b"-----BEGIN CERTIFICATE REQUEST-----\n" + request(f, 12) + b"-----END CERTIFICATE REQUEST-----\n",
                   lambda f: request(f, 12)[:-8], lambda f: base64.encodebytes(b"\x30\x80" + bytes(200)),
                   lambda f: base64.encodebytes(bytes(5000))],
    "unsigned": [forged],
    "other-key": [lambda f: request(f, 13, kind=("RSA", "-pkeyopt", "rsa_keygen_bits:2048")),
                  lambda f: request(f, 13, kind=("EC", "-pkeyopt", "ec_paramgen_curve:P-384")),
                  lambda f: request(f, 13, kind=("ED25519",)),
                  lambda f: request(f, 13, options=("-sha384",))],
    "other-subject": [lambda f, s=subject: request(f, subject=s) for subject in
                      ("/CN=0123456789ABCDEFEE", "/O=Other/CN=0123456789ABCDEFEE", "/O=Example/CN=0123456789abcdefee",
                       "/O=Example/CN=0123456789ABCDEFE", "/O=Example/CN=0123456789ABCDEFEE0", "/CN=0123456789ABCDEFEE/O=Example",
                       "/O=Example/CN=0123456789ABCDEFEE/OU=x", "/O=Example/CN=012345678 ABCDEFEE0", "/O=Example/CN=0123456789ABCDEFEG",
                       "/O=Example+CN=0123456789ABCDEFEE", "/O=Example/OU=0123456789ABCDEFEE", "/")],
}


@pytest.mark.parametrize("reason, make_body", [(reason, body) for reason, bodies in BAD_BODIES.items() for body in bodies],
                         ids=[f"{reason}-{number}" for reason, bodies in BAD_BODIES.items() for number in range(len(bodies))])
def test_bad_requests(shared, reason, make_body):
    before = shared.status()["boards"]
    status, headers, body = shared.enroll(make_body(shared.folder))
    assert status == (403 if reason == "other-subject" else 400) and headers["content-type"] == "text/plain" and body.endswith(b"\n")
    (record,) = shared.status("--decisions")[-1:]
    assert (record["decision"], record["reason"], record["station"], record["order"]) == ("refused", reason, "line-1", "boards")
    assert shared.status()["boards"] == before


@pytest.mark.parametrize("path, station, status, reason", [
    ("closed/simpleenroll", "line-1", 403, "not-permitted"),
    ("nothing/simpleenroll", "line-1", 404, "no-order"),
    ("simpleenroll", "line-1", 404, "no-order"),
    ("boards/simpleenroll", "unlisted", 403, "unknown-station"),
    ("boards/simplereenroll", "line-1", 403, "not-issued"),
])
def test_not_for_everybody(shared, path, station, status, reason):
    answer = shared.curl(path, body=request(shared.folder, 20), station=station)
    assert answer[0] == status
    (record,) = shared.status("--decisions")[-1:]
    assert (record["decision"], record["reason"], record["subject"]) == ("refused", reason, f"O=Example,CN={serial_number(20)}")
    assert record.get("text") == ("label nothing" if path.startswith("nothing") else None)
    assert record["station"] == station or station == "unlisted" and re.fullmatch("key [0-9A-F]{64}", record["station"])


def test_a_key_gets_one_certificate(shared):
    key = device_key(shared.folder / "once.key")
    shared.issue(request(shared.folder, 30, key=key))

    def reason(body, label):
        assert shared.enroll(body, label=label)[0] == 403
        return shared.status("--decisions")[-1]["reason"]

    assert reason(request(shared.folder, 30, key=key), "again/") == "key-elsewhere"
    assert reason(request(shared.folder, 31, key=key), "boards/") == "key-elsewhere"
    assert reason(request(shared.folder, 30), "boards/") == "second-key"
    assert reason(request(shared.folder, key=shared.folder / "ca.key", number=32), "boards/") == "own-key"
    assert reason(request(shared.folder, key=shared.folder / "root.key", number=32), "boards/") == "own-key"


def test_rework(shared):
    assert shared.issue(request(shared.folder, 40), label="again/") != shared.issue(request(shared.folder, 40), label="again/")
    for left in (1, 0):
        shared.issue(request(shared.folder, subject="/O=Example/CN=gateway"), label="plain/")
        assert shared.status()["plain"] == (2 - left, 0, left)
    assert shared.enroll(request(shared.folder, subject="/O=Example/CN=gateway"), label="plain/")[0] == 403
    assert shared.status("--decisions")[-1]["reason"] == "budget-used"


@pytest.mark.parametrize("path, arguments, status", [
    ("boards/simpleenroll", (), 405), ("boards/cacerts", ("-X", "POST", "-d", "x"), 405), ("boards/simpleenroll", ("-X", "PUT", "-d", "x"), 405),
    ("boards/serverkeygen", (), 404), ("", (), 404), ("boards/simpleenroll/", (), 404), ("a/b/simpleenroll", (), 404),
    ("../../etc/passwd", ("--path-as-is",), 404), ("x" * 200 + "/cacerts", (), 404), ("%00/cacerts", (), 404), ("nothing/cacerts", (), 404),
    ("nothing/csrattrs", (), 404), ("cacerts", (), 404),
    ("boards/simpleenroll", ("-H", "Content-Type: text/plain", "-d", "x"), 415),
    ("boards/simpleenroll", ("-H", "Content-Type: application/pkcs10x", "-d", "x"), 415),
])
def test_paths_and_methods(shared, path, arguments, status):
    answer = shared.curl(path, *arguments)
    assert answer[0] == status and answer[1]["content-type"] == "text/plain"
    assert status != 405 or answer[1]["allow"] in ("get", "post")


def test_too_long(shared):
    assert shared.enroll(b"A" * 9000)[0] == 413
    assert shared.curl("boards/simpleenroll", "-H", "Transfer-Encoding: chunked", body=b"A" * 9000)[0] == 413
    shared.curl("boards/simpleenroll", "-H", "Transfer-Encoding: chunked", body=b"A" * 10 ** 6, code=None)
    with connect(shared) as client:
        try:
            client.sendall(b"GET /.well-known/est/boards/cacerts HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40000 + b"\r\n\r\n")
            assert not client.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            pass # closed before all of it was read
    assert shared.curl("boards/cacerts")[0] == 200


@pytest.mark.parametrize("station, alerts", [
    (None, ("alert handshake failure", "alert certificate required|alert unknown")), ("expired", ("alert certificate expired|verification failed",) * 2),
    ("foreign", ("alert bad certificate",) * 2), ("not-client", ("alert bad certificate",) * 2)])
def test_not_let_in(shared, station, alerts):
    """Within the handshake, and told why. A client of TLS 1.3 may send its request before it reads that, and see the connection end."""
    for version, alert in zip(("1.2", "1.3"), alerts):
        said = shared.curl("boards/cacerts", f"--tlsv{version}", "--tls-max", version, station=station, code=None)
        assert re.search(alert + ("|Broken pipe|reset by peer" if version == "1.3" else ""), said), said
    assert shared.curl("boards/cacerts")[0] == 200


def test_why_somebody_was_not_let_in(signer):
    signer.start(rules())
    signer.curl("boards/cacerts", station="expired", code=None)
    assert "expired" in signer.wait("signer-notice")["text"]
    signer.curl("boards/cacerts", "--tlsv1.0", "--tls-max", "1.1", code=None)


def context_of(folder, station="line-1"):
    context = ssl.create_default_context(cafile=folder / "net.pem")
    context.load_cert_chain(folder / f"{station}.pem", folder / f"{station}.key")
    return context


def connect(signer, station="line-1"):
    host, port = re.search(r"//([\d.]+):(\d+)/", signer.url).groups()
    return context_of(signer.folder, station).wrap_socket(socket.create_connection((host, int(port)), timeout=PATIENCE), server_hostname=host)


@pytest.mark.parametrize("text", [b"\0\0\0\0", b"GET\r\n\r\n", b"POST /.well-known/est/boards/simpleenroll HTTP/9.9\r\n\r\n", b"\r\n" * 50,
                                  b"POST /.well-known/est/boards/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                                  b"Content-Length: -5\r\n\r\n",
                                  b"POST /.well-known/est/boards/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                                  b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                                  b"POST /.well-known/est/boards/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                                  b"Content-Length: 500\r\n\r\nAAAA"])
def test_broken_http(shared, text):
    before = len(shared.status("--decisions"))
    with connect(shared) as client:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        try:
            assert not client.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
    assert shared.curl("boards/cacerts")[0] == 200 and len(shared.status("--decisions")) == before


def test_who_waits_is_ended(shared):
    """A connection on which nothing comes, and one on which a byte comes each second, both end."""
    begun = time.monotonic()
    idle, slow = connect(shared), connect(shared)
    slow.sendall(b"POST /.well-known/est/boards/simpleenroll HTTP/1.1\r\nHost: x\r\nX: ")

    def trickle():
        try:
            while time.monotonic() < begun + PATIENCE:
                slow.sendall(b"x")
                time.sleep(0.5)
        except OSError:
            pass
        return time.monotonic() - begun

    with concurrent.futures.ThreadPoolExecutor() as threads:
        trickling = threads.submit(trickle)
        assert idle.recv(10) == b""
        assert 8 < time.monotonic() - begun < 60
        assert 15 < trickling.result() < 60
    idle.close()
    slow.close()


def test_too_many_connections(signer):
    signer.start(rules())
    open_ones = [connect(signer) for _ in range(16)]
    with pytest.raises(OSError):
        with connect(signer) as one_more:
            one_more.sendall(b"GET /.well-known/est/boards/cacerts HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one_more.recv(100) == b""
            raise ConnectionResetError
    for one in open_ones:
        one.close()
    until = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(AssertionError):
            assert signer.curl("boards/cacerts")[0] == 200
            break
        assert time.monotonic() < until, "closed connections still count"
        time.sleep(0.1)


def test_rate(signer):
    signer.start(rules(stations=[{"name": "line-1", "certificate": "line-1.pem", "rate": 1}, {"name": "line-2", "certificate": "line-2.pem"}]))
    host, port = re.search(r"//([\d.]+):(\d+)/", signer.url).groups()
    client = http.client.HTTPSConnection(host, int(port), context=context_of(signer.folder))
    answers = []
    for _ in range(12):
        client.request("GET", "/.well-known/est/boards/csrattrs")
        answer = client.getresponse()
        answers.append((answer.status, answer.getheader("Retry-After")))
        answer.read()
    assert answers == [(200, None)] * 10 + [(429, "10")] * 2
    assert "more often" in signer.wait("signer-notice")["text"]
    assert signer.curl("boards/csrattrs", station="line-2")[0] == 200
    client.close()


def test_safe_for_a_terminal(signer):
    """A subject is a stranger's text."""
    signer.write(rules())
    with open(signer.folder / "log", "wb") as log:
        process = subprocess.Popen([PROGRAM, "signer", "serve", signer.file, "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, stderr=log)
    signer.url = process.stdout.readline().decode().strip()
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+/\.well-known/est", signer.url)
    assert signer.enroll(request(signer.folder, subject="/O=Example/CN=\x1b]0;owned\x07\u202e\n"))[0] == 403
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
    process.stdout.close()
    log = (signer.folder / "log").read_bytes()
    assert b"refused (other-subject)" in log and b"\x1b" not in log and b"\x07" not in log and "\u202e".encode() not in log
    assert log.count(b"\n") == 1


# --- budgets, and what a death leaves ------------------------------------------------------------------------------------


def test_budget(signer):
    signer.start(rules(order(budget=2)))
    bodies = [request(signer.folder, number) for number in range(3)]
    first = [signer.issue(body) for body in bodies[:2]]
    status, _, text = signer.enroll(bodies[2])
    assert status == 403 and b"budget" in text
    assert signer.status() == {"boards": (2, 0, 0)}
    assert [signer.issue(body) for body in bodies[:2]] == first, "who has one gets it again"
    signer.stop()
    signer.start(rules(order(budget=3)))
    assert [signer.issue(body) for body in bodies][:2] == first
    assert signer.status() == {"boards": (3, 0, 0)}
    signer.stop()
    signer.write(rules(order(name="others")))
    shown = run_program("--json", "signer", "status", signer.file).objects
    assert [(item["order"], item["issued"], item["in_rules"], item["budget"]) for item in shown] == \
        [("others", 0, True, 100), ("boards", 3, False, None)]
    assert "not in the rule file" in run_program("signer", "status", signer.file).out


def post(signer, body, station="line-1", label="boards"):
    """One request over a connection of its own: status and body."""
    host, port = re.search(r"//([\d.]+):(\d+)/", signer.url).groups()
    client = http.client.HTTPSConnection(host, int(port), context=context_of(signer.folder, station), timeout=PATIENCE)
    try:
        client.request("POST", f"/.well-known/est/{label}/simpleenroll", body, {"Content-Type": "application/pkcs10"})
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def test_racing(signer):
    """The same key from two stations at once gets one certificate; many devices race for the last units."""
    signer.start(rules(order(budget=4)))
    key = device_key(signer.folder / "raced.key")
    same = [request(signer.folder, 1, key=key) for _ in range(6)]
    others = [request(signer.folder, number) for number in range(2, 10)]
    with concurrent.futures.ThreadPoolExecutor(14) as threads:
        answers = list(threads.map(lambda item: post(signer, item[1], ("line-1", "line-2")[item[0] % 2]), enumerate(same)))
        assert {status for status, _ in answers} == {200} and len({body for _, body in answers}) == 1
        assert signer.status() == {"boards": (1, 0, 3)}
        answers = list(threads.map(lambda item: post(signer, item[1], ("line-1", "line-2")[item[0] % 2]), enumerate(others)))
    assert sorted(status for status, _ in answers) == [200] * 3 + [403] * 5
    assert len({body for status, body in answers if status == 200}) == 3
    assert signer.status() == {"boards": (4, 0, 0)}


def test_two_signers_on_one_database(signer, tmp_path_factory, files):
    """Whatever runs twice by mistake: the database decides."""
    other = Signer(tmp_path_factory.mktemp("other"), files)
    signer.start(rules(order(budget=3)))
    other.start({**rules(order(budget=3)), "records": str(signer.folder / "signer.db")})
    key = device_key(signer.folder / "twice.key")
    same = [request(signer.folder, 1, key=key) for _ in range(8)]
    others = [request(signer.folder, number) for number in range(2, 8)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda item: post((signer, other)[item[0] % 2], item[1]), enumerate(same)))
        assert {status for status, _ in answers} == {200} and len({body for _, body in answers}) == 1
        answers = list(threads.map(lambda item: post((signer, other)[item[0] % 2], item[1]), enumerate(others)))
    assert sorted(status for status, _ in answers) == [200] * 2 + [403] * 4
    other.stop()
    assert signer.status() == {"boards": (3, 0, 0)}


def test_killed_at_any_moment(signer):
    """kill -9 again and again while stations ask: the budget holds, and no key gets two certificates."""
    budget = 12
    bodies = [request(signer.folder, number) for number in range(budget + 6)]
    seen = {number: set() for number in range(len(bodies))}
    rng = random.Random(7)
    signer.write(rules(order(budget=budget)))

    def ask(number):
        try:
            status, body = post(signer, bodies[number], ("line-1", "line-2")[number % 2])
        except (OSError, http.client.HTTPException):
            return None
        if status == 200:
            seen[number].add(pem_of(body))
        return status

    for _ in range(10):
        signer.start()
        killer = threading.Timer(rng.uniform(0.0, 0.12), signer.process.kill)
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            killer.start()
            list(threads.map(ask, rng.sample(range(len(bodies)), 8)))
        killer.join()
        signer.process.wait()
        signer.process.stdout.close()
    signer.start()
    statuses = [ask(number) for number in range(len(bodies))]
    assert statuses.count(200) == budget and statuses.count(403) == len(bodies) - budget, statuses
    assert all(len(pems) == (1 if status == 200 else 0) for pems, status in zip(seen.values(), statuses))
    assert signer.status() == {"boards": (budget, 0, 0)}
    granted = [item for item in signer.status("--decisions") if item["decision"] == "granted"]
    assert len(granted) == budget == len({item["public_key"] for item in granted})


def test_ends_within_a_second(signer):
    """Whoever waits."""
    @contextlib.contextmanager
    def waiting():
        if signer.process.poll() is not None:
            signer.start()
        waiting = [connect(signer) for _ in range(3)]
        waiting[1].sendall(b"POST /.well-known/est/boards/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nAAA")
        yield
        for one in waiting:
            one.close()

    signer.start(rules())
    body = request(signer.folder, 1)
    pem = signer.issue(body)
    in_time(1, signer.stop, waiting)
    for number in (signal.SIGINT, signal.SIGHUP):
        signer.start(preexec_fn=lambda one=number: signal.signal(one, signal.SIG_DFL)) # a job in the background ignores some
        assert signer.issue(body) == pem
        signer.stop(number)


def test_disk_full(signer):
    """Nothing is signed where nothing can be recorded; with room again all goes on."""
    signer.start(rules(order(budget=2)))
    signer.issue(request(signer.folder, 1))
    limit = 4096
    resource.prlimit(signer.process.pid, resource.RLIMIT_FSIZE, (limit, limit * 1000))
    body = request(signer.folder, 2)
    status, headers, text = signer.enroll(body)
    assert status == 503 and headers["retry-after"] == "10" and b"records" in text
    decided = signer.wait("signer-decision")
    while decided["decision"] != "failed":
        decided = signer.wait("signer-decision")
    assert (decided["reason"], decided["number"]) == ("records", 0)
    resource.prlimit(signer.process.pid, resource.RLIMIT_FSIZE, (limit * 1000, limit * 1000))
    assert signer.issue(body)
    assert signer.status() == {"boards": (2, 0, 0)}


# --- a key in a token ----------------------------------------------------------------------------------------------------


def test_token(signer, monkeypatch):
    configuration, tokens = signer.folder / "softhsm2.conf", signer.folder / "tokens"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    for command in (["--init-token", "--free", "--label", "line", "--pin", "1234", "--so-pin", "5678"],
                    ["--import", signer.folder / "ca.key", "--token", "line", "--label", "ca", "--id", "01", "--pin", "1234"],
                    ["--import", signer.folder / "other-net.key", "--token", "line", "--label", "other", "--id", "02", "--pin", "1234"]):
        subprocess.run(["softhsm2-util", *map(str, command)], check=True, capture_output=True)
    (signer.folder / "ca.key").unlink()
    (signer.folder / "pin").write_text("1234\n")
    (signer.folder / "pin").chmod(0o600)
    token = {"kind": "pkcs11", "module": str(SOFTHSM), "pin-file": "pin"}
    signer.issuers({"name": "line", **token, "certificate": "chain.pem", "uri": "pkcs11:token=line;object=ca"},
                   {"name": "other", **token, "certificate": "other-net.pem", "uri": "pkcs11:token=line;object=other"})
    signer.start(rules(order(budget=3), order(name="second", issuer="other")))
    body = request(signer.folder, 1)
    signer.verify(signer.issue(body))
    second = signer.folder / "second.pem"
    second.write_text(signer.issue(request(signer.folder, 1), label="second/"))
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", signer.folder / "other-net.pem", second)
    shutil.rmtree(tokens)
    status, _, text = signer.enroll(request(signer.folder, 2))
    if status == 503: # SoftHSM2 may have the key in memory
        assert b"its key" in text and signer.status()["boards"] == (1, 1, 1)
        assert signer.status("--decisions")[-1]["reason"] == "issuer"
    assert signer.issue(body)


# --- the rule file -------------------------------------------------------------------------------------------------------

GOOD = """imprint: 1
issuers: issuers.yaml
records: signer.db
tls:
  certificate: server.pem
  key: server.key
  clients: net.pem
stations:
  - name: line-1
    certificate: line-1.pem
orders:
  - name: boards
    issuer: line
    kind: tls-client
    subject: O=Example,CN={serial}
    valid: 5
    budget: 100
    stations: [line-1]
"""


@pytest.mark.parametrize("old, new, line, column, cause", [
    ("imprint: 1", "imprint: 2", 1, 10, "out of range"),
    ("records: signer.db", "recods: signer.db", 3, 1, "did you mean 'records'?"),
    ("  clients: net.pem\n", "", 5, 3, "tls.clients: is missing"),
    ("    certificate: line-1.pem\n", "    certificate: line-1.pem\n    rate: 0\n", 11, 11, "out of range"),
    ("kind: tls-client", "kind: tls", 14, 11, "is not one of its values"),
    ("budget: 100", "budget: 0", 17, 13, "out of range"),
    ("budget: 100", "budget: 10000001", 17, 13, "out of range"),
    ("stations: [line-1]", "stations: [line-2]", 18, 16, "is not the name of a station above"),
    ("stations: [line-1]", "stations: [line-1, line-1]", 18, 24, "is in the list twice"),
    ("stations: [line-1]", "stations: []", 18, 15, "is empty"),
    ("stations: [line-1]", "stations: line-1", 18, 15, "is not a list"),
    ("stations: [line-1]", "stations: [[line-1]]", 18, 16, "is not a text"),
    ("stations: [line-1]", "stations: [line-1]\n    key: p-384", 19, 10, "is not one of its values"),
    ("name: boards", "name: cacerts", 12, 11, "is the name of an operation of EST"),
    ("valid: 5", "valid: soon", 16, 12, "is neither never"),
    ("CN={serial}", "CN={seral}", 15, 14, "unknown placeholder"),
    ("kind: tls-client", "kind: idevid", 16, 12, "a device identity lasts as long as its device"),
    ("kind: tls-client", "kind: extensions", 12, 5, "extensions are spelled out"),
    ("kind: tls-client", "kind: matter-dac", 12, 5, "the vendor id belongs to kind: matter-dac"),
    ("kind: tls-client\n    subject: O=Example,CN={serial}\n    valid: 5",
     "kind: idevid\n    hardware-type: 1.3.6.1.4.1.32473.1\n    subject: serialNumber=7\n    valid: never", 16, 14, "only the subject can tell"),
    ("  - name: boards", "  - name: line-1\n    slot: 3\n  - name: boards", 13, 5, "is not a key of this mapping"),
])
def test_rule_errors_have_their_place(signer, old, new, line, column, cause):
    assert GOOD.count(old) == 1
    signer.write(GOOD.replace(old, new))
    error = run_program("--json", "signer", "check", signer.file, code=USAGE).error
    assert (error["reason"], error["subject"], error.get("line"), error.get("column")) == ("input-file", str(signer.file), line, column), error
    assert cause in error["cause"] and "docs/reference/signer.md" in error["next"]


def test_names_twice(signer):
    for part in ("stations", "orders"):
        document = rules()
        document[part].append(document[part][0])
        signer.write(document)
        assert "above, too" in run_program("--json", "signer", "check", signer.file, code=USAGE).error["cause"]


def test_check(signer):
    signer.write(GOOD)
    said = run_program("signer", "check", signer.file)
    assert said.out.startswith('boards: tls-client "O=Example,CN={serial}" for 100 devices, by line (CN=TEST signer, until ')
    assert run_program("--json", "signer", "check", signer.file).event("signer-rule")["budget"] == 100
    assert not (signer.folder / "signer.db").exists(), "it makes nothing"
    error = run_program("--json", "signer", "status", signer.file, code=None).error
    assert error["reason"] == "storage-failed" and error["subject"].endswith("signer.db")


def spoil_key(folder):
    (folder / "server.key").write_bytes((folder / "line-1.key").read_bytes())


@pytest.mark.parametrize("spoil, code, cause", [
    (spoil_key, USAGE, "cannot be used together"),
    (lambda folder: (folder / "server.key").chmod(0o644), USAGE, "every user of this machine can read"),
    (lambda folder: (folder / "net.pem").write_text("nothing"), USAGE, "holds no certificate in PEM"),
    (lambda folder: (folder / "net.pem").chmod(0o666), USAGE, "every user of this machine can write"),
    (lambda folder: (folder / "line-1.pem").unlink(), USAGE, "cannot be opened"),
    (lambda folder: shutil.copy(folder / "foreign.pem", folder / "line-1.pem"), USAGE, "not vouched for"),
    (lambda folder: shutil.copy(folder / "not-client.pem", folder / "line-1.pem"), USAGE, "is not a client's"),
    (lambda folder: make(folder, "server", "/CN=x", "", "net", days=EXPIRED), USAGE, "not valid now"),
    (lambda folder: (folder / "rules.yaml").chmod(0o666), USAGE, "every user of this machine can write"),
    (lambda folder: (folder / "issuers.yaml").unlink(), USAGE, "cannot be opened"),
    (lambda folder: shutil.copy(folder / "net.key", folder / "ca.key"), ISSUER, "does not belong to its certificate"),
    (lambda folder: (folder / "rules.yaml").write_text(GOOD.replace("valid: 5", "valid: 20")), ISSUER, "would end after its issuer's"),
    (lambda folder: (folder / "rules.yaml").write_text(GOOD.replace("valid: 5", "valid: 2020-01-01")), ISSUER, "would have ended already"),
    (lambda folder: (folder / "rules.yaml").write_text(GOOD.replace("issuer: line", "issuer: lin")), ISSUER, "did you mean 'line'?"),
])
def test_what_it_names_is_checked(signer, spoil, code, cause):
    signer.write(GOOD)
    spoil(signer.folder)
    error = run_program("--json", "signer", "check", signer.file, code=code).error
    assert cause in error["cause"] + error["next"] and error["subject"], error


def test_two_stations_one_key(signer):
    shutil.copy(signer.folder / "line-1.pem", signer.folder / "line-2.pem")
    signer.write(rules())
    assert "same key" in run_program("--json", "signer", "check", signer.file, code=USAGE).error["cause"]


def test_somebody_elses_issuer(signer, shared):
    signer.issuers({"name": "line", "kind": "est", "url": shared.url, "label": "boards", "server-ca": "net.pem",
                    "client-certificate": "line-1.pem", "client-key": "line-1.key"})
    signer.write(rules())
    assert "somebody else's" in run_program("--json", "signer", "check", signer.file, code=ISSUER).error["cause"]


@pytest.mark.parametrize("place, reason", [("127.0.0.1", "usage"), ("nowhere", "usage"), ("::1:8443", "usage"), ("127.0.0.1:x", "usage"),
                                           ("198.51.100.1:8443", "server-away")])
def test_listen(signer, place, reason):
    signer.write(rules())
    assert run_program("--json", "signer", "serve", signer.file, "--listen", place, code=None).error["reason"] == reason


def test_port_taken(signer):
    signer.start(rules())
    port = re.search(r":(\d+)/", signer.url).group(1)
    error = run_program("--json", "signer", "serve", signer.file, "--listen", f"127.0.0.1:{port}", code=3).error
    assert error["reason"] == "server-away" and "in use" in error["system"]


# --- the guide -----------------------------------------------------------------------------------------------------------


def test_guide(tmp_path):
    """Every block of docs/guide/signer.md, in its order; only the port is another one."""
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    port = str(free_port())
    program = pathlib.Path(PROGRAM).resolve()
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    server, said = None, []
    try:
        for block in blocks("docs/guide/signer.md", "sh"):
            command = block.strip().replace("8443", port)
            if command.endswith("&"):
                server = subprocess.Popen(["sh", "-c", "exec " + command.rstrip("& ")], cwd=tmp_path, env=env, stdout=subprocess.PIPE,
                                          stderr=subprocess.DEVNULL)
                assert server.stdout.readline().decode().strip() == f"https://127.0.0.1:{port}/.well-known/est"
                continue
            done = subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, (command, done)
            said.append(done.stdout)
    finally:
        if server is not None:
            server.terminate()
            assert server.wait(timeout=PATIENCE) == 0
            server.stdout.close()
    assert len(said) == 7 and server is not None and "client.crt: OK" in "".join(said)
    assert re.search(r"order-0815 +1 +0 +499\b", said[-1]) and "granted order order-0815 station line-1" in said[-1]


# --- other people's clients, where they are installed --------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("estclient") is None, reason="libest's estclient is not installed (Debian 13: libest-utils)")
def test_estclient(signer):
    signer.start(rules())
    port = re.search(r":(\d+)/", signer.url).group(1)
    key = device_key(signer.folder / "device.key")
    (signer.folder / "device.csr").write_text(openssl("req", "-new", "-key", key, "-subj", f"/O=Example/CN={serial_number(1)}"))
    # Debian's knows no label: the only order is meant.
    done = subprocess.run(["estclient", "-e", "-s", "127.0.0.1", "-p", port, "-o", signer.folder, "-c", signer.folder / "line-1.pem", "-k",
                           signer.folder / "line-1.key", "-y", signer.folder / "device.csr"], capture_output=True, check=False,
                          env={**os.environ, "EST_OPENSSL_CACERT": str(signer.folder / "net.pem")})
    assert done.returncode == 0 and signer.status() == {"boards": (1, 0, 99)}, done


@pytest.mark.skipif(b"--est " not in (subprocess.run(["pki", "--help"], capture_output=True, check=False).stdout if shutil.which("pki") else b""),
                    reason="strongSwan's pki --est is not installed (Debian 13: strongswan-pki)")
def test_strongswan(signer):
    """It re-enrolls where it has a client certificate: what is stored for the key comes back."""
    signer.start(rules())
    key = device_key(signer.folder / "device.key")
    body = request_der(signer.folder, 1, key=key)
    (signer.folder / "device.der").write_bytes(body)
    pem = signer.issue(base64.encodebytes(body))
    done = subprocess.run(["pki", "--est", "--url", signer.url.split("/.well-known")[0], "--label", "boards", "--in", signer.folder / "device.der",
                           "--cacert", signer.folder / "net.pem", "--cacert", signer.folder / "root.pem", "--cacert", signer.folder / "ca.pem",
                           "--cert", signer.folder / "line-1.pem", "--key", signer.folder / "line-1.key", "--outform", "pem"],
                          capture_output=True, check=False)
    assert done.returncode == 0 and done.stdout.decode().strip() == pem.strip(), done
