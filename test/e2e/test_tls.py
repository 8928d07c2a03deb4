# SPDX-License-Identifier: Apache-2.0
"""`imprint tls`: the chip's key in mutual TLS with openssl, GnuTLS, nginx and mosquitto, and all that can go wrong."""
import contextlib
import json
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import PATIENCE, PROGRAM, Station, in_time, openssl
from tls_servers import (HOST, Authority, CuttingProxy, Script, free_port, gnutls_serv, log, mosquitto, nginx, s_server, wait_for_log)

SERVERS = {"openssl": s_server, "gnutls": gnutls_serv, "nginx": nginx}


@pytest.fixture(scope="module")
def world(tmp_path_factory, request):
    """One finished device with a certificate of the test's CA for key 18, and the maker's for key 16."""
    folder = tmp_path_factory.mktemp("tls")
    station = Station(folder)
    station.new()
    plan = {"imprint": 1, "name": "tls", "rehearsal": "allowed",
            "chip": {"parts": ["ATECC608B"], "configuration": "as-delivered"},
            "keys": [{"name": name, "id": key, "method": method, **({"slot": slot} if slot is not None else {}),
                      "type": "ecc-key-pair(secp-r1)", "bits": 256, "algorithm": f"ecdsa({algorithm})", "usage": usage,
                      **({"replace": "unclaimed"} if method == "generate" else {})}
                     for name, key, method, slot, algorithm, usage in (
                         ("maker", 16, "register", 0, "any-hash", ["sign-hash", "verify-hash"]),
                         ("board", 18, "generate", 2, "any-hash", ["sign-hash", "verify-hash"]),
                         ("narrow", 19, "generate", 3, "sha-256", ["sign-hash", "verify-hash"]))]}
    station.run("provision", station.write("tls.yaml", json.dumps(plan)), "--arm", "profile")
    station.authority = Authority(folder / "authority")
    for key in (18, 19):
        request = station.write(f"{key}.csr", station.run("csr", key, "--subject", "CN=board-1,O=Example").out)
        station.authority.sign(request, folder / f"{key}.pem")
    station.maker_root = station.write("root.pem", station.run("certificate", "show", "--pem", "--only", "root").out)
    return station


def own(world, key=18):
    return ["--key", key, "--certificate", world.folder / f"{key}.pem"]


def connect(world, port, *more, code=0):
    return world.json("tls", f"{HOST}:{port}", "--ca", world.authority.pem, "--timeout", 20, *more, code=code)


def signatures(trace):
    return len(re.findall(r"\bSign\b", trace.read_text()))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("server", SERVERS)
def test_accepted(world, tmp_path, server, version):
    with SERVERS[server](tmp_path / "server", world.authority, world.authority.pem, version) as port:
        trace = tmp_path / "trace"
        done = connect(world, port, *own(world), "--trace", trace).event("tls")
    assert done["version"] == f"TLSv{version}" and done["answer"].startswith("HTTP/1.")
    assert done["device"]["subject"] == "CN=board-1, O=Example" and done["server"]["subject"] == "CN=test server"
    assert done["chip_commands"] >= 1 and done["key_id"] == 18 and done["name"] == "board"
    assert signatures(trace) == 1, "the chip signed, once"
    facts = openssl("x509", "-in", world.folder / "18.pem", "-noout", "-fingerprint", "-sha256").replace(":", "")
    assert done["device"]["sha_256"] in facts


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_mqtt(world, tmp_path, version):
    with mosquitto(tmp_path / "server", world.authority, world.authority.pem, version) as port:
        done = connect(world, port, *own(world), "--mqtt", "--tls", version).event("tls")
        assert done["answer"] == "CONNACK, accepted" and done["version"] == f"TLSv{version}"
        wait_for_log(tmp_path / "server", r"Client board-1 disconnected\.")  # an orderly end
    assert re.search(r"New client connected from [^ ]+ as board-1 .*u'board-1'", log(tmp_path / "server"))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("key", [[], ["--key", "maker"]], ids=["slot 0", "key id"])
