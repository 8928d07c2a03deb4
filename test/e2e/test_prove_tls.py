# SPDX-License-Identifier: Apache-2.0
"""`prove: tls`: a run ends with a connection to a server of the station's connections file; nothing is lost where that fails."""
import json
import re
import shutil

import pytest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from conftest import ANY_ECDSA, ROOT, run_program
from host_board import TESTS
from test_board_certificates import Identity
from test_certificate_issue import ARMED, FLEX, find, make_ca, name_issuers
from test_hostile_board import lying
from test_use_rules import limited_508, limited_608, new_part, uses_left
from tls_servers import HOST, Authority, free_port, mosquitto, s_server

PROVEN = "    prove: tls\n    connection: server\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Who vouches for the servers."""
    return Authority(tmp_path_factory.mktemp("prove") / "authority")


@pytest.fixture
def aside(tmp_path_factory):
    """A folder that is no part of the station's snapshot."""
    return tmp_path_factory.mktemp("aside")


@pytest.fixture
def line(station):
    """A station with an issuer, a new part, and the ready profile with a proof by a connection."""
    station.state.mkdir()
    station.ca = make_ca(station, "ca", "/O=Example/CN=Example Factory CA")
    name_issuers(station, factory="ca")
    station.new("trust-flex")
    station.profile = station.write("proven.yaml", FLEX.read_text() + PROVEN)
    return station


def name_server(station, authority, port, **more):
    entry = {"name": "server", "server": f"{HOST}:{port}", "ca": str(authority.pem), "timeout": 20, **more}
    path = station.state / "connections.yaml"
    path.write_text(json.dumps({"imprint": 1, "connections": [entry]}))
    return path


def signatures(trace):
    return len(re.findall(r"\bSign\b", trace.read_text()))


def actions(plan):
    return [step["action"] for step in plan["steps"]]


def test_accepted(line, authority, aside):
    with s_server(aside / "server", authority, line.ca) as port:
        name_server(line, authority, port, tls="1.3")
        planned = line.json("provision", line.profile, "--dry-run").event("plan")
        assert actions(planned)[-2:] == ["finish-mark", "prove-tls"] and not planned["steps"][-1]["persistent"]
        assert not (line.state / "devices").exists()
        done = line.json("provision", line.profile, *ARMED).event("provisioned")
        (told,) = done["connections"]
        assert told["version"] == "TLSv1.3" and told["answer"].startswith("HTTP/1.") and told["chip_commands"] >= 1
        assert told["server"]["subject"] == "CN=test server" and told["host"] == HOST and told["port"] == str(port)
        assert told["device"]["sha_256"] == done["certificates"][0]["sha256"] and not told["recorded"]
        assert told["device"]["source"] == str(find(line, "client"))
        (recorded,) = line.record["connections"]
        assert recorded == {name: value for name, value in told.items() if name != "recorded"}
        # Again: proven again, by one more signature, and nothing is written.
        before, trace = line.snapshot(), aside / "trace"
        again = line.json("provision", line.profile, "--trace", trace).event("provisioned")
        assert again["changes"] == 0 and not again["connections"][0]["recorded"] and not again["record_written"]
        assert signatures(trace) == 2, "the key's proof, and the handshake"
        assert line.snapshot() == before
        said = line.run("provision", line.profile)
        assert re.search(rf"^  connection server: {HOST} port {port} \([^)]+\) accepted certificate client over TLSv1.3 and answered HTTP/1", said.out,
                         re.M)
        assert "prove-tls 16 client" in said.err


def test_mqtt_and_1_2(line, authority, aside):
    with mosquitto(aside / "server", authority, line.ca, "1.2") as port:
        name_server(line, authority, port, tls="1.2", ask="mqtt")
        (told,) = line.json("provision", line.profile, *ARMED).event("provisioned")["connections"]
    assert told["answer"] == "CONNACK, accepted" and told["version"] == "TLSv1.2"


