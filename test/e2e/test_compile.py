# SPDX-License-Identifier: Apache-2.0
"""imprint compile: the table for an image, the binary form, and what is refused before it is in an image."""
import json
import subprocess

import pytest

from conftest import ROOT
from host_board import PROFILE


def test_compile_refuses_private_keys(station):
    failed = station.json("compile", ROOT / "profiles" / "blank-three-ways.yaml", "--c", code=2)
    assert failed.error["reason"] == "profile-conflict" and failed.error["subject"] == "service"
    assert "private key" in failed.error["cause"] and "imprint provision" in failed.error["next"]
    # Its binary form names a file, no more.
    station.run("compile", ROOT / "profiles" / "blank-three-ways.yaml", "--binary")


def test_compile_binary_is_what_the_digest_is_of(station):
    import hashlib
    raw = station.run("compile", PROFILE, "--binary").raw
    said = station.json("compile", PROFILE, "--binary").event("compiled")
    assert bytes.fromhex(said["hex"]) == raw and hashlib.sha256(raw).hexdigest().upper() == said["digest"]
    out = station.folder / "profile.bin"
    station.run("compile", PROFILE, "--binary", "-o", out)
    assert out.read_bytes() == raw


def test_compile_is_the_same_each_time(station):
    first = station.run("compile", PROFILE, "--c", "--name", "mine").out
    out = station.folder / "mine.c"
    said = station.json("compile", PROFILE, "--c", "--name", "mine", "-o", out).event("compiled")
    assert out.read_text() == first and said["bytes"] == len(first) and "c" not in said
    assert "const struct profile_compiled mine = {" in first and str(ROOT) not in first
    armed = station.run("compile", PROFILE, "--c", "--arm", "profile", "--run-at-start").out
    assert ".armed = true" in armed and ".run_at_start = true" in armed and ".armed = false" in first


FLEX = ROOT / "profiles" / "trust-flex-identity.yaml"
KNOWN_ISSUER = ROOT / "test" / "data" / "tls" / "issuers.yaml"


def test_compile_certificates(station):
    """The same each time, and without the issuer's key; what it gives a board is tested in test_board_tls.py."""
    first = station.run("--issuers", KNOWN_ISSUER, "compile", FLEX, "--certificates").out
    out = station.folder / "mine.c"
    said = station.json("--issuers", KNOWN_ISSUER, "compile", FLEX, "--certificates", "--name", "mine", "-o", out).event("compiled")
    assert "const struct cert_slot_source mine[] = {" in out.read_text() and said["bytes"] == len(out.read_text())
    assert "const struct cert_slot_source certificates[] = {" in first and "const size_t certificates_count" in first
    assert first == station.run("--issuers", KNOWN_ISSUER, "compile", FLEX, "--certificates").out
    assert first.count("_tbs_0_") > 2 and ".slot = 10" in first and ".key_id = 16" in first


def test_compile_certificates_refuses(station):
    """No certificate in a slot; an issuer that is not in the file; no file."""
    psa = ROOT / "test" / "data" / "profiles" / "board-est.yaml"
    failed = station.json("--issuers", KNOWN_ISSUER, "compile", psa, "--certificates", code=2)
    assert failed.error["reason"] == "profile-conflict" and "slot" in failed.error["next"]
    other = station.write("other.yaml", FLEX.read_text().replace("issuer: factory", "issuer: nobody"))
    failed = station.json("--issuers", KNOWN_ISSUER, "compile", other, "--certificates", "-o", station.folder / "none.c", code=6)
    assert failed.error["subject"] == "nobody" and failed.error["next"] and not (station.folder / "none.c").exists()
    assert station.json("compile", FLEX, "--certificates", code=2).error["next"]


BAD_COMPILE = [
    ((), "usage"), (("--c", "--binary"), "usage"), (("--c", "--certificates"), "usage"), (("--certificates", "--arm", "profile"), "usage"), (("--binary", "--name", "a"), "usage"), (("--binary", "--arm", "profile"), "usage"),
    (("--binary", "--run-at-start"), "usage"), (("--c", "--name", "9"), "usage"), (("--c", "--name", "int"), "usage"),
    (("--c", "--arm", "0123A1B2C3D4E5F601"), "usage"), (("--c", "-o", "/nowhere/x.c"), "input-file"),
]


@pytest.mark.parametrize("more, reason", BAD_COMPILE, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_compile_usage(station, more, reason):
    failed = station.json("compile", PROFILE, *more, code=2)
    assert failed.error["reason"] == reason and failed.error["next"]


def test_compile_refuses_what_a_board_could_not_do(station, plan):
    plan["keys"][1]["csr-subject"] = "XY=nothing known"
    failed = station.json("compile", station.write("bad.yaml", json.dumps(plan)), "--c", code=2)
    assert failed.error["reason"] == "profile-schema" and "unknown attribute type" in failed.error["cause"]
    plan["keys"][1]["csr-subject"] = "CN=x"
    plan["keys"].append({"name": "root", "id": 20, "method": "import", "slot": 9, "type": "ecc-public-key(secp-r1)", "bits": 256,
                         "algorithm": "ecdsa(sha-256)", "usage": ["verify-hash"], "file": "none.pem"})
    failed = station.json("compile", station.write("bad.yaml", json.dumps(plan)), "--c", code=2)
    assert failed.error["reason"] == "input-file" and failed.error["key_id"] == 20


def test_a_proof_by_a_connection_is_the_stations(station):
    """The station connects: the image has no step for it, but signs a handshake. Only such an image does."""
    text = (ROOT / "profiles" / "trust-flex-identity.yaml").read_text()
    profile = station.write("tls.yaml", text.replace("    psa-id: 0x1001", "    psa-id: 0x1001\n    prove: tls\n    connection: broker"))
    table = station.run("compile", profile, "--c").out
    assert ".handshake = factory_sign_handshake" in table and ".prove = PROFILE_PROVE_TLS" in table and "provision_step_prove_tls" not in table
    assert "handshake" not in station.run("compile", ROOT / "profiles" / "trust-flex-identity.yaml", "--c").out


@pytest.mark.parametrize("algorithm, builds", [("ecdsa(sha-256)", True), ("ecdsa(any-hash)", True), ("ecdsa(sha-384)", False)])
def test_table_is_refused_by_an_image_without_its_hash(station, plan, algorithm, builds):
    """On a board the key could not be proven: whoever builds the image learns it."""
    plan["keys"][1]["algorithm"] = algorithm
    table = station.folder / "table.c"
    station.run("compile", station.write("hash.yaml", json.dumps(plan)), "--c", "-o", table)
    mbedtls = subprocess.run([ROOT / "scripts" / "get-mbedtls"], capture_output=True, text=True, check=True).stdout.strip()
    for config, ends_well in (("factory.h", builds), (None, True)):
        done = subprocess.run(["cc", "-fsyntax-only", f"-I{ROOT}", f"-I{ROOT}/src", f"-I{ROOT}/include", f"-I{mbedtls}/include"] +
                              ([f'-DMBEDTLS_CONFIG_FILE="{ROOT}/firmware/mbedtls/{config}"'] if config else []) + [table],
                              capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == ends_well, done.stderr
        assert ends_well or f"key {plan['keys'][1]['id']} of the profile needs PSA_WANT_ALG_SHA_384" in done.stderr
