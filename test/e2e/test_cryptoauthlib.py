# SPDX-License-Identifier: Apache-2.0
"""
Microchip's own library against virtual chips: the package `cryptoauthlib` of PyPI, unchanged, in a Python of its own
(IMPRINT_CRYPTOAUTHLIB names it; scripts/get-cryptoauthlib makes it), on /dev/i2c-1 of `imprint virtual run`. What the
chip answers is held against openssl, Python's hashlib and published vectors.
"""
import hashlib
import hmac
import json
import os
import subprocess
import textwrap

import pytest

from conftest import DUMPS, ROOT, der_of, openssl, run_program
from test_virtual_run import ENV

PYTHON = os.environ.get("IMPRINT_CRYPTOAUTHLIB")
pytestmark = pytest.mark.skipif(PYTHON is None, reason="IMPRINT_CRYPTOAUTHLIB is not set: see scripts/get-cryptoauthlib")

# What every host program begins with. `ok` wants success, `get` gives what a call returns in its last argument, `true`
# what it returns as a truth value. `given` comes from the test, `out` goes back.
HOST = """
import ctypes, json, sys
from cryptoauthlib import *
given = json.loads(sys.argv[1])
out = {}

def ok(status):
    assert status == 0, f"{sys._getframe(1).f_lineno}: status {int(status):#x}"

def hexed(name):
    return bytes.fromhex(given[name])

def get(size, call, *arguments):
    buffer = bytearray(size)
    ok(call(*arguments, buffer))
    return bytes(buffer[:size])

def true(call, *arguments):
    answer = AtcaReference(0)
    ok(call(*arguments, answer))
    return bool(answer.value)

def room():
    # For a context: the package's own structures are shorter than what the library writes into them.
    return ctypes.create_string_buffer(1024)

def number(call, *arguments):
    answer = AtcaReference(0)
    ok(call(*arguments, answer))
    return answer.value

load_cryptoauthlib()
interface = cfg_ateccx08a_i2c_default()
interface.cfg.atcai2c.bus = 1
interface.cfg.atcai2c.address = given["address"]
interface.devtype = get_device_type_id(given["type"])
ok(atcab_init(interface))
"""
LAST = """
ok(atcab_release())
print(json.dumps({name: value.hex() if isinstance(value, (bytes, bytearray)) else value for name, value in out.items()}))
"""
EXECUTION_ERROR = 0xf4  # the library's status for the chip's 0F, its low byte
CONFIGURATION = bytes.fromhex("".join(line for line in (DUMPS / "608-cryptoauthlib-test.hex").read_text().splitlines()
                                      if not line.startswith("#")))
KEY = bytes(range(0x40, 0x60))
CURVE = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # SubjectPublicKeyInfo up to X


class Chip:
    def __init__(self, path, part, address, family="ATECC608"):
        self.path, self.address, self.family = path, address, family
        self.made = run_program("--json", "virtual", "new", "--as", part, path).objects[-1]

    def host(self, body, **given):
        """Runs a host program; its `out`, bytes where they were bytes."""
        given = {name: value.hex() if isinstance(value, (bytes, bytearray)) else value for name, value in given.items()}
        given.update(address=self.address << 1, type=self.family)
        done = run_program("virtual", "run", self.path, "--", PYTHON, "-c", HOST + textwrap.dedent(body) + LAST,
                           json.dumps(given), env=ENV)
        return {name: bytes.fromhex(value) if isinstance(value, str) else value
                for name, value in json.loads(done.out.splitlines()[-1]).items()}


@pytest.fixture
def trust_and_go(tmp_path):
    return Chip(tmp_path / "chip", "trust-and-go", 0x35)


@pytest.fixture
def ours(tmp_path):
    """A blank part that the library configures, locks and fills by itself: slot 4 is KEY, keys in slots 0, 2 and 7."""
    chip = Chip(tmp_path / "chip", "blank", 0x60)
    chip.host("""
        configuration = hexed("configuration")
        assert not true(atcab_is_locked, 0)
        ok(atcab_write_config_zone(configuration))
        assert true(atcab_cmp_config_zone, bytearray(configuration))
        ok(atcab_lock_config_zone())
        assert true(atcab_is_locked, 0) and not true(atcab_is_locked, 1)
        ok(atcab_write_zone(2, 4, 0, 0, hexed("key"), 32))
        for slot in 0, 2, 7:
            get(64, atcab_genkey, slot)
        ok(atcab_lock_data_zone())
        assert true(atcab_is_locked, 1)
    """, configuration=CONFIGURATION, key=KEY)
    return chip