def test_refused_and_nothing_is_lost(line, authority, aside):
    """A server that trusts another CA, then none, then the right one: the device is finished after the first run."""
    name_server(line, authority, free_port())
    with s_server(aside / "other", authority, authority.pem) as port:
        name_server(line, authority, port)
        failed = line.json("provision", line.profile, *ARMED, code=1)
    assert failed.error["reason"] == "server-refused" and "run the same command again" in failed.error["next"]
    assert failed.error["doing"] and failed.event("unconnected")["changes"] > 0
    assert [item["event"] for item in failed.objects][-3:] == ["unconnected", "run", "error"]
    assert line.record["keys"][0]["proof"]["proven"] and len(line.record["certificates"]) == 1 and "connections" not in line.record
    assert line.history[-1]["result"] != "done" and line.history[-1]["error"]["reason"] == "server-refused"
    held, certificate = line.chip.read_bytes(), find(line, "client").read_bytes()
    (line.state / "ca.key").unlink()
    name_server(line, authority, free_port())
    said = line.run("provision", line.profile, code=3)
    assert "is finished and recorded in" in said.err and "only the proof by a connection is missing" in said.err
    assert line.chip.read_bytes() == held
    with s_server(aside / "right", authority, line.ca) as port:
        name_server(line, authority, port)
        done = line.json("provision", line.profile).event("provisioned")
    assert done["changes"] == 0 and done["record_written"] and len(line.record["connections"]) == 1
    assert line.chip.read_bytes() == held and find(line, "client").read_bytes() == certificate
    # A server that is away later takes no earlier proof from the record.
    name_server(line, authority, free_port())
    record = line.record
    assert line.json("provision", line.profile, code=3).error["reason"] == "server-away"
    assert line.record == record


def test_untrusted_and_not_asked(line, authority, aside):
    with s_server(aside / "server", authority, line.ca) as port:
        name_server(line, authority, port, ca=str(line.ca))
        failed = line.json("provision", line.profile, *ARMED, code=1).error
        assert failed["reason"] == "server-untrusted" and "ca or server-name of connection server" in failed["next"]
        name_server(line, authority, port, **{"server-name": "another.example"})
        assert line.json("provision", line.profile, code=1).error["reason"] == "server-untrusted"
    with s_server(aside / "open", authority, line.ca, demand=False) as port:
        name_server(line, authority, port)
        assert line.json("provision", line.profile, code=1).error["reason"] == "certificate-not-asked"


