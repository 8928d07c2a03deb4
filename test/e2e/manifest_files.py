# SPDX-License-Identifier: Apache-2.0
"""Manifests for tests, made and judged with openssl and Python, and nothing of ours."""
import base64
import hashlib
import json
import subprocess
import time

from conftest import der_of, openssl, raw_of
from signer_office import make

SIGNER = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n"
SUBJECT = "/O=TEST company/CN=TEST manifest signer 001"


def now(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + seconds))


def b64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Signer:
    """Who signs manifests: NAME.key and NAME.pem in the folder."""

    def __init__(self, folder, name="log", subject=SUBJECT, extensions=SIGNER, **more):
        make(folder, name, subject, extensions, **more)
        self.key, self.certificate, self.folder = folder / f"{name}.key", folder / f"{name}.pem", folder
        der = subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"], capture_output=True, check=True).stdout
        self.hash = hashlib.sha256(der).digest()
        text = openssl("x509", "-in", self.certificate, "-noout", "-ext", "subjectKeyIdentifier") if "subjectKeyIdentifier" in extensions else ""
        self.key_id = bytes.fromhex(text.split("\n")[1].strip().replace(":", "")) if text else b""

    @property
    def header(self):
        return {"typ": "JWT", "alg": "ES256", "kid": b64url(self.key_id), "x5t#S256": b64url(self.hash)}

    def sign(self, text):
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), capture_output=True, check=True)
        return raw_of(done.stdout)

    def element(self, payload, header=None, unique=None):
        """`payload` is an object, or bytes as they are."""
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        texts = [b64url(json.dumps(header or self.header).encode()), b64url(content)]
        return {"payload": texts[1], "protected": texts[0], "header": {"uniqueId": unique or payload["uniqueId"]},
                "signature": b64url(self.sign(".".join(texts)))}

    def accepts(self, element):
        """What RFC 7515 and openssl say of it: the payload, or an assertion."""
        header = json.loads(unb64url(element["protected"]))
        assert header == self.header
        signature = unb64url(element["signature"])
        assert len(signature) == 64
        openssl("x509", "-in", self.certificate, "-noout", "-pubkey", "-out", self.folder / "judge.pub")
        (self.folder / "judge.sig").write_bytes(der_of(signature))
        openssl("dgst", "-sha256", "-verify", self.folder / "judge.pub", "-signature", self.folder / "judge.sig",
                stdin=f"{element['protected']}.{element['payload']}".encode())
        payload = json.loads(unb64url(element["payload"]))
        assert payload["uniqueId"] == element["header"]["uniqueId"]
        return payload


def point(folder, name):
    """A new key's X and Y."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / name)
    der = subprocess.run(["openssl", "ec", "-in", folder / name, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    return der[-64:-32], der[-32:]


def jwk(slot, point_of_key, **more):
    return {"kid": str(slot), "kty": "EC", "crv": "P-256", "x": b64url(point_of_key[0]), "y": b64url(point_of_key[1]), **more}


def part(serial, keys, **more):
    company = {"organizationName": "TEST company"}
    return {"version": 1, "model": "ATECC608B", "partNumber": "ATECC608B-TFLXTLS", "manufacturer": company, "provisioner": company,
            "distributor": company, "provisioningTimestamp": now(), "uniqueId": serial.lower(),
            "publicKeySet": {"keys": keys}, **more}
