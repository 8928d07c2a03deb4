# SPDX-License-Identifier: Apache-2.0
"""A signer's machine and its stations for tests: certificates made with openssl, a rule file, the server, curl as a client."""
import base64
import json
import os
import select
import signal
import subprocess
import time

from conftest import PATIENCE, PROGRAM, openssl, run_program

CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
CLIENT = "extendedKeyUsage=clientAuth\n"
# An openssl since 3.4 refuses an end before the beginning, and takes both; an older one takes days before today.
EXPIRED = ("-days", "-1")


def make(folder, name, subject, extensions, issuer=None, days=("-days", "3650")):
    """A key and its certificate: NAME.key, NAME.pem; signed by `issuer`, or by itself."""
    key, config, request = folder / f"{name}.key", folder / f"{name}.ext", folder / f"{name}.csr"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", subject, "-out", request)
    config.write_text(extensions)
    signer = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else ["-signkey", key]
    serial = "0x4" + os.urandom(8).hex()[1:]
    done = subprocess.run(["openssl", "x509", "-req", "-in", request, *map(str, signer), "-set_serial", serial, *days, "-extfile", config,
                           "-out", folder / f"{name}.pem"], capture_output=True, check=False)
    if done.returncode != 0 and days == EXPIRED:
        openssl("x509", "-req", "-in", request, *signer, "-set_serial", serial, "-not_before", "20200101000000Z", "-not_after",
                "20200201000000Z", "-extfile", config, "-out", folder / f"{name}.pem")
    else:
        assert done.returncode == 0, done.stderr
    key.chmod(0o600)


def make_files(folder):
    """What every signer of the tests has: its CA, its TLS certificate, three stations and some strangers."""
    make(folder, "root", "/CN=TEST root", CA)
    make(folder, "ca", "/CN=TEST signer", CA, "root")
    (folder / "chain.pem").write_bytes((folder / "ca.pem").read_bytes() + (folder / "root.pem").read_bytes())
    make(folder, "net", "/CN=TEST net", CA)
    make(folder, "server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n", "net")
    for name in ("line-1", "line-2", "unlisted"):
        make(folder, name, f"/CN={name}", CLIENT, "net")
    make(folder, "expired", "/CN=line-1", CLIENT, "net", days=EXPIRED)
    make(folder, "not-client", "/CN=line-1", "extendedKeyUsage=serverAuth\n", "net")
    make(folder, "other-net", "/CN=TEST net", CA)
    make(folder, "foreign", "/CN=line-1", CLIENT, "other-net")


def order(**more):
    return {"name": "boards", "issuer": "line", "kind": "tls-client", "subject": "O=Example,CN={serial}", "valid": 5, "budget": 100,
            "stations": ["line-1", "line-2"], **more}


def rules(*orders, **more):
    return {"imprint": 1, "issuers": "issuers.yaml", "records": "signer.db",
            "tls": {"certificate": "server.pem", "key": "server.key", "clients": "net.pem"},
            "stations": [{"name": name, "certificate": f"{name}.pem", "rate": 60000} for name in ("line-1", "line-2")],
            "orders": list(orders) or [order()], **more}