class HostKey:
    """A key pair of the host's, made by openssl."""

    def __init__(self, folder, name="host"):
        self.file = folder / f"{name}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.file)
        der = subprocess.run(["openssl", "ec", "-in", self.file, "-outform", "DER"], capture_output=True, check=True).stdout
        self.scalar = der[7:39]
        self.point = der[-64:]

    def sign(self, digest):
        der = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.file], input=digest, capture_output=True,
                             check=True).stdout
        r, s = der[4:4 + der[3]], der[6 + der[3]:]
        return r.lstrip(b"\0").rjust(32, b"\0") + s.lstrip(b"\0").rjust(32, b"\0")

    def shared(self, folder, point):
        (folder / "peer.der").write_bytes(CURVE + point)
        return subprocess.run(["openssl", "pkeyutl", "-derive", "-inkey", self.file, "-peerform", "DER", "-peerkey",
                               folder / "peer.der"], capture_output=True, check=True).stdout


def verifies(folder, point, digest, signature):
    """Is this a signature of a digest? As openssl has it."""
    (folder / "key.der").write_bytes(CURVE + point)
    (folder / "signature").write_bytes(der_of(signature))
    (folder / "digest").write_bytes(digest)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der",
                           "-in", folder / "digest", "-sigfile", folder / "signature"], capture_output=True, check=False)
    return done.returncode == 0


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


# ---- a part as delivered ----

def test_identity(trust_and_go):
    out = trust_and_go.host("""
        out["revision"] = get(4, atcab_info)
        out["serial"] = get(9, atcab_read_serial_number)
        out["config"] = get(128, atcab_read_config_zone)
        out["otp"] = get(32, lambda buffer: atcab_read_zone(1, 0, 0, 0, buffer, 32))
        out["locks"] = [true(atcab_is_locked, 0), true(atcab_is_locked, 1)]
        out["slots"] = [true(atcab_is_slot_locked, slot) for slot in range(16)]
    """)
    assert out["revision"] == bytes.fromhex("00006003")
    assert out["serial"].hex().upper() == trust_and_go.made["serial"]
    assert out["config"][:4] + out["config"][8:13] == out["serial"]
    assert out["config"][16] == 0x6a and out["otp"][:8] == b"KQp2ZkD8"
    assert out["locks"] == [True, True] and not any(out["slots"])


def test_random_numbers_differ(trust_and_go):
    out = trust_and_go.host("""
        out["numbers"] = [get(32, atcab_random).hex() for _ in range(8)]
    """)
    assert len(set(out["numbers"])) == 8


def test_generated_key_signs(trust_and_go, tmp_path):
    digest = sha256(b"message")
    out = trust_and_go.host("""
        out["first"] = get(64, atcab_get_pubkey, 2)
        out["point"] = get(64, atcab_genkey, 2)
        out["again"] = get(64, atcab_get_pubkey, 2)
        out["signature"] = get(64, atcab_sign, 2, hexed("digest"))
        out["good"] = true(atcab_verify_extern, hexed("digest"), out["signature"], out["point"])
        out["bad"] = true(atcab_verify_extern, bytes(32), out["signature"], out["point"])
        out["forbidden"] = atcab_genkey(0, bytearray(64)) & 0xff
    """, digest=digest)
    assert out["first"] != out["point"] == out["again"]
    assert out["good"] and not out["bad"]
    assert out["forbidden"] == EXECUTION_ERROR
    assert verifies(tmp_path, out["point"], digest, out["signature"])
    assert not verifies(tmp_path, out["point"], sha256(b"another"), out["signature"])


def test_verifies_what_openssl_signs(trust_and_go, tmp_path):
    key, digest = HostKey(tmp_path), sha256(b"from outside")
    out = trust_and_go.host("""
        out["good"] = true(atcab_verify_extern, hexed("digest"), hexed("signature"), hexed("point"))
        out["off_curve"] = atcab_verify_extern(hexed("digest"), hexed("signature"), hexed("off_curve"), AtcaReference(0)) & 0xff
    """, digest=digest, signature=key.sign(digest), point=key.point,
                            off_curve=key.point[:63] + bytes([key.point[63] ^ 1]))
    assert out["good"]
    assert out["off_curve"] == EXECUTION_ERROR