def test_makers_certificate(world, tmp_path, version, key):
    """Without --certificate: the maker's chain, from the chip, up to the root that the server has."""
    with s_server(tmp_path / "server", world.authority, world.maker_root, version) as port:
        trace = tmp_path / "trace"
        done = connect(world, port, *key, "--trace", trace).event("tls")
    assert done["device"]["source"] == "the maker's, from the chip" and f"CN=sn{done['serial']}" in done["device"]["subject"]
    assert done["key_id"] == (16 if key else None) and done["version"] == f"TLSv{version}"
    # One of them is no handshake's: none, for `certificate show` and `tls` ask no key to sign a challenge.
    assert signatures(trace) == 1


def test_policy_of_sha_256_only(world, tmp_path):
    """TLS 1.2 signs with the suite's hash: such a key gets a suite of SHA-256, though the server prefers another."""
    for version in ("1.2", "1.3"):
        with s_server(tmp_path / version, world.authority, world.authority.pem, version) as port:
            done = connect(world, port, *own(world, 19)).event("tls")
            assert version == "1.3" or done["suite"].endswith("SHA256")
    with s_server(tmp_path / "384", world.authority, world.authority.pem, "1.2",
                  extra=["-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"]) as port:
        assert connect(world, port, *own(world, 18)).event("tls")["suite"].endswith("SHA384"), "the hash is cut to 32 bytes"
        error = connect(world, port, *own(world, 19), code=1).error
        assert error["reason"] == "tls-failed" and "alert 40" in error["cause"]


def test_what_is_printed(world, tmp_path):
    with nginx(tmp_path / "server", world.authority, world.authority.pem) as port:
        told = world.run("tls", f"{HOST}:{port}", "--ca", world.authority.pem, *own(world))
    assert told.out.startswith(f"accepted: {HOST} port {port} (127.0.0.1) answered over TLSv1.3\n")
    for line in ("  suite        TLS1-3-", "  server       CN=test server\n", "  device       CN=board-1, O=Example\n",
                 "  key          18 board: the chip signed the handshake (", "  answer       HTTP/1.1 204 No Content\n"):
        assert line in told.out
    assert re.search(r"  times        connect .* (us|ms|s), handshake .*, answer ", told.out)


def test_version_asked_for(world, tmp_path):
    with s_server(tmp_path / "both", world.authority, world.authority.pem, "1.3") as port:
        assert connect(world, port, *own(world), "--tls", "1.3").event("tls")["version"] == "TLSv1.3"
        error = connect(world, port, *own(world), "--tls", "1.2", code=1).error
    assert error["reason"] == "tls-failed" and "alert 70, protocol version" in error["cause"]


def test_application_protocol(world, tmp_path):
    with s_server(tmp_path / "server", world.authority, world.authority.pem, extra=["-alpn", "x-amzn-mqtt-ca"]) as port:
        assert connect(world, port, *own(world), "--alpn", "http/1.1,x-amzn-mqtt-ca").event("tls")["alpn"] == "x-amzn-mqtt-ca"
        assert connect(world, port, *own(world)).event("tls")["alpn"] is None


def test_own_words(world, tmp_path):
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        done = connect(world, port, *own(world), "--send", r"GET /\x61 HTTP/1.0\r\n\r\n").event("tls")
    assert done["answer"] == "HTTP/1.0 200 ok"


# ---- the server refuses the device ----

@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("server", [*SERVERS, "mosquitto"])
def test_certificate_of_a_stranger(world, tmp_path, server, version):
    """The server trusts another CA: in TLS 1.3 the handshake is complete at the client all the same."""
    stranger = Authority(tmp_path / "stranger", "another CA")
    started = SERVERS.get(server, mosquitto)
    with started(tmp_path / "server", world.authority, stranger.pem, version) as port:
        error = connect(world, port, *own(world), "--tls", version, *(["--mqtt"] if server == "mosquitto" else []), code=1).error
    assert error["reason"] == "server-refused", error
    if server == "nginx":
        assert "HTTP/1.1 400 Bad Request" in error["cause"]
    elif server in ("openssl", "mosquitto"):
        assert "alert 48, unknown CA" in error["cause"]


