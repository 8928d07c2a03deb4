# SPDX-License-Identifier: Apache-2.0
"""The maker's certificates as PEM: `certificate show`, `verify` and `export`, judged by openssl and GnuTLS."""
import json
import subprocess

import pytest

from conftest import DUMPS, openssl
from tls_servers import Authority

ROLES = ["device", "signer", "root"]


def certtool(*arguments, stdin=b""):
    done = subprocess.run(["certtool", *map(str, arguments)], input=stdin, capture_output=True, timeout=60, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def chain(station):
    """role -> a PEM file, from the program's text with its headings."""
    files = {}
    for role in ROLES:
        files[role] = station.write(f"{role}.pem", station.run("certificate", "show", "--only", role).out)
    return files


@pytest.mark.parametrize("part, name", [("trust-and-go", "ATECC608-TNGTLS"), ("trust-flex", "ATECC608-TFLXTLS")])
def test_openssl_and_gnutls_verify_what_is_shown(station, part, name):
    station.new(part)
    files = chain(station)
    assert "OK" in openssl("verify", "-x509_strict", "-no_check_time", "-CAfile", files["root"], "-untrusted", files["signer"],
                           files["device"])
    openssl("verify", "-no_check_time", "-CAfile", files["root"], files["device"], code=2)
    code, told = certtool("--verify-chain", "--verify-profile", "low", stdin=station.run("certificate", "show").raw)
    assert code == 0 and "Verified. The certificate is trusted" in told, told
    shown = station.json("certificate", "show").objects
    assert [item["role"] for item in shown] == ROLES and {item["part"] for item in shown} == {name}
    for item in shown:
        facts = openssl("x509", "-noout", "-subject", "-issuer", "-serial", "-fingerprint", "-sha256", "-nameopt", "sep_comma_plus_space",
                        stdin=item["pem"].encode())
        assert f"subject={item['subject']}\n" in facts and f"issuer={item['issuer']}\n" in facts
        assert f"serial={item['number']}\n" in facts and item["sha_256"] in facts.replace(":", "")
        dates = openssl("x509", "-noout", "-dates", "-dateopt", "iso_8601", stdin=item["pem"].encode())
        for field, word in (("not_before", "notBefore"), ("not_after", "notAfter")):
            assert f"{word}={item[field].replace('T', ' ')}\n" in dates
        assert item["pem"] in station.run("certificate", "show", "--pem").out


def test_certified_key_is_slot_0s(provisioned):
    key = openssl("x509", "-noout", "-pubkey", stdin=provisioned.run("certificate", "show", "--pem", "--only", "device").raw)
    assert key == provisioned.run("public-key", "16").out


def test_pem_alone_and_headings(delivered):
    bare = delivered.run("certificate", "show", "--pem")
    assert bare.out.count("-----BEGIN CERTIFICATE-----") == 3
    assert all(len(line) <= 64 for line in bare.out.splitlines())
    told = delivered.run("certificate", "show")
    assert "device certificate of ATECC608-TNGTLS, from slots 10 and 0 of the chip\n" in told.out
    assert "  valid        2020-11-11 04:00:00 UTC to 2048-11-11 04:00:00 UTC\n" in told.out
    for line in ("  subject      ", "  issuer       ", "  serial       ", "  key          EC, 256 bits\n"):
        assert told.out.count(line) == 3
    assert "they prove nothing" in told.err and "they prove nothing" in bare.err
    assert delivered.run("--quiet", "certificate", "show").err == ""


def test_verify_says_what_is_proven_and_counts(delivered):
    told = delivered.run("certificate", "verify")
    assert "virtual: O=Microchip Technology Inc, CN=sn0123" in told.out
    assert "This proves nothing about a part" in told.out and "Microchip made this part" not in told.out
    verdict = delivered.json("certificate", "verify").event("certificate-verified")
    assert verdict["result"] == "virtual" and verdict["virtual"]
    text = openssl("x509", "-noout", "-text", stdin=delivered.run("certificate", "show", "--pem", "--only", "device").raw)
    assert verdict["public_key"].lower() in text.replace(":", "").replace("\n", "").replace(" ", "")
    assert f"  commands     {verdict['chip_commands']} chip commands, 0 of them write\n" in told.out
    assert verdict["chip_commands"] <= 19
    counted = delivered.run("--verbose", "certificate", "show").err
    assert f"imprint: {verdict['chip_commands'] - 2} commands" in counted, "no Nonce and no Sign"


@pytest.mark.parametrize("verb", ["show", "verify"])
def test_blank_part_has_none(station, verb):
    station.new("blank")
    error = station.json("certificate", verb, code=4).error
    assert error["reason"] == "no-certificate" and error["serial"] and "data zone is not locked" in error["cause"]


def test_part_without_the_makers_certificates(station):
    station.run("virtual", "new", "--as", DUMPS / "608b-tngtls.hex", "--seed", "1")
    for verb in ("show", "verify"):
        error = station.json("certificate", verb, code=4).error
        assert error["reason"] == "no-certificate" and "OTP zone names no" in error["cause"]
    error = station.json("certificate", "export", station.folder / "out", code=4).error
    assert error["reason"] == "no-certificate" and not (station.folder / "out").exists()


@pytest.mark.parametrize("cloud, names", [
    ("pem", ["{}-chain.pem", "{}.pem", "root.pem", "signer-FFFF.pem"]),
    ("aws", ["{}.pem", "{}.thing.json", "signer-FFFF.pem", "template.json"]),
    ("azure", ["{}.pem", "{}.registration-id", "root.pem", "signer-FFFF.pem"]),
])
def test_export(delivered, cloud, names):
    folder = delivered.folder / "some" / "where"
    done = delivered.json("certificate", "export", "--for", cloud, folder).event("exported")
    serial = done["serial"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(name.format(serial) for name in names)
    assert sorted(done["files"]) == sorted(str(path) for path in folder.iterdir())
    device = (folder / f"{serial}.pem").read_text()
    assert device == delivered.run("certificate", "show", "--pem", "--only", "device").out
    assert (folder / "signer-FFFF.pem").read_text() == delivered.run("certificate", "show", "--pem", "--only", "signer").out
    if cloud == "pem":
        assert "OK" in openssl("verify", "-no_check_time", "-CAfile", folder / "root.pem", "-untrusted", folder / f"{serial}-chain.pem",
                               folder / f"{serial}.pem")
    elif cloud == "aws":
        thing = json.loads((folder / f"{serial}.thing.json").read_text())
        assert (folder / f"{serial}.thing.json").read_text().count("\n") == 1, "one line, so that files can be joined"
        assert thing["ThingName"] == f"sn{serial}" and thing["SerialNumber"] == serial and thing["CertificatePem"] == device
        parameters = json.loads((folder / "template.json").read_text())["Parameters"]
        assert set(thing) <= set(parameters), "each member of a line is a parameter of the template"
    else:
        assert (folder / f"{serial}.registration-id").read_text() == f"sn{serial}".lower() + "\n"


def test_export_of_several_devices_into_one_folder(station):
    folder = station.folder / "out"
    for seed in (1, 2):
        station.run("virtual", "new", "--seed", seed, station.folder / f"chip{seed}")
        station.run("--device", f"virtual:{station.folder / f'chip{seed}'}", "certificate", "export", folder)
    assert len(list(folder.glob("0123*01.pem"))) == 2 and len(list(folder.glob("signer-*.pem"))) == 1
    before = station.snapshot()
    again = station.run("--device", f"virtual:{station.folder / 'chip1'}", "certificate", "export", folder)
    assert again.out.count("(was there already)") == 4 and station.snapshot() == before


@pytest.mark.parametrize("what", ["{}.pem", "signer-FFFF.pem", "root.pem"])
def test_export_replaces_nothing(delivered, what):
    serial = delivered.json("certificate", "verify").event("certificate-verified")["serial"]
    mine = delivered.write(f"out/{what.format(serial)}", "mine\n")
    before = delivered.snapshot()
    error = delivered.json("certificate", "export", delivered.folder / "out", code=2).error
    assert error["reason"] == "input-file" and error["subject"] == str(mine) and "never replaced" in error["cause"]
    assert delivered.snapshot() == before, "nor is any other file written"


def test_export_into_what_is_no_folder(delivered):
    for place in (delivered.chip, delivered.write("file", "x")):
        before = delivered.snapshot()
        error = delivered.json("certificate", "export", place, code=2).error
        assert error["reason"] == "input-file" and error["system"] == "Not a directory", error
        assert delivered.snapshot() == before


def test_usage(delivered):
    assert delivered.json("certificate", "show", "--only", "leaf", code=2).error["subject"] == "leaf"
    assert delivered.json("certificate", "export", "--for", "gcp", delivered.folder / "x", code=2).error["subject"] == "gcp"
    assert "needs a subcommand: show, verify, export" in delivered.json("certificate", code=2).error["cause"]


@pytest.fixture
def issued(provisioned):
    """A chain for key 18, as a station that has certificates issued keeps it: its own, an intermediate's, the root's."""
    root = Authority(provisioned.folder / "root", "Example root")
    middle = Authority(provisioned.folder / "middle", "line 7")
    request = provisioned.folder / "middle.csr"
    openssl("req", "-new", "-key", middle.key, "-subj", "/CN=line 7", "-out", request)
    root.sign(request, middle.pem, "basicConstraints=critical,CA:TRUE")
    leaf = provisioned.folder / "leaf.pem"
    middle.sign(provisioned.write("leaf.csr", provisioned.run("csr", "18", "-s", "CN=gateway-1,O=Example").out), leaf)
    pems = [path.read_text() for path in (leaf, middle.pem, root.pem)]
    (provisioned.device / "client.crt").write_text("".join(pems))
    provisioned.pems = pems
    return provisioned


def test_own_chain_is_shown(issued):
    shown = issued.json("certificate", "show", "--key", "board").objects
    assert [item["role"] for item in shown] == ["device", "signer", "root"]
    assert [item["subject"] for item in shown] == ["CN=gateway-1, O=Example", "CN=line 7", "CN=Example root"]
    assert {item["where"] for item in shown} == {str(issued.device / "client.crt")} and {item["part"] for item in shown} == {None}
    assert issued.run("certificate", "show", "--key", "18", "--pem").out == "".join(issued.pems)
    assert f"device certificate, from {issued.device / 'client.crt'}\n" in issued.run("certificate", "show", "--key", "18").out
    assert issued.json("certificate", "show", "--key", "16", code=4).error["reason"] == "no-certificate"


def test_own_chain_is_exported(issued):
    folder = issued.folder / "out"
    serial = issued.record["serial"]
    issued.run("certificate", "export", "--key", "board", folder)
    assert (folder / f"{serial}-chain.pem").read_text() == "".join(issued.pems[:2])
    assert "OK" in openssl("verify", "-CAfile", folder / "root.pem", "-untrusted", folder / "signer-line-7.pem", folder / f"{serial}.pem")
    issued.run("certificate", "export", "--key", "board", "--for", "aws", issued.folder / "aws")
    thing = json.loads((issued.folder / "aws" / f"{serial}.thing.json").read_text())
    assert thing["ThingName"] == "gateway-1" and thing["CACertificatePem"] == issued.pems[1]
    (issued.device / "client.crt").write_text("".join(issued.pems[:2]))
    issued.run("certificate", "export", "--key", "board", "--for", "azure", issued.folder / "azure")
    assert not (issued.folder / "azure" / "root.pem").exists(), "it is not in the chain"


@pytest.mark.parametrize("order, cause", [([0], "its issuer's must follow"), ([0, 2], "not issued by the one that follows"),
                                          ([0, 1, 2, 2, 2, 2], "longer than five")])
def test_own_chain_that_is_none(issued, order, cause):
    (issued.device / "client.crt").write_text("".join(issued.pems[place] for place in order))
    error = issued.json("certificate", "export", "--key", "board", issued.folder / "out", code=2).error
    assert error["reason"] == "input-file" and cause in error["cause"] and error["subject"].endswith("client.crt")


def test_name_that_a_cloud_refuses(issued):
    leaf = issued.folder / "spaces.pem"
    middle = issued.folder / "middle"
    openssl("x509", "-req", "-in", issued.write("spaces.csr", issued.run("csr", "18", "-s", "CN=0123 ATECC").out), "-CA", middle / "ca.pem",
            "-CAkey", middle / "ca.key", "-CAcreateserial", "-days", "9", "-out", leaf)
    (issued.device / "client.crt").write_text(leaf.read_text() + issued.pems[1])
    for cloud in ("aws", "azure"):
        error = issued.json("certificate", "export", "--key", "board", "--for", cloud, issued.folder / "out", code=4).error
        assert error["reason"] == "no-certificate" and error["subject"] == "0123 ATECC" and not (issued.folder / "out").exists()