def test_shared_secret(trust_and_go, tmp_path):
    key = HostKey(tmp_path)
    out = trust_and_go.host("""
        out["point"] = get(64, atcab_get_pubkey, 0)
        out["secret"] = get(32, atcab_ecdh, 0, hexed("point"))
        out["ephemeral"] = get(64, atcab_genkey_base, 4, 0xffff, bytes(3))
        out["from_tempkey"] = get(32, atcab_ecdh_tempkey, hexed("point"))
    """, point=key.point)
    assert out["secret"] == key.shared(tmp_path, out["point"])
    assert out["from_tempkey"] == key.shared(tmp_path, out["ephemeral"])


def test_hashes(trust_and_go):
    lengths = [0, 1, 3, 55, 56, 63, 64, 65, 127, 128, 200]
    message = bytes(i * 7 & 0xff for i in range(200))
    out = trust_and_go.host("""
        message = hexed("message")
        out["digests"] = [get(32, atcab_hw_sha2_256, message[:length], length).hex() for length in given["lengths"]]
        context = room()
        ok(atcab_hw_sha2_256_init(context))
        for at in range(0, 200, 50):
            ok(atcab_hw_sha2_256_update(context, message[at:at + 50], 50))
        out["in_pieces"] = get(32, atcab_hw_sha2_256_finish, context)
        ok(atcab_sha_start())
        ok(atcab_sha_update(message[:64]))
        saved, size = bytearray(130), AtcaReference(130)
        ok(atcab_sha_read_context(saved, size))
        ok(atcab_sha_start())
        ok(atcab_sha_write_context(bytes(saved[:size.value]), size.value))
        out["resumed"] = get(32, lambda buffer: atcab_sha_end(buffer, 6, message[64:70]))
    """, lengths=lengths, message=message)
    assert out["digests"] == [sha256(message[:length]).hex() for length in lengths]
    assert out["in_pieces"] == sha256(message)
    assert out["resumed"] == sha256(message[:70])


def test_counters_only_rise(trust_and_go):
    out = trust_and_go.host("""
        out["before"] = [number(atcab_counter_read, counter) for counter in (0, 1)]
        out["steps"] = [number(atcab_counter_increment, 1) for _ in range(3)]
        out["after"] = [number(atcab_counter_read, counter) for counter in (0, 1)]
    """)
    zero, one = out["before"]
    assert out["steps"] == [one + 1, one + 2, one + 3]
    assert out["after"] == [zero, one + 3]


def test_slot_lock_is_for_ever(trust_and_go):
    body = """
        out["locked"] = true(atcab_is_slot_locked, 3)
        if not out["locked"]:
            out["generated"] = atcab_genkey(3, bytearray(64))
            ok(atcab_lock_data_slot(3))
        out["refused"] = [atcab_genkey(3, bytearray(64)) & 0xff, atcab_lock_data_slot(3) & 0xff]
        get(64, atcab_sign, 3, bytes(32))
    """
    first, second = trust_and_go.host(body), trust_and_go.host(body)
    assert not first["locked"] and first["generated"] == 0 and second["locked"]
    assert first["refused"] == second["refused"] == [EXECUTION_ERROR, EXECUTION_ERROR]


@pytest.mark.parametrize("part, address", [("trust-and-go", 0x35), ("trust-flex", 0x36)])
def test_certificates(tmp_path, part, address):
    """The library rebuilds both from the chip; openssl checks the chain, the step to Microchip's root apart."""
    chip = Chip(tmp_path / "chip", part, address)
    out = chip.host("""
        from cryptoauthlib.tng import *
        size = AtcaReference(0)
        ok(tng_atcacert_max_signer_cert_size(size))
        signer, signer_size = bytearray(size.value), AtcaReference(size.value)
        ok(tng_atcacert_read_signer_cert(signer, signer_size))
        ok(tng_atcacert_max_device_cert_size(size))
        device, device_size = bytearray(size.value), AtcaReference(size.value)
        ok(tng_atcacert_read_device_cert(device, device_size, bytes(signer[:signer_size.value])))
        out["signer"], out["device"] = signer[:signer_size.value], device[:device_size.value]
        out["point"] = get(64, tng_get_device_pubkey)
    """)
    for name in "signer", "device":
        (tmp_path / f"{name}.der").write_bytes(out[name])
        openssl("x509", "-inform", "DER", "-in", tmp_path / f"{name}.der", "-out", tmp_path / f"{name}.pem")
    text = openssl("x509", "-in", tmp_path / "device.pem", "-noout", "-subject", "-issuer", "-nameopt", "RFC2253")
    assert f"CN=sn{chip.made['serial']}" in text and "CN=Crypto Authentication Signer FFFF" in text
    assert out["device"].find(out["point"]) > 0
    assert "OK" in openssl("verify", "-partial_chain", "-no_check_time", "-ignore_critical", "-trusted",
                           tmp_path / "signer.pem", tmp_path / "device.pem")


