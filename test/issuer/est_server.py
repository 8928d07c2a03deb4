#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small EST server (RFC 7030) for tests, with openssl as the CA behind it. It answers well or badly, by the label.

Usage: est_server.py FOLDER

Makes the keys and certificates in FOLDER, listens on two ports of 127.0.0.1 (TLS up to 1.3, TLS 1.2 alone) and on a third
without TLS, writes their numbers to FOLDER/ports and serves until its stdin ends.
"""
import base64
import hashlib
import http.server
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

folder = pathlib.Path(sys.argv[1])


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


# --- keys and certificates -----------------------------------------------------------------------------------------------

CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"


def make(name, subject, extensions, issuer=None, curve="P-256", days=30):
    """A key and its certificate: NAME.key, NAME.pem; signed by `issuer`, or by itself."""
    key, config = folder / f"{name}.key", folder / f"{name}.ext"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", key)
    config.write_text(extensions)
    request = openssl("req", "-new", "-key", key, "-subj", subject)
    signer = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else ["-signkey", key]
    openssl("x509", "-req", *signer, "-set_serial", "0x" + os.urandom(8).hex().replace("8", "1"), "-days", days, "-extfile", config,
            "-out", folder / f"{name}.pem", stdin=request)


def make_all():
    make("tls-root", "/CN=TEST TLS root", CA)
    make("server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1,DNS:est.localhost\nextendedKeyUsage=serverAuth\n", "tls-root")
    make("station-root", "/CN=TEST stations", CA)
    make("station", "/CN=station 1", "extendedKeyUsage=clientAuth\n", "station-root")
    make("stranger-root", "/CN=TEST strangers", CA)
    make("stranger", "/CN=stranger", "extendedKeyUsage=clientAuth\n", "stranger-root")
    make("root", "/CN=TEST root", CA, days=36500)
    make("ca", "/CN=TEST signer", CA, "root", days=36500)  # outlasts the devices' certificates
    make("ending", "/CN=TEST ending", CA, "root", days=365)
    make("other-ca", "/CN=TEST signer", CA)  # the same name, another key
    make("second", "/CN=TEST second signer", CA, "root")
    make("p384", "/CN=TEST P-384", CA, curve="P-384")
    make("device", "/CN=device", "")  # somebody else's key
    openssl("pkcs8", "-topk8", "-in", folder / "station.key", "-out", folder / "locked.key", "-passout", "pass:secret")
    (folder / "chain.pem").write_bytes((folder / "ca.pem").read_bytes() + (folder / "root.pem").read_bytes())
    for path in folder.glob("*.key"):
        path.chmod(0o600)


def certs_only(*pems):
    files = [part for pem in pems for part in ("-certfile", pem)]
    return openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *files)


# An openssl since 3.4 refuses an end before the beginning, and takes both; an older one takes days before today.
IN_THE_PAST = ("-not_before", "20200101000000Z", "-not_after", "20200201000000Z") if ssl.OPENSSL_VERSION_INFO >= (3, 4) else ("-days", "-1")


def issue(request, extensions="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n",
          issuer="ca", dates=("-days", "20"), serial=None, key=None, subject=None, copy=False):
    """A certificate for the request, in a file; `copy`: with the extensions that it asks for. A line of `issued` tells of it."""
    mark = hashlib.sha256(request + os.urandom(8)).hexdigest()[:16]
    config, out = folder / f"{mark}.ext", folder / f"{mark}.pem"
    config.write_text(extensions)
    more = ["-copy_extensions", "copyall"] if copy else []
    with (folder / "issued").open("a") as log:
        log.write(hashlib.sha256(request).hexdigest() + "\n")
    if key is not None:
        more += ["-force_pubkey", folder / f"{key}.pub"]
        (folder / f"{key}.pub").write_bytes(openssl("pkey", "-in", folder / f"{key}.key", "-pubout"))
    if subject is not None:
        request = openssl("req", "-in", "/dev/stdin", "-inform", "DER", "-outform", "DER", stdin=request)
        more += ["-subj", subject]
    openssl("x509", "-req", "-inform", "DER", "-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key", "-set_serial",
            serial or "0x01" + os.urandom(15).hex(), *dates, "-extfile", config, "-out", out, *more, stdin=request)
    return out


def elements(content):
    """The values in DER, each whole: (tag, content, bytes)."""
    while content:
        size, begins = content[1], 2
        if size >= 0x80:
            begins = 2 + size - 0x80
            size = int.from_bytes(content[2:begins], "big")
        yield content[0], content[begins:begins + size], content[:begins + size]
        content = content[begins + size:]


def value(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(digits)]) + digits + content


def first_version(pem, issuer="ca"):
    """The certificate without its version and extensions, signed again: openssl since 3.2 makes version 3 alone."""
    ((_, whole, _),) = elements(openssl("x509", "-in", pem, "-outform", "DER"))
    (_, signed, _), (_, _, algorithm), _ = elements(whole)
    signed = value(0x30, b"".join(part for tag, _, part in elements(signed) if tag not in (0xa0, 0xa3)))
    signature = openssl("dgst", "-sha256", "-sign", folder / f"{issuer}.key", stdin=signed)
    pem.write_bytes(openssl("x509", "-inform", "DER", stdin=value(0x30, signed + algorithm + value(3, b"\0" + signature))))
    return pem


# --- answers -------------------------------------------------------------------------------------------------------------

PKCS7 = "application/pkcs7-mime; smime-type=certs-only"


def lines(der, end=b"\n", width=64):
    text = base64.b64encode(der)
    return b"".join(text[at:at + width] + end for at in range(0, len(text), width))


def issued(**how):
    return lambda request: (200, PKCS7, lines(certs_only(issue(request, **how))), {})


def fixed(status, kind="text/plain", body=b"", **headers):
    return lambda request: (status, kind, body, {name.replace("_", "-"): value for name, value in headers.items()})


USUAL = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
waiting = {}


def later(request):
    """The first time: come back; then, for the same bytes, the certificate."""
    if waiting.setdefault(hashlib.sha256(request).digest(), 0) == 0:
        waiting[hashlib.sha256(request).digest()] = 1
        return 202, "text/plain", b"an operator must look at it", {"Retry-After": "7"}
    return issued()(request)


def device(dates=("-days", "7305"), finish=lambda certificate: certificate, **how):
    """As a CA would that follows the request, by default for 20 years: for the same bytes the same certificate."""
    remembered = {}

    def answer(request):
        certificate = remembered.get(request) or finish(
            issue(request, dates=dates, **{"copy": True, "extensions": "authorityKeyIdentifier=keyid\n", **how}))
        remembered[request] = certificate
        return 200, PKCS7, lines(certs_only(certificate)), {}
    return answer


follows = device()
asked = set()


def is_first(label, request):
    """Whether these bytes come for the first time, to this label: chips with the same seed may sign the same."""
    first = (label, request) not in asked
    asked.add((label, request))
    return first


def undecided(seconds):
    """The first time: come back after so many seconds."""
    def answer(request):
        if is_first(seconds, request):
            return 202, "text/plain", b"an operator must look at it", {"Retry-After": str(seconds)}
        return follows(request)
    return answer


def held(request):
    """Answers once the test has made a file."""
    (folder / "held").touch()
    while not (folder / "release").exists():
        time.sleep(0.01)
    return follows(request)


ENROLL = {
    "good": issued(),
    "device": follows,
    "attrs-extensions": follows,
    "device-365": device(dates=("-days", str(20 * 365))),
    "device-short": device(dates=("-days", str(7305 - 8))),
    "device-long": device(dates=("-days", str(7305 + 8))),
    "device-v1": device(copy=False, finish=first_version),
    "device-bare": device(copy=False, extensions="subjectKeyIdentifier=hash\n"),
    "device-usage": device(copy=False, extensions="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"),
    "device-ending": device(issuer="ending"),
    "device-numbered": device(serial="0x0102030405060708090a0b0c0d0e0f10"),
    "device-extra": device(extensions="authorityKeyIdentifier=keyid\ncrlDistributionPoints=URI:http://crl.example/1\n"
                           "authorityInfoAccess=OCSP;URI:http://ocsp.example\ncertificatePolicies=1.2.3.4\n"),
    "device-large": device(extensions="authorityKeyIdentifier=keyid\ncrlDistributionPoints=" +
                           ",".join(f"URI:http://crl.example/{n}/{'x' * 100}" for n in range(5)) + "\n"),
    "device-long-winded": device(extensions="authorityKeyIdentifier=keyid\ncrlDistributionPoints=" +
                                 ",".join(f"URI:http://crl.example/{n}/{'x' * 100}" for n in range(9)) + "\n"),
    "device-moment": undecided(1),
    "device-minute": undecided(30),
    "device-hour": undecided(3600),
    "device-held": held,
    "device-lost": follows,
    "device-cut": follows,
    "device-wishes": fixed(400, body=b"the request has no challengePassword"),
    "crlf": lambda request: (200, PKCS7, lines(certs_only(issue(request)), b"\r\n", 76), {}),
    "one-line": lambda request: (200, PKCS7, base64.b64encode(certs_only(issue(request))), {}),
    "plain-type": lambda request: (200, "Application/PKCS7-MIME", lines(certs_only(issue(request))), {}),
    "whole-chain": lambda request: (200, PKCS7, lines(certs_only(folder / "root.pem", folder / "ca.pem", issue(request))), {}),
    "usual-extensions": issued(extensions=USUAL + "extendedKeyUsage=clientAuth\ncrlDistributionPoints=URI:http://crl.example/1\n"
                               "authorityInfoAccess=OCSP;URI:http://ocsp.example\nsubjectKeyIdentifier=hash\n"
                               "certificatePolicies=1.2.3.4\n"),
    "no-extensions": issued(extensions=""),
    "later": later,
    "later-date": lambda request: (202, "text/plain", b"", {"Retry-After": http_date(time.time() + 3600)}),
    "later-unnamed": fixed(202),
    "unauthorized": fixed(401),
    "forbidden": fixed(403, body=b"the order is full\nsecond line"),
    "bad-request": fixed(400, body=b"caf\xc3\xa9 \x1b[31m"),
    "not-found": fixed(404, "text/html", b"<html>not here</html>"),
    "fault": fixed(500, "text/html", b"<html>oops</html>"),
    "busy": fixed(503, Retry_After="5"),
    "too-many": fixed(429),
    "created": fixed(201, body=b"made"),
    "redirect-host": fixed(302, Location="https://elsewhere.example/.well-known/est/simpleenroll"),
    "redirect-same": fixed(307, Location="/.well-known/est/good/simpleenroll"),
    "page": fixed(200, "text/html", b"<html>log in here</html>"),
    "no-base64": fixed(200, PKCS7, b"!!! no base64 !!!"),
    "armour": lambda request: (200, PKCS7, openssl("crl2pkcs7", "-nocrl", "-certfile", issue(request)), {}),
    "no-pkcs7": fixed(200, PKCS7, lines(b"0\x03\x02\x01\x05")),
    "empty": fixed(200, PKCS7, b""),
    "no-certificate": lambda request: (200, PKCS7, lines(openssl("crl2pkcs7", "-nocrl", "-outform", "DER")), {}),
    "big": fixed(200, PKCS7, b"QUFB" * (256 * 1024)),
    "other-key": issued(key="device"),
    "only-the-ca": lambda request: (200, PKCS7, lines(certs_only(folder / "ca.pem")), {}),
    "other-subject": issued(subject="/CN=somebody else"),
    "more-subject": issued(subject="/CN=board 7/O=TEST/OU=more"),
    "san": issued(extensions=USUAL + "subjectAltName=DNS:server.example\n"),
    "odd-extension": issued(extensions=USUAL + "1.2.3.4.5=ASN1:UTF8:hello\n"),
    "is-ca": issued(extensions="basicConstraints=critical,CA:TRUE\n"),
    "may-sign": issued(extensions="keyUsage=critical,digitalSignature,keyCertSign\n"),
    "no-signature-usage": issued(extensions="keyUsage=critical,keyAgreement\n"),
    "other-ca": issued(issuer="other-ca"),
    "expired": issued(dates=IN_THE_PAST),
    "serial-0": issued(serial="0x00"),
    "serial-negative": issued(serial="-5"),
    "serial-21": issued(serial="0x11" + "22" * 20),
    "serial-20": issued(serial="0x7f" + "22" * 19),
}


def der_set(*oids):
    parts = b"".join(openssl("asn1parse", "-genstr", f"OID:{oid}", "-noout", "-out", "/dev/stdout") for oid in oids)
    return b"0" + bytes([len(parts)]) + parts


CSRATTRS = {
    "attrs-none": fixed(404),
    "device-wishes": lambda _: (200, "application/csrattrs", lines(der_set("1.2.840.113549.1.9.7")), {}),
    "attrs-extensions": lambda _: (200, "application/csrattrs", lines(der_set("1.2.840.113549.1.9.14")), {}),
    "attrs-empty": fixed(200, "application/csrattrs", b"MAA="),
    "attrs-usual": lambda _: (200, "application/csrattrs", lines(der_set("1.2.840.10045.2.1", "1.2.840.10045.4.3.2")), {}),
    "attrs-nul": lambda _: (200, "application/csrattrs", b"MAA=\0", {}),  # as libest's server ends it
    "attrs-more": lambda _: (200, "application/csrattrs", lines(der_set("1.2.840.113549.1.9.7", "1.3.6.1.1.1.1.22")), {}),
    "attrs-rsa": lambda _: (200, "application/csrattrs", lines(der_set("1.2.840.113549.1.1.1")), {}),
    # RFC 7030, 4.5.2: an attribute with its values, id-ecPublicKey { secp384r1 }
    "attrs-p384": lambda _: (200, "application/csrattrs", lines(bytes.fromhex("3014301206072a8648ce3d020131070605 2b81040022".replace(" ", ""))), {}),
    "attrs-broken": fixed(200, "application/csrattrs", lines(b"0\x05\x06\x01")),
    "attrs-page": fixed(200, "text/html", b"<html></html>"),
}

CACERTS = {
    "device-ending": lambda _: (200, PKCS7, lines(certs_only(folder / "root.pem", folder / "ending.pem")), {}),
    "root-only": lambda _: (200, PKCS7, lines(certs_only(folder / "root.pem")), {}),
    "two-signers": lambda _: (200, PKCS7, lines(certs_only(folder / "root.pem", folder / "ca.pem", folder / "second.pem")), {}),
    "ca-is-none": lambda _: (200, PKCS7, lines(certs_only(folder / "station.pem")), {}),
    "ca-p384": lambda _: (200, PKCS7, lines(certs_only(folder / "p384.pem")), {}),
    "ca-empty": lambda _: (200, PKCS7, lines(openssl("crl2pkcs7", "-nocrl", "-outform", "DER")), {}),
    "ca-page": fixed(200, "text/html", b"<html></html>"),
    "ca-fault": fixed(500),
    "ca-unauthorized": fixed(401),
    "ca-redirect": fixed(301, Location="https://elsewhere.example/"),
    "ca-big": fixed(200, PKCS7, b"QUFB" * (256 * 1024)),
}


def http_date(when):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(when))


# --- the server ----------------------------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, kind, body, headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def operation(self):
        """(label, operation), or None."""
        parts = self.path.split("/")
        if parts[:3] != ["", ".well-known", "est"] or len(parts) not in (4, 5):
            return None
        return (parts[3] if len(parts) == 5 else "good"), parts[-1]

    def is_station(self):
        return bool(getattr(self.connection, "getpeercert", lambda: None)())

    def do_GET(self):
        label, operation = self.operation() or ("", "")
        if operation == "cacerts":
            usual = lambda _: (200, PKCS7, lines(certs_only(folder / "root.pem", folder / "ca.pem")), {})
            self.answer(*CACERTS.get(label, usual)(None))
        elif operation == "csrattrs":
            self.answer(*CSRATTRS.get(label, fixed(204))(None))
        else:
            self.answer(404, "text/plain", b"", {})

    def do_POST(self):
        label, operation = self.operation() or ("", "")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (folder / "last-request").write_bytes(f"{self.path}\n{self.headers}".encode() + body)
        if operation != "simpleenroll":
            self.answer(404, "text/plain", b"", {})
        elif not self.is_station():
            self.answer(401, "text/plain", b"", {})
        elif label in ("device-lost", "device-cut") and is_first(label, base64.b64decode(body)):
            # It has signed, and the answer does not arrive.
            status, kind, answer, _ = follows(base64.b64decode(body))
            if label == "device-cut":
                self.wfile.write(f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode())
                self.wfile.write(answer[:100])
            self.close_connection = True
        elif label == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 5000\r\n\r\nMIIB")
            self.close_connection = True
        elif label == "nothing":
            self.close_connection = True
        elif label == "silent":
            time.sleep(120)
        elif label == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while True:
                    self.wfile.write(b"1000\r\n" + b"A" * 4096 + b"\r\n")
            except OSError:
                self.close_connection = True
        else:
            assert set(body) <= set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n")
            self.answer(*ENROLL[label](base64.b64decode(body)))


def context(newest):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "server.pem", folder / "server.key")
    made.load_verify_locations(folder / "station-root.pem")
    made.verify_mode = ssl.CERT_OPTIONAL
    made.maximum_version = newest
    return made


def read_to_end(connection):
    """A connection that is closed with bytes unread is reset, and the client may not see the alert that says why."""
    connection.settimeout(120)
    try:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    except OSError:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tls = None

    def finish_request(self, request, client_address):
        """The handshake in the connection's own thread; one that fails is no matter of the server's."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with request.dup() as connection:
            try:
                with self.tls.wrap_socket(request, server_side=True) as wrapped:
                    super().finish_request(wrapped, client_address)
            except OSError:
                read_to_end(connection)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    make_all()
    numbers = []
    for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2, None):
        server = Server(("127.0.0.1", 0), Handler)
        server.tls = context(newest) if newest is not None else None
        numbers.append(str(server.server_address[1]))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "ports.new").write_text(" ".join(numbers) + "\n")
    (folder / "ports.new").rename(folder / "ports")
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
