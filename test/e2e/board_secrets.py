# SPDX-License-Identifier: Apache-2.0
"""What two sides agree on by ECDH, computed by openssl: for boards whose application agrees on secrets (firmware/primary_agreement/)."""
import base64
import hashlib

from conftest import openssl

HEAD = bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D030107034200")  # of a public key of P-256


class Peer:
    """A TEST key pair of openssl's, as somebody who wants to agree with the chip has one."""

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "peer.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        openssl("ec", "-in", self.key, "-pubout", "-outform", "DER", "-out", folder / "peer.der")
        self.point = (folder / "peer.der").read_bytes()[-65:].hex().upper()

    def secret(self, point):
        """With the chip's public key, 04, X and Y in hex."""
        pem = self.folder / "chip.pem"
        pem.write_text("-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(HEAD + bytes.fromhex(point)).decode() + "\n-----END PUBLIC KEY-----\n")
        openssl("pkeyutl", "-derive", "-inkey", self.key, "-peerkey", pem, "-out", self.folder / "secret")
        return (self.folder / "secret").read_bytes()


def proof_of(secret):
    """What the application shows of a secret."""
    return hashlib.sha256(b"imprint proof of agreement 1\n" + secret).hexdigest().upper()