# ---- a part that the library has configured ----

def test_configures_a_blank_part(ours):
    """`ours` has done it; the config zone is what was asked for, and the library's own comparison agrees."""
    out = ours.host("""
        out["config"] = get(128, atcab_read_config_zone)
        out["same"] = true(atcab_cmp_config_zone, bytearray(hexed("configuration")))
        out["again"] = [atcab_lock_config_zone() & 0xff, atcab_lock_data_zone() & 0xff]
        out["written"] = atcab_write_zone(0, 0, 1, 0, bytes(32), 32) & 0xff
    """, configuration=CONFIGURATION)
    assert out["config"][16:84] == CONFIGURATION[16:84] and out["config"][88:] == CONFIGURATION[88:]
    assert out["config"][84:88] == bytes(4)
    assert out["same"]
    assert out["again"] == [EXECUTION_ERROR] * 2 and out["written"] == EXECUTION_ERROR


def test_lock_wants_the_right_crc(tmp_path):
    chip = Chip(tmp_path / "chip", "blank", 0x60)
    out = chip.host("""
        config = get(128, atcab_read_config_zone)
        crc = 0
        for byte in config:
            for bit in range(8):
                crc = (crc << 1 ^ (0x8005 if crc >> 15 ^ byte >> bit & 1 else 0)) & 0xffff
        out["wrong"] = atcab_lock_config_zone_crc(crc ^ 1) & 0xff
        out["still"] = true(atcab_is_locked, 0)
        out["right"] = atcab_lock_config_zone_crc(crc)
        out["then"] = true(atcab_is_locked, 0)
    """)
    assert out["wrong"] == EXECUTION_ERROR and not out["still"]
    assert out["right"] == 0 and out["then"]


def test_encrypted_transfers(ours):
    secret = bytes(range(0x80, 0xa0))
    out = ours.host("""
        ok(atcab_write_enc(8, 0, hexed("secret"), hexed("key"), 4))
        out["read"] = get(32, lambda buffer: atcab_read_enc(8, 0, buffer, hexed("key"), 4))
        wrong = bytes(32)
        out["wrong"] = [atcab_write_enc(8, 0, wrong, wrong, 4) & 0xff]
        out["clear"] = [atcab_read_zone(2, 8, 0, 0, bytearray(32), 32) & 0xff,
                        atcab_write_zone(2, 8, 0, 0, bytes(32), 32) & 0xff]
        out["garbled"] = get(32, lambda buffer: atcab_read_enc(8, 0, buffer, wrong, 4))
    """, key=KEY, secret=secret)
    assert out["read"] == secret != out["garbled"]
    assert out["wrong"] == [EXECUTION_ERROR] and out["clear"] == [EXECUTION_ERROR] * 2


def test_imported_private_key(ours, tmp_path):
    key, digest = HostKey(tmp_path), sha256(b"imported")
    out = ours.host("""
        ok(atcab_priv_write(7, bytes(4) + hexed("scalar"), 4, hexed("key")))
        out["point"] = get(64, atcab_get_pubkey, 7)
        out["signature"] = get(64, atcab_sign, 7, hexed("digest"))
    """, scalar=key.scalar, key=KEY, digest=digest)
    assert out["point"] == key.point
    assert verifies(tmp_path, key.point, digest, out["signature"])


def test_macs_and_checks(ours):
    challenge, other = bytes(range(32)), bytes([0x08, 0, 4, 0]) + bytes(9)
    out = ours.host("""
        out["serial"] = get(9, atcab_read_serial_number)
        out["mac"] = get(32, atcab_mac, 0, 4, hexed("challenge"))
        out["random"] = get(32, atcab_nonce_rand, bytes(20))
        out["of_nonce"] = get(32, atcab_mac, 0x41, 4, bytes(32))
        out["good"] = atcab_checkmac(0, 4, hexed("challenge"), out["mac"], hexed("other"))
        out["bad"] = atcab_checkmac(0, 4, hexed("challenge"), bytes(32), hexed("other")) & 0xff
        out["gone"] = atcab_mac(0x41, 4, bytes(32), bytearray(32)) & 0xff
    """, challenge=challenge, other=other)
    serial = out["serial"]
    text = bytes([0x08, 0, 4, 0]) + bytes(11) + serial[8:] + bytes(4) + serial[:2] + bytes(2)
    assert out["mac"] == sha256(KEY, challenge, text)
    tempkey = sha256(out["random"], bytes(20), bytes([0x16, 0, 0]))
    text = bytes([0x08, 0x41, 4, 0]) + bytes(11) + serial[8:] + serial[4:8] + serial[:2] + serial[2:4]
    assert out["of_nonce"] == sha256(KEY, tempkey, text)
    assert out["good"] == 0 and out["bad"] == 0xd1  # CheckMac failed
    assert out["gone"] == EXECUTION_ERROR