BAD = {
    "no file": (None, "file", "connections.md"),
    "another name": ([{"name": "servers", "server": "h:1"}], "no connection 'server'", "did you mean 'servers'"),
    "no server": ([{"name": "server"}], "connections[0].server: is missing", None),
    "no port": ([{"name": "server", "server": "host"}], 'connections[0].server: "host" cannot be used', None),
    "too many protocols": ([{"name": "server", "server": "h:1", "alpn": "a,b,c,d,e"}], "connections[0].alpn", None),
    "a bad text": ([{"name": "server", "server": "h:1", "send": "\\q"}], "connections[0].send", None),
    "an unknown version": ([{"name": "server", "server": "h:1", "tls": "1.1"}], "connections[0].tls", None),
    "twice": ([{"name": "server", "server": "h:1"}, {"name": "server", "server": "h:2"}], "connections[1].name", None),
    "a mistake in another": ([{"name": "server", "server": "h:1"}, {"name": "two", "server": "h:0"}], "connections[1].server", None),
    "no CA file": ([{"name": "server", "server": "h:1", "ca": "none.pem"}], "", "connections file (ca)"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_file_is_checked_before_anything_is_written(line, case):
    entries, cause, advice = BAD[case]
    if entries is not None:
        (line.state / "connections.yaml").write_text(json.dumps({"imprint": 1, "connections": entries}))
    before = line.snapshot()
    failed = line.json("provision", line.profile, *ARMED, code=2).error
    assert failed["reason"] == "input-file" and cause in failed["cause"], failed
    assert advice is None or advice in failed["next"], failed
    assert line.snapshot() == before
    assert line.json("provision", line.profile, "--dry-run", code=2).error["cause"] == failed["cause"]


def test_a_file_that_everybody_can_write_is_refused(line, authority):
    path = name_server(line, authority, 1)
    path.chmod(0o666)
    assert line.json("provision", line.profile, *ARMED, code=2).error["reason"] == "input-file"
    moved = line.write("elsewhere.yaml", path.read_text())
    path.unlink()
    failed = line.json("--connections", moved, "provision", line.profile, *ARMED, code={1, 3}).error
    assert failed["reason"] == "server-away"


PARTS = {"608": (limited_608, 2), "508A": (limited_508, 15)}


@pytest.mark.parametrize("part", PARTS)
def test_a_key_that_counts_its_uses(station, plan, authority, aside, part):
    """The proof, which is also the issuer's, and the connection spend one use each, armed; the record's connection is trusted from then on."""
    make, slot = PARTS[part]
    new_part(station, make())
    station.ca = make_ca(station, "ca", "/O=Example/CN=Example Factory CA")
    name_issuers(station, factory="ca")
    plan["chip"]["parts"] = ["ATECC508A", "ATECC608A", "ATECC608B"]
    plan["keys"] = [{"name": "counted", "id": 17, "method": "register", "slot": slot, **ANY_ECDSA}]
    plan["certificates"] = [{"name": "client", "key": "counted", "issuer": "factory", "kind": "tls-client", "subject": "CN={serial}", "valid": 20,
                             "psa-id": 4097, "prove": "tls", "connection": "server"}]
    profile = station.write("plan.yaml", json.dumps(plan))
    with s_server(aside / "server", authority, station.ca) as port:
        name_server(station, authority, port)
        uses = uses_left(station, slot)
        step = station.json("provision", profile, "--dry-run").event("plan")["steps"][-1]
        assert step["action"] == "prove-tls" and step["spends_use"] and step["uses_spent"] == 1 and step["forever"]
        assert "signs the handshake" in step["consequence"]
        assert station.json("provision", profile, code=1).error["reason"] == "not-armed" and uses_left(station, slot) == uses
        assert not station.json("provision", profile, *ARMED).event("provisioned")["connections"][0]["recorded"]
        assert uses_left(station, slot) == uses - 2
        record, chip = station.record, station.chip.read_bytes()
        again = station.json("provision", profile)
        assert again.event("plan")["steps"][-1]["uses_spent"] == 0 and again.event("provisioned")["connections"][0]["recorded"]
        assert station.chip.read_bytes() == chip and station.record == record
        assert "as the record says; no use spent to ask again" in station.run("provision", profile).out
    # Two uses are needed and one is left: told before the first is spent.
    if part == "508A":
        station.chip.unlink()
        config = limited_508()
        config[68:84] = bytes([0] * 15 + [0b00000001])
        new_part(station, config)
        shutil.rmtree(station.state / "devices")
        chip = station.chip.read_bytes()
        failed = station.json("provision", profile, *ARMED, code=4).error
        assert failed["reason"] == "slot-policy" and "once more than it can" in failed["cause"]
        assert station.chip.read_bytes() == chip


# ---- boards: the station connects, the board's key signs the handshake

BOARD_TLS, BOARD_PROFILE = TESTS / "factory_tls", ROOT / "test" / "data" / "profiles" / "board-tls.yaml"
COUNTED_TLS, COUNTED_PROFILE = TESTS / "factory_counted_tls", ROOT / "test" / "data" / "profiles" / "board-counted-tls.yaml"


@pytest.fixture
def board_line(station):
    line = Identity(station, image=BOARD_TLS, profile=BOARD_PROFILE)
    line.ca = station.state / "ca.pem"
    return line


def test_a_board(board_line, authority, aside):
    line, station, sent, lost = board_line, board_line.station, [], []

    def lose(text):
        """The first signature's line is lost on the wire, and asked for again."""
        if not text.startswith("@handshake") or lost:
            return text
        lost.append(text)
        return ""

    def listen(chunk):
        sent.extend(re.findall(rb"@report (\S+) (\S+) ", chunk))
        return chunk
    with line.boot(to_board=listen, to_station=lying(lose)) as board:
        with s_server(aside / "server", authority, line.ca, extra=("-ciphersuites", "TLS_AES_128_GCM_SHA256")) as port:
            name_server(station, authority, port)
            before = station.snapshot()
            assert actions(line.provision_json(board, "--dry-run").event("plan"))[-2:] == ["finish-mark", "prove-tls"]
            assert station.snapshot() == before and not sent
            done = line.provision_json(board).event("provisioned")
        (told,) = done["connections"]
        assert told["version"] == "TLSv1.3" and told["answer"].startswith("HTTP/1.") and told["chip_commands"] == 1 and not told["recorded"]
        assert told["device"]["sha_256"] == done["certificates"][0]["sha256"] and told["port"] == str(port)
        (recorded,) = station.record["connections"]
        assert recorded == {name: value for name, value in told.items() if name != "recorded"}
        # Again, with another hash: another handshake, and nothing is written to the device.
        with s_server(aside / "again", authority, line.ca, extra=("-ciphersuites", "TLS_AES_256_GCM_SHA384")) as port:
            name_server(station, authority, port)
            before = line.chip.read_bytes(), line.flash.read_bytes()
            said = line.provision(board, arm=())
        assert re.search(r"^  connection server: .* accepted certificate client over TLSv1.3 and answered HTTP/1", said.out, re.M)
        assert "prove-tls 16 client: done\n" in said.err and (line.chip.read_bytes(), line.flash.read_bytes()) == before
        assert station.record["connections"][0]["suite"] != told["suite"]
    assert [(key, len(transcript)) for key, transcript in sent] == [(b"16", 64), (b"16", 64), (b"16", 96)] and sent[0] == sent[1]


def test_a_board_that_no_server_accepts(board_line, authority, aside):
    """The device is finished and recorded all the same, and the same command tries the connection again."""
    line, station = board_line, board_line.station
    with line.boot() as board:
        failed = line.provision_json(board, code=2)
        assert failed.error["reason"] == "input-file" and not (station.state / "devices").exists()
        name_server(station, authority, free_port(), tls="1.2")
        failed = line.provision_json(board, code=2)
        assert failed.error["reason"] == "input-file" and failed.error["subject"] == "server" and "TLS 1.3 only" in failed.error["cause"]
        with s_server(aside / "other", authority, authority.pem) as port:
            name_server(station, authority, port)
            failed = line.provision_json(board, code=1)
        assert failed.error["reason"] == "server-refused" and [item["event"] for item in failed.objects][-3:] == ["unconnected", "run", "error"]
        assert station.record["keys"][0]["proof"]["proven"] and "connections" not in station.record
        assert station.history[-1]["error"]["reason"] == "server-refused"
        with s_server(aside / "old", authority, line.ca, "1.2") as port:
            name_server(station, authority, port)
            failed = line.provision_json(board, arm=(), code=1)
        assert failed.error["reason"] == "tls-failed" and "must offer TLS 1.3" in failed.error["next"]
        with s_server(aside / "open", authority, line.ca, demand=False) as port:
            name_server(station, authority, port)
            assert line.provision_json(board, arm=(), code=1).error["reason"] == "certificate-not-asked"
        with mosquitto(aside / "right", authority, line.ca, "1.3") as port:
            name_server(station, authority, port, ask="mqtt")
            done = line.provision_json(board, arm=()).event("provisioned")
        assert done["changes"] == 0 and done["connections"][0]["answer"] == "CONNACK, accepted" and len(station.record["connections"]) == 1


MOST_STEPS = 116  # PROVISION_STEPS_MAX of src/provision/provision.h, in a station


def fill_the_plan(text):
    """As many steps as a plan can have, so that the station's own have no room: the last one again and again."""
    text = re.sub(r"\bsteps=\d+", f"steps={MOST_STEPS}", text) if text.startswith("@chip ") else text
    if not text.startswith("@step ") or "action=finish-mark" not in text:
        return text
    last = int(re.search(r"\bn=(\d+)", text)[1])
    return "\n".join(re.sub(r"\bn=\d+", f"n={n}", text) for n in range(last, MOST_STEPS + 1))


LIES = {
    "another signature": (lambda text: re.sub("signature=..", "signature=00", text) if text.startswith("@handshake") else text, "proof-failed", "not its key's"),
    "no signature": (lambda text: "" if text.startswith("@handshake") else text, "device-garbled", "does not arrive"),
    "a plan without room": (fill_the_plan, "device-garbled", "more steps than the profile needs"),
    "it says that it connects": (lambda text: text.replace("action=finish-mark", "action=prove-tls key=16"), "device-garbled", "checksum errors"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_board_that_lies(board_line, authority, aside, lie):
    change, reason, cause = LIES[lie]
    with s_server(aside / "server", authority, board_line.ca) as port, board_line.boot(to_station=lying(change)) as board:
        name_server(board_line.station, authority, port)
        failed = board_line.provision_json(board, code={1, 3}).error
    assert failed["reason"] == reason and cause in failed["cause"], failed


def test_what_a_board_signs(board_line, authority, aside):
    """The client's CertificateVerify of TLS 1.3 with this hash, and nothing else; only after a run for a station."""
    line = board_line
    with s_server(aside / "server", authority, line.ca) as port, line.boot() as board:
        name_server(line.station, authority, port)
        assert board.ask("report 16 " + "5A" * 32)[0][-1][0] == "error", "no run yet"
        line.provision(board)
        for words in ("16 " + "5A" * 31, "16 " + "5A" * 33, "16 " + "5A" * 49, "16 zz", "17 " + "5A" * 32, "16", "16 " + "5A" * 32 + " 1"):
            assert board.ask("report " + words)[0][-1][1]["reason"] == "usage", words
        (answer,) = [item[1] for item in board.ask("report 16 " + "5A" * 32)[0] if item[0] == "handshake"]
        # Without a nonce nobody proves a connection.
        line.arm(board)
        assert board.ask("run")[0][-1][0] == "ok" and board.ask("report 16 " + "5A" * 32)[0][-1][1]["reason"] == "usage"
    (point,) = [key["public_key"] for key in line.station.record["keys"]]
    signed = b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + b"\x5a" * 32
    r, s = (int(answer["signature"][i:i + 64], 16) for i in (0, 64))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(point))
    key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))


def test_a_board_whose_key_counts_its_uses(station, authority):
    """Its plan has no use for a handshake: refused before the first is spent."""
    line = Identity(station, station.write("part.hex", bytes(limited_608()).hex()), COUNTED_TLS, COUNTED_PROFILE)
    name_server(station, authority, free_port())
    chip = line.chip.read_bytes()
    with line.boot() as board:
        failed = line.provision_json(board, code=4).error
    assert failed["reason"] == "slot-policy" and "counts its uses" in failed["cause"] and line.chip.read_bytes() == chip


def test_verify_record(line, authority, aside):
    """The record's certificate is held against its key; that a server accepted the device is the station's word."""
    with s_server(aside / "server", authority, line.ca) as port:
        name_server(line, authority, port)
        line.run("provision", line.profile, *ARMED)

    def checked(record, code=0):
        done = run_program("--json", "verify-record", "-", stdin=json.dumps(record), code=code)
        return {item["check"]: item["result"] for item in done.objects if item["event"] == "check" and item["check"] in ("certificate", "connection")}

    assert checked(line.record) == {"certificate": "good", "connection": "open"}
    for field, value in (("sha256", "00" * 32), ("serial_number", "01"), ("certificate", "3000"), ("key_id", 17)):
        lie = line.record
        lie["certificates"][0][field] = value
        assert checked(lie, code=1)["certificate"] == "bad", field
    lie = line.record
    point = line.record["keys"][0]["public_key"]
    other = point[:-2] + ("00" if point[-2:] != "00" else "11")
    lie["certificates"][0]["certificate"] = lie["certificates"][0]["certificate"].replace(point, other)
    assert checked(lie, code=1)["certificate"] == "bad"
    lie = line.record
    lie["connections"][0]["device"]["sha_256"] = "00" * 32
    assert checked(lie, code=1)["connection"] == "bad"