class Signer:
    """A folder with the files and rules of a signer; the server while it runs."""

    def __init__(self, folder, files):
        self.folder, self.process, self.url, self.objects, self.count = folder, None, None, [], 0
        for path in files.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
            (folder / path.name).chmod(path.stat().st_mode & 0o777)
        self.issuers({"name": "line", "kind": "file", "certificate": "chain.pem", "key": "ca.key"})

    @property
    def file(self):
        return self.folder / "rules.yaml"

    def issuers(self, *entries):
        (self.folder / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": list(entries)}))

    def write(self, content):
        self.file.write_text(content if isinstance(content, str) else json.dumps(content))

    def start(self, content=None, command=(), **more):
        """Starts the server and waits until it is ready."""
        if content is not None:
            self.write(content)
        errors = open(self.folder / "stderr", "ab")
        self.process = subprocess.Popen([*command, PROGRAM, "--json", "signer", "serve", self.file, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=errors, **more)
        errors.close()
        self.count, self.objects, self.rest = 0, [], b""
        self.url = self.wait("signer")["url"]
        return self

    def read(self, timeout):
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            return False
        some = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.rest = (self.rest + some).split(b"\n")
        self.objects += [json.loads(line) for line in lines]
        return some != b""

    def wait(self, event):
        """The next object with this event."""
        deadline = time.monotonic() + PATIENCE
        while True:
            while self.count < len(self.objects):
                self.count += 1
                if self.objects[self.count - 1]["event"] == event:
                    return self.objects[self.count - 1]
            assert time.monotonic() < deadline and (self.read(1) or self.process.poll() is None), self.objects

    def stop(self, number=signal.SIGTERM, code=0):
        """Ends the server."""
        self.process.send_signal(number)
        while self.read(0.2):
            pass
        assert self.process.wait(timeout=PATIENCE) == code, (self.folder / "stderr").read_text()
        self.process.stdout.close()
        assert (self.folder / "stderr").read_text() == ""

    def curl(self, path, *arguments, station="line-1", body=None, code=0):
        """HTTP status, headers and body of one request; with another `code`, curl's exit code."""
        out, headers = self.folder / "answer", self.folder / "headers"
        client = ["--cert", self.folder / f"{station}.pem", "--key", self.folder / f"{station}.key"] if station else []
        data = ["--data-binary", "@-", "-H", "Content-Type: application/pkcs10"] if body is not None else []
        for path_of in (out, headers):
            path_of.unlink(missing_ok=True)
        done = subprocess.run(["curl", "-sS", "--max-time", "15", "--cacert", self.folder / "net.pem", *client, *data, *arguments, "-o", out,
                               "-D", headers, "-w", "%{http_code}", f"{self.url}/{path}"], input=body, capture_output=True, check=False)
        assert done.returncode == code if code is not None else done.returncode != 0, done
        if code != 0:
            return done.stderr.decode()
        names = dict(line.lower().split(": ", 1) for line in headers.read_text().splitlines() if ": " in line)
        return int(done.stdout), names, out.read_bytes() if out.exists() else b""

    def enroll(self, request, label="boards/", operation="simpleenroll", **more):
        return self.curl(f"{label}{operation}", body=request, **more)

    def issue(self, request, **more):
        """The certificate in PEM of a request that is granted."""
        status, headers, body = self.enroll(request, **more)
        assert status == 200 and headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only", (status, body)
        return pem_of(body)

    def verify(self, pem):
        """OpenSSL and GnuTLS accept it under the root."""
        path = self.folder / "issued.pem"
        path.write_text(pem)
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", self.folder / "root.pem", "-untrusted", self.folder / "ca.pem",
                               "-purpose", "sslclient", path)
        chain = pem + (self.folder / "chain.pem").read_text()
        done = subprocess.run(["certtool", "--verify", "--load-ca-certificate", self.folder / "root.pem", "--infile", "/dev/stdin"],
                              input=chain.encode(), capture_output=True, check=False)
        assert done.returncode == 0 and b"Verified." in done.stdout, done
        return path

    def status(self, *options):
        """The counts of each order, by `signer status`; with --decisions the decisions."""
        found = run_program("--json", "signer", "status", self.file, *options)
        if options:
            return [item for item in found.objects if item["event"] == "signer-decision"]
        return {item["order"]: (item["issued"], item["reserved"], item["left"]) for item in found.objects}


def pem_of(body):
    """The one certificate of a certs-only message in base64."""
    pem = openssl("pkcs7", "-inform", "DER", "-print_certs", stdin=base64.b64decode(body))
    assert pem.count("-----BEGIN") == 1
    return pem[pem.index("-----BEGIN"):].strip() + "\n"


def serial_number(number):
    """The serial number of a chip, as in a subject."""
    return f"0123{number:012X}EE"


def device_key(path, kind=("EC", "-pkeyopt", "ec_paramgen_curve:P-256")):
    openssl("genpkey", "-algorithm", *kind, "-out", path)
    return path


def request_der(folder, number=1, subject=None, key=None, kind=("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), options=()):
    """A certificate request in DER, with a new key unless `key` is one."""
    key = key or device_key(folder / f"device-{os.urandom(6).hex()}.key", kind)
    out = folder / "request.der"
    openssl("req", "-new", "-key", key, "-subj", subject or f"/O=Example/CN={serial_number(number)}", "-outform", "DER", "-out", out,
            "-utf8", *options)
    return out.read_bytes()


def request(folder, number=1, **more):
    """The same in base64, as EST sends it."""
    return base64.encodebytes(request_der(folder, number, **more))