def test_hmac(ours):
    message = bytes(range(100))
    out = ours.host("""
        out["mac"] = get(32, lambda buffer: atcab_sha_hmac(hexed("message"), 100, 4, buffer, 0xc0))
    """, message=message)
    assert out["mac"] == hmac.new(KEY, message, hashlib.sha256).digest()


def test_kdf(ours):
    message = bytes(range(48))
    out = ours.host("""
        message = hexed("message")
        ok(atcab_nonce_load(0, hexed("key"), 32))
        out["hkdf"] = get(32, lambda b: atcab_kdf(0x40 | 0x10, 0, len(message) << 24 | 2, message, b, bytearray(32)))
        ok(atcab_nonce_load(0, hexed("key"), 32))
        out["prf"] = get(32, lambda b: atcab_kdf(0x00 | 0x10, 0, len(message) << 24 | 1, message, b, bytearray(32)))
        ok(atcab_nonce_load(0, hexed("key"), 32))
        out["aes"] = get(32, lambda b: atcab_kdf(0x20 | 0x10, 0, 0, message[:16], b, bytearray(32)))
    """, key=KEY, message=message)

    def prf(secret, seed, length):  # P_SHA256 of RFC 5246, 5
        a, stream = seed, b""
        while len(stream) < length:
            a = hmac.new(secret, a, hashlib.sha256).digest()
            stream += hmac.new(secret, a + seed, hashlib.sha256).digest()
        return stream[:length]
    assert out["hkdf"] == hmac.new(KEY, message, hashlib.sha256).digest()
    assert out["prf"] == prf(KEY, message, 32)
    done = subprocess.run(["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", KEY[:16].hex()], input=message[:16],
                          capture_output=True, check=True)
    assert out["aes"][:16] == done.stdout