def test_expired_certificate_of_the_device(world, tmp_path):
    expired = tmp_path / "expired.pem"
    world.write("18.index", "")
    config = world.write("ca.cnf", f"""[ca]
default_ca=d
[d]
database={world.folder}/18.index
new_certs_dir={tmp_path}
rand_serial=yes
default_md=sha256
policy=p
[p]
CN=supplied
O=optional
""")
    openssl("ca", "-batch", "-config", config, "-cert", world.authority.pem, "-keyfile", world.authority.key, "-in", world.folder / "18.csr",
            "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-out", expired, "-notext")
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        error = connect(world, port, "--key", 18, "--certificate", expired, code=1).error
    assert error["reason"] == "server-refused" and "alert 45, certificate expired" in error["cause"]


def test_broker_knows_the_certificate_but_not_the_client(world, tmp_path):
    """TLS stands; MQTT refuses."""
    with mosquitto(tmp_path / "server", world.authority, world.authority.pem, extra="clientid_prefixes allowed-") as port:
        error = connect(world, port, *own(world), "--mqtt", code=1).error
    assert error["reason"] == "server-refused" and "CONNACK, refused: not authorized" in error["cause"]


def test_server_that_does_not_ask(world, tmp_path):
    for version in ("1.2", "1.3"):
        with s_server(tmp_path / version, world.authority, world.authority.pem, version, demand=False) as port:
            for key in (own(world), []):
                trace = tmp_path / "trace"
                error = connect(world, port, *key, "--trace", trace, code=1).error
                assert error["reason"] == "certificate-not-asked" and signatures(trace) == 0


# ---- the server is not trusted, or not there ----

def test_wrong_ca(world, tmp_path):
    stranger = Authority(tmp_path / "stranger", "another CA")
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        error = world.json("tls", f"{HOST}:{port}", "--ca", stranger.pem, *own(world), code=1).error
        assert error["reason"] == "server-untrusted" and "not issued by a CA" in error["cause"] and "--ca FILE" in error["next"]


def test_another_name(world, tmp_path):
    pem = world.authority.server(tmp_path / "other.pem", "DNS:other.example")
    kept, world.authority.server_pem = world.authority.server_pem, pem
    try:
        with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
            error = connect(world, port, *own(world), code=1).error
            assert error["reason"] == "server-untrusted" and "another name" in error["cause"] and "--name" in error["next"]
            assert connect(world, port, *own(world), "--name", "other.example").event("tls")
            error = connect(world, port, *own(world), "--name", "more.example", code=1).error
            assert error["reason"] == "server-untrusted"
    finally:
        world.authority.server_pem = kept


def test_address_in_place_of_a_name(world, tmp_path):
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        done = world.json("tls", f"127.0.0.1:{port}", "--ca", world.authority.pem, *own(world)).event("tls")
    assert done["address"] == "127.0.0.1"


def test_no_such_host(world):
    error = world.json("tls", "no-such-host.invalid:443", "--timeout", 20, "--ca", world.authority.pem, *own(world), code=3).error
    assert error["reason"] == "server-away" and error["subject"] == "no-such-host.invalid"


def test_nothing_listens(world):
    error = connect(world, free_port(), *own(world), code=3).error
    assert error["reason"] == "server-away" and "no server is listening at" in error["cause"] and "refused" in error["system"]