def test_aes(ours):
    """ECB and CBC against openssl, CMAC and GCM against RFC 4493 (example 2) and the GCM paper (test case 4)."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    gcm_key = bytes.fromhex("feffe9928665731c6d6a8f9467308308")
    plain = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    text = bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                         "b16aedf5aa0de657ba637b39")
    out = ours.host("""
        plain = hexed("plain")
        ok(atcab_write_zone(2, 10, 0, 0, hexed("key") + hexed("gcm_key"), 32))
        out["ecb"] = get(16, atcab_aes_encrypt, 10, 0, plain[:16])
        out["back"] = get(16, atcab_aes_decrypt, 10, 0, out["ecb"])
        ok(atcab_nonce_load(0, hexed("key") + bytes(16), 32))
        out["from_tempkey"] = get(16, atcab_aes_encrypt, 0xffff, 0, plain[:16])
        cbc = room()
        ok(atcab_aes_cbc_init(cbc, 10, 0, bytearray(16)))
        out["cbc"] = b"".join(get(16, atcab_aes_cbc_encrypt_block, cbc, plain[at:at + 16]) for at in (0, 16))
        cmac = room()
        ok(atcab_aes_cmac_init(cmac, 10, 0))
        ok(atcab_aes_cmac_update(cmac, bytearray(plain[:16]), 16))
        out["cmac"] = get(16, lambda buffer: atcab_aes_cmac_finish(cmac, buffer, 16))
        gcm = room()
        ok(atcab_aes_gcm_init(gcm, 10, 1, hexed("iv"), 12))
        ok(atcab_aes_gcm_aad_update(gcm, bytearray(hexed("aad")), 20))
        out["gcm"] = get(60, atcab_aes_gcm_encrypt_update, gcm, hexed("text"), 60)
        out["tag"] = get(16, lambda buffer: atcab_aes_gcm_encrypt_finish(gcm, buffer, 16))
        out["not_aes"] = atcab_aes_encrypt(8, 0, plain[:16], bytearray(16)) & 0xff
    """, key=key, gcm_key=gcm_key, plain=plain, text=text, iv=bytes.fromhex("cafebabefacedbaddecaf888"),
                    aad=bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))

    def encrypted(mode, data):
        return subprocess.run(["openssl", "enc", f"-aes-128-{mode}", "-nopad", "-K", key.hex(),
                               *([] if mode == "ecb" else ["-iv", "00" * 16])], input=data, capture_output=True,
                              check=True).stdout
    assert out["ecb"] == out["from_tempkey"] == encrypted("ecb", plain[:16]) and out["back"] == plain[:16]
    assert out["cbc"] == encrypted("cbc", plain)
    assert out["cmac"].hex() == "070a16b46b4d4144f79bdd9dd04a287c"
    assert out["gcm"].hex() == ("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
                                "ac84aa051ba30b396a0aac973d58e091")
    assert out["tag"].hex() == "5bc94fbc3221a5db94fae95ae7121a47"
    assert out["not_aes"] == EXECUTION_ERROR


def test_secure_boot(ours, tmp_path):
    """Mode FullDig: the digest is stored once its signature was good; then the digest alone will do, and no other."""
    key, digest = HostKey(tmp_path), sha256(b"firmware 1")
    out = ours.host("""
        ok(atcab_write_pubkey(11, hexed("point")))
        digest, signature, key = hexed("digest"), hexed("signature"), hexed("key")
        out["copied"] = atcab_secureboot(7, 0, digest, signature, bytearray(32))
        out["stored"] = get(32, lambda buffer: atcab_read_zone(2, 12, 0, 0, buffer, 32))
        out["boots"] = atcab_secureboot(6, 0, digest, bytes(64), bytearray(32))
        out["other"] = atcab_secureboot(6, 0, bytes(32), bytes(64), bytearray(32)) & 0xff
        out["forged"] = atcab_secureboot(5, 0, bytes(32), signature, bytearray(32)) & 0xff
        out["proven"] = true(atcab_secureboot_mac, 5, digest, signature, bytes(20), key)
        out["proven_wrong"] = true(atcab_secureboot_mac, 5, bytes(32), signature, bytes(20), key)
    """, point=key.point, digest=digest, signature=key.sign(digest), key=KEY)
    assert out["copied"] == 0 and out["stored"] == digest and out["boots"] == 0
    assert out["other"] == out["forged"] == 0xd1
    assert out["proven"] and not out["proven_wrong"]


def test_latch_opens_a_key(ours):
    """Slot 5 wants the latch, which wants an authorisation by slot 4."""
    other = bytes([0x08, 1, 4, 0]) + bytes(9)
    out = ours.host("""
        import hashlib
        serial = get(9, atcab_read_serial_number)
        block = bytes(16)
        out["before"] = [number(atcab_info_get_latch), atcab_aes_encrypt(5, 0, block, bytearray(16)) & 0xff]
        out["alone"] = atcab_info_set_latch(1) & 0xff
        random = get(32, atcab_nonce_rand, bytes(20))
        tempkey = hashlib.sha256(random + bytes(20) + bytes([0x16, 0, 0])).digest()
        other = hexed("other")
        answer = hashlib.sha256(hexed("key") + tempkey + other[:4] + bytes(8) + other[4:7] + serial[8:] + other[7:11]
                                + serial[:2] + other[11:]).digest()
        ok(atcab_checkmac(1, 4, bytes(32), answer, other))
        ok(atcab_info_set_latch(1))
        out["after"] = [number(atcab_info_get_latch), atcab_aes_encrypt(5, 0, block, bytearray(16))]
    """, key=KEY, other=other)
    assert out["before"] == [0, EXECUTION_ERROR] and out["alone"] == EXECUTION_ERROR
    assert out["after"] == [1, 0]


def test_self_test(ours):
    out = ours.host("""
        out["failed"] = number(atcab_selftest, 0x3b, 0)
    """)
    assert out["failed"] == 0


# ---- the older part ----

def test_508a(tmp_path):
    chip = Chip(tmp_path / "chip", DUMPS / "508a-mbed-readme-device.hex", 0x60, "ATECC508A")
    digest = sha256(b"508A")
    out = chip.host("""
        out["revision"] = get(4, atcab_info)
        out["point"] = get(64, atcab_genkey, 0)
        out["signature"] = get(64, atcab_sign, 0, hexed("digest"))
        out["good"] = true(atcab_verify_extern, hexed("digest"), out["signature"], out["point"])
        out["hash"] = get(32, atcab_hw_sha2_256, hexed("digest"), 32)
    """, digest=digest)
    assert out["revision"] == bytes.fromhex("00005000")
    assert out["good"] and verifies(tmp_path, out["point"], digest, out["signature"])
    assert out["hash"] == sha256(digest)


def test_our_certificate(station):
    """A certificate that imprint has issued, by a definition as docs/guide/identity.md has it: the library finds it."""
    station.new("trust-flex")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", station.state / "ca.key")
    openssl("req", "-x509", "-new", "-key", station.state / "ca.key", "-subj", "/CN=Example CA", "-days", 36500,
            "-addext", "keyUsage=critical,keyCertSign", "-out", station.state / "ca.pem")
    (station.state / "ca.key").chmod(0o600)
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [
        {"name": "factory", "kind": "file", "certificate": "ca.pem", "key": "ca.key"}]}))
    (issued,) = station.json("provision", ROOT / "profiles" / "trust-flex-identity.yaml", "--arm", "profile").event("provisioned")["certificates"]
    der = bytes.fromhex(issued["certificate"])
    serial = bytes.fromhex(station.record["serial"])
    tbs = int.from_bytes(der[6:8], "big") + 4
    at = {"sn": der.index(bytes.fromhex(issued["serial_number"])), "subject": der.index(serial.hex().encode()),
          "point": der.index(bytes.fromhex("03420004")) + 4, "ski": der.index(bytes.fromhex("0603551d0e04160414")) + 9,
          "aki": der.index(bytes.fromhex("0603551d230418301680 14".replace(" ", ""))) + 11, "signature": 4 + tbs + 12}
    at["issue"] = der.index(b"\x17\x0d") + 2
    at["expire"] = at["issue"] + 15
    # A template has nothing of this device.
    template = bytearray(der)
    for name, size in (("sn", 16), ("subject", 18), ("point", 64), ("ski", 20), ("aki", 20), ("issue", 13), ("expire", 13)):
        template[at[name]:at[name] + size] = b"0" * size
    chip = Chip.__new__(Chip)
    chip.path, chip.address, chip.family = station.chip, 0x36, "ATECC608"
    out = chip.host("""
        from cryptoauthlib.atcacert import *
        at, template = given["at"], hexed("template")
        nothing = {"offset": 0, "count": 0}
        def data(slot, count, genkey=0, offset=0, zone=atcacert_device_zone_t.DEVZONE_DATA):
            return {"zone": int(zone), "slot": slot, "is_genkey": genkey, "offset": offset, "count": count}
        def place(name, count, offset=0):
            return {"offset": at[name] + offset, "count": count}
        def of(array, type):
            return ctypes.cast(array, ctypes.POINTER(type))
        digits = (atcacert_cert_element_t * 2)(*[atcacert_cert_element_t(**element) for element in (
            {"id": b"SN03", "device_loc": data(0, 4, zone=atcacert_device_zone_t.DEVZONE_CONFIG), "cert_loc": place("subject", 8),
             "transforms": [int(atcacert_transform_t.TF_BIN2HEX_LC), 0]},
            {"id": b"SN48", "device_loc": data(0, 5, zone=atcacert_device_zone_t.DEVZONE_CONFIG, offset=8),
             "cert_loc": place("subject", 10, 8), "transforms": [int(atcacert_transform_t.TF_BIN2HEX_LC), 0]})])
        whole = (ctypes.c_uint8 * len(template))(*template)
        definition = atcacert_def_t(**{
            "type": int(atcacert_cert_type_t.CERTTYPE_X509), "comp_cert_dev_loc": data(10, 72), "private_key_slot": 2, "template_id": 0, "chain_id": 0,
            "std_sig_size": 64, "sn_source": int(atcacert_cert_sn_src_t.SNSRC_PUB_KEY_HASH), "cert_sn_dev_loc": data(0, 0, zone=atcacert_device_zone_t.DEVZONE_NONE),
            "issue_date_format": int(atcacert_date_format_t.DATEFMT_RFC5280_UTC),
            "expire_date_format": int(atcacert_date_format_t.DATEFMT_RFC5280_UTC),
            "tbs_cert_loc": {"offset": 4, "count": given["tbs"]}, "expire_years": 20, "public_key_dev_loc": data(2, 64, genkey=1),
            "std_cert_elements": [place("point", 64), place("signature", 75), place("issue", 13), place("expire", 13), nothing,
                                  place("sn", 16), place("aki", 20), place("ski", 20)],
            "cert_elements": of(digits, atcacert_cert_element_t),
            "cert_elements_count": 2, "cert_template": of(whole, ctypes.c_uint8), "cert_template_size": len(template)})
        authority = get(64, atcab_read_pubkey, 11)
        size = AtcaReference(1024)
        certificate = bytearray(1024)
        ok(atcacert_read_cert(definition, authority, certificate, size))
        out["certificate"], out["authority"] = certificate[:size.value], authority
    """, at=at, tbs=tbs, template=bytes(template))
    assert out["certificate"] == der
    (station.folder / "read.der").write_bytes(out["certificate"])
    openssl("x509", "-inform", "DER", "-in", station.folder / "read.der", "-out", station.folder / "read.pem")
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", station.state / "ca.pem", station.folder / "read.pem")


def test_our_signer(station):
    """The signer's certificate in a slot (`signer-slot`): the library puts it together again, from the slot and the key beside it."""
    station.new("trust-flex")
    station.run("ca", "new")
    text = (ROOT / "profiles" / "trust-flex-identity.yaml").read_text().replace("issuer: factory", "issuer: rehearsal")
    profile = station.write("signer.yaml", text.replace("signer-key-slot: 11", "signer-key-slot: 11\n    signer-slot: 12"))
    station.run("provision", profile, "--arm", "profile")
    openssl("x509", "-in", station.state / "ca" / "signer.pem", "-outform", "DER", "-out", station.folder / "signer.der")
    der = (station.folder / "signer.der").read_bytes()
    tbs = int.from_bytes(der[6:8], "big") + 4
    at = {"sn": der.index(bytes.fromhex("0210")) + 2, "point": der.index(bytes.fromhex("03420004")) + 4,
          "ski": der.index(bytes.fromhex("0603551d0e04160414")) + 9, "signature": 4 + tbs + 12, "issue": der.index(b"\x17\x0d") + 2}
    at["expire"] = at["issue"] + 15
    assert der[at["expire"] - 2:at["expire"]] == b"\x18\x0f", "without an end: GeneralizedTime"
    template = bytearray(der)
    for name, size in (("sn", 16), ("point", 64), ("ski", 20), ("issue", 13), ("expire", 15)):
        template[at[name]:at[name] + size] = b"0" * size
    chip = Chip.__new__(Chip)
    chip.path, chip.address, chip.family = station.chip, 0x36, "ATECC608"
    out = chip.host("""
        from cryptoauthlib.atcacert import *
        at, template = given["at"], hexed("template")
        nothing = {"offset": 0, "count": 0}
        def data(slot, count, zone=atcacert_device_zone_t.DEVZONE_DATA):
            return {"zone": int(zone), "slot": slot, "is_genkey": 0, "offset": 0, "count": count}
        def place(name, count):
            return {"offset": at[name], "count": count}
        whole = (ctypes.c_uint8 * len(template))(*template)
        definition = atcacert_def_t(**{
            "type": int(atcacert_cert_type_t.CERTTYPE_X509), "comp_cert_dev_loc": data(12, 72), "private_key_slot": 0, "template_id": 1, "chain_id": 0,
            "std_sig_size": 64, "sn_source": int(atcacert_cert_sn_src_t.SNSRC_PUB_KEY_HASH), "cert_sn_dev_loc": data(0, 0, zone=atcacert_device_zone_t.DEVZONE_NONE),
            "issue_date_format": int(atcacert_date_format_t.DATEFMT_RFC5280_UTC),
            "expire_date_format": int(atcacert_date_format_t.DATEFMT_RFC5280_GEN),
            "tbs_cert_loc": {"offset": 4, "count": given["tbs"]}, "expire_years": 0, "public_key_dev_loc": data(11, 72),
            "std_cert_elements": [place("point", 64), place("signature", 75), place("issue", 13), place("expire", 15), nothing,
                                  place("sn", 16), nothing, place("ski", 20)],
            "cert_elements_count": 0, "cert_template": ctypes.cast(whole, ctypes.POINTER(ctypes.c_uint8)), "cert_template_size": len(template)})
        size = AtcaReference(1024)
        certificate = bytearray(1024)
        ok(atcacert_read_cert(definition, bytes(64), certificate, size))
        out["certificate"] = certificate[:size.value]
    """, at=at, tbs=tbs, template=bytes(template))
    assert out["certificate"] == der