@pytest.mark.parametrize("script", [dict(answer=b"220 mail.example ESMTP\r\n", first=True, hold=5),
                                    dict(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n"), dict(answer=b"\0\0\0\0")])
def test_no_tls(world, script):
    with Script(**script) as port:
        error = connect(world, port, *own(world), code=1).error
    assert error["reason"] == "tls-failed" and "does not speak TLS" in error["cause"]


@pytest.mark.parametrize("answer", [b"\x16\x03\x03\xff\xff" + b"\xff" * 100, b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", b"\x15\x03\x03\x00\x02\x02\x28",
                                    b"\x17\x03\x03\x00\x01\x00", b""])
def test_nonsense_and_silence_in_place_of_a_handshake(world, answer):
    with Script(answer) as port:
        assert connect(world, port, *own(world), code=1).error["reason"] == "tls-failed"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_cut_off_anywhere(world, tmp_path, version):
    """After so many bytes of the server's: never a success, and always told within the time limit."""
    with s_server(tmp_path / "server", world.authority, world.authority.pem, version) as real:
        for after in (1, 5, 60, 200, 500, 800):
            with CuttingProxy(real, after) as port:
                error = connect(world, port, *own(world), code=1).error
                assert error["reason"] in ("tls-failed", "server-refused"), (after, error)


HOLD_S = 100  # how long a server stays that is not waited for


def test_server_that_never_answers(world):
    start = time.monotonic()
    with Script(hold=HOLD_S) as port:
        error = connect(world, port, *own(world), "--timeout", 1, code=3).error
    assert error["reason"] == "server-away" and "within the time limit of 1 s" in error["cause"]
    assert time.monotonic() - start < HOLD_S


def test_application_that_never_answers(world, tmp_path):
    """mosquitto waits for CONNECT after TLS stands: half a question gets no answer."""
    with mosquitto(tmp_path / "server", world.authority, world.authority.pem) as port:
        for seconds in (1, 2, 4, 8, 16, 32):  # the handshake counts, and may take its time
            error = connect(world, port, *own(world), "--send", r"\x10", "--timeout", seconds, code=3).error
            if "the application did not answer" in error["cause"]:
                break
        assert error["reason"] == "server-away" and "the application did not answer" in error["cause"]
        error = connect(world, port, *own(world), code=1).error
        assert error["reason"] == "server-refused" and "--mqtt" in error["next"], "HTTP is no MQTT"


def test_interrupted(world):
    """Ctrl-C ends it within a second, wherever it waits."""
    @contextlib.contextmanager
    def waiting():
        script = Script(hold=HOLD_S)
        with script as port, subprocess.Popen(
                [PROGRAM, "--state", world.state, "tls", f"{HOST}:{port}", "--ca", world.authority.pem, *map(str, own(world))],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert script.asked.wait(PATIENCE)
            processes.append(process)
            yield

    def interrupt():
        processes[-1].send_signal(signal.SIGINT)
        return processes[-1].communicate(timeout=PATIENCE)[1]

    processes = []
    assert b"stopped by a signal" in in_time(2, interrupt, waiting)
    assert {process.returncode for process in processes} == {130}


def test_reset_by_the_other_side(world):
    """A reset while writing is an error, not the end of the program by SIGPIPE."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    process = subprocess.Popen([PROGRAM, "--json", "--state", world.state, "tls", f"127.0.0.1:{port}", "--ca", world.authority.pem,
                                *map(str, own(world))], stdout=subprocess.PIPE)
    client, _ = listener.accept()
    client.recv(1)  # the rest of what was sent stays unread
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    listener.close()
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and json.loads(out)["reason"] == "tls-failed"


# ---- keys, certificates, usage ----

def test_certificate_for_another_key(world):
    error = world.json("tls", "localhost:1", "--key", 18, "--certificate", world.folder / "19.pem", "--ca", world.authority.pem, code=2).error
    assert error["reason"] == "input-file" and "for another key" in error["cause"] and error["subject"].endswith("19.pem")


def test_certificate_in_the_devices_folder(world, tmp_path):
    """What a station had issued for the key is found by its public key; of two the user must name one."""
    own_file, other = world.device / "client.crt", world.device / "other.crt"
    (world.device / "damaged.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    own_file.write_bytes((world.folder / "18.pem").read_bytes() + world.authority.pem.read_bytes())
    other.write_bytes((world.folder / "19.pem").read_bytes())
    try:
        with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
            done = connect(world, port, "--key", "board").event("tls")
            assert done["device"]["source"] == str(own_file) and done["device"]["subject"] == "CN=board-1, O=Example"
            other.write_bytes(own_file.read_bytes())
            error = connect(world, port, "--key", "board", code=2).error
            assert {error["subject"], error["cause"].split(" ")[0]} == {str(own_file), str(other)} and "--certificate" in error["next"]
        with s_server(tmp_path / "maker", world.authority, world.maker_root) as port:
            assert connect(world, port, "--key", "maker").event("tls")["device"]["source"] == "the maker's, from the chip"
    finally:
        for path in world.device.glob("*.crt"):
            path.unlink()


def test_no_certificate_for_this_key(world):
    error = world.json("tls", "localhost:1", "--key", 18, "--ca", world.authority.pem, code=4).error
    assert error["reason"] == "no-certificate" and "--certificate FILE" in error["next"]


def test_key_that_may_not_sign(world, tmp_path):
    station = Station(tmp_path)
    station.new()
    plan = {"imprint": 1, "name": "mute", "rehearsal": "allowed", "chip": {"parts": ["ATECC608B"], "configuration": "as-delivered"},
            "keys": [{"name": "mute", "id": 18, "method": "register", "slot": 2, "type": "ecc-key-pair(secp-r1)", "bits": 256,
                      "algorithm": "ecdsa(any-hash)", "usage": ["sign-message"]}]}
    station.run("provision", station.write("mute.yaml", json.dumps(plan)), "--arm", "profile")
    error = station.json("tls", "localhost:1", "--key", 18, "--certificate", world.folder / "18.pem", "--ca", world.authority.pem, code=1).error
    assert error["reason"] == "key-attributes" and "sign" in error["cause"] and error["key_id"] == 18


def test_blank_part_has_no_makers_key(world, tmp_path):
    station = Station(tmp_path)
    station.new("blank")
    error = station.json("tls", "localhost:1", "--ca", world.authority.pem, code=None).error
    assert error["exit"] in (1, 4) and error["reason"] != "unexpected", error


@pytest.mark.parametrize("arguments, subject", [
    (("localhost",), "localhost"), (("localhost:0",), "localhost:0"), (("localhost:99999",), "localhost:99999"), ((":443",), ":443"),
    (("::1:443",), "::1:443"), (("h:1", "--tls", "1.1"), "1.1"), (("h:1", "--timeout", "0"), "0"), (("h:1", "--send", r"a\q"), r"\q"),
    (("h:1", "--alpn", "a,b,c,d,e"), "a,b,c,d,e"), (("h:1", "--mqtt", "--send", "x"), None), (("h:1", "--send", ""), ""),
    (("h:1", "--name", ""), ""),
])
def test_usage(station, arguments, subject):
    """Refused before the chip is asked: there is none."""
    error = station.json("tls", *arguments, code=2).error
    assert error["reason"] == "usage" and error.get("subject") == subject


def test_files(world, tmp_path):
    empty = world.write("empty.pem", "no certificate\n")
    for option, name in (("--ca", empty), ("--ca", tmp_path / "none"), ("--certificate", empty)):
        error = world.json("tls", "localhost:1", "--key", 18, *(["--certificate", world.folder / "18.pem"] if option == "--ca" else []),
                           option, name, code=2).error
        assert error["reason"] == "input-file" and error["subject"] == str(name)
    before = (world.folder / "18.pem").read_bytes()
    error = world.json("tls", "localhost:1", *own(world), "--trace", world.folder / "18.pem", code=2).error
    assert error["reason"] == "usage" and (world.folder / "18.pem").read_bytes() == before, "a trace over an input"


def test_der(world, tmp_path):
    openssl("x509", "-in", world.folder / "18.pem", "-outform", "DER", "-out", tmp_path / "18.der")
    openssl("x509", "-in", world.authority.pem, "-outform", "DER", "-out", tmp_path / "ca.der")
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        assert world.json("tls", f"{HOST}:{port}", "--key", 18, "--certificate", tmp_path / "18.der", "--ca", tmp_path / "ca.der").event("tls")


def test_the_chip_fails_in_the_handshake(world, tmp_path):
    """The bus fails where the chip should sign: the device is named, not TLS."""
    with s_server(tmp_path / "server", world.authority, world.authority.pem) as port:
        counted = world.run("--verbose", "tls", f"{HOST}:{port}", "--ca", world.authority.pem, *own(world)).err
        last = int(re.search(r"imprint: (\d+) commands", counted)[1])
        error = connect(world, port, *own(world), "--fault", f"silent@{last}", code=3).error
    assert error["reason"] == "device-silent" and error["key_id"] == 18
