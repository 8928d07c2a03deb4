# SPDX-License-Identifier: Apache-2.0
"""Servers that demand a client certificate, each in a folder of its own on loopback, and the CA that all trust."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import threading
import time

from conftest import PATIENCE, openssl

HOST = "localhost"


def free_port():
    """A port for a server that takes it a moment later: below those that the system gives to connections, which other tests make meanwhile."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("", port))
            return port


class Authority:
    """A CA of the test's own with a server's certificate for localhost; it issues to devices as well."""

    def __init__(self, folder, name="test CA"):
        self.folder = folder
        folder.mkdir(parents=True)
        self.key, self.pem = folder / "ca.key", folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.pem,
                "-days", "30", "-subj", f"/CN={name}")
        self.server_key = folder / "server.key"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.server_key)
        self.server_pem = self.server(folder / "server.pem")

    def server(self, path, names="DNS:localhost,IP:127.0.0.1,IP:::1", days=30):
        request = self.folder / "server.csr"
        openssl("req", "-new", "-key", self.server_key, "-subj", "/CN=test server", "-out", request)
        return self.sign(request, path, f"subjectAltName={names}", days)

    def sign(self, request, path, extensions="basicConstraints=critical,CA:FALSE", days=30):
        (self.folder / "extensions").write_text(extensions + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", days, "-extfile",
                self.folder / "extensions", "-out", path)
        return path


def wait_for(port, process):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the server has ended: " + str(process.args)
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), PATIENCE):
            return
        time.sleep(0.02)
    raise AssertionError("the server does not listen")


@contextlib.contextmanager
def started(command, folder, port, stdin=subprocess.DEVNULL):
    """The process, until the end of the block; its output in `folder`/log."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdin=stdin, stdout=log, stderr=log)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)
        if process.stdin:
            process.stdin.close()


@contextlib.contextmanager
def s_server(folder, authority, clients, version="1.3", demand=True, extra=()):
    """openssl s_server: an HTTP page that tells what it saw of the client."""
    port = free_port()
    command = ["openssl", "s_server", "-accept", port, "-cert", authority.server_pem, "-key", authority.server_key, "-www",
               f"-tls1_{version[-1]}", "-CAfile", clients, *extra]
    if demand:
        command += ["-Verify", "3", "-verify_return_error"]
    with started(command, folder, port):
        yield port


@contextlib.contextmanager
def gnutls_serv(folder, authority, clients, version="1.3"):
    port = free_port()
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}:%VERIFY_ALLOW_BROKEN"
    with started(["gnutls-serv", "--http", "--port", port, "--x509cafile", clients, "--x509certfile", authority.server_pem, "--x509keyfile",
                  authority.server_key, "--require-client-cert", "--verify-client-cert", "--priority", priority], folder, port):
        yield port


@contextlib.contextmanager
def nginx(folder, authority, clients, version="1.3"):
    """In the foreground, one process, everything that it writes in `folder`."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(f"""
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {authority.server_pem};
        ssl_certificate_key {authority.server_key};
        ssl_client_certificate {clients};
        ssl_verify_client on;
        ssl_verify_depth 3;
        ssl_protocols TLSv{version};
        location / {{
            add_header X-Client "$ssl_client_s_dn";
            return 204;
        }}
    }}
}}
""")
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    with started([program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"], folder, port):
        yield port


@contextlib.contextmanager
def mosquitto(folder, authority, clients, version="1.3", extra=""):
    """Takes the certificate's name as the user's. `version` is the least that it speaks. Started by root it would become another user before it reads the key."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mosquitto.conf").write_text(f"""
listener {port} 127.0.0.1
cafile {clients}
certfile {authority.server_pem}
keyfile {authority.server_key}
require_certificate true
use_identity_as_username true
tls_version tlsv{version}
persistence false
log_dest stderr
user {'root' if os.getuid() == 0 else os.environ.get('USER', 'nobody')}
{extra}
""")
    program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    with started([program, "-c", folder / "mosquitto.conf"], folder, port):
        yield port


class Script:
    """A server that sends what it is told and hangs up: no TLS, or none to its end."""

    def __init__(self, answer=b"", first=False, hold=0.0, after=None):
        self.answer, self.first, self.hold, self.after = answer, first, hold, after
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(4)
        self.port = self.socket.getsockname()[1]
        self.end, self.asked = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        with contextlib.suppress(OSError):
            client, _ = self.socket.accept()
            with client:
                if not self.first:
                    client.recv(65536)
                self.asked.set()
                client.sendall(self.answer)
                self.end.wait(self.hold)

    def __enter__(self):
        self.thread.start()
        return self.port

    def __exit__(self, *_):
        self.end.set()
        self.socket.close()
        self.thread.join(PATIENCE)


class CuttingProxy:
    """Passes on to a server until it has sent so many bytes to the client, then cuts both off."""

    def __init__(self, port, after):
        self.target, self.after = port, after
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(4)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        with contextlib.suppress(OSError):
            client, _ = self.socket.accept()
            server = socket.create_connection(("127.0.0.1", self.target))

            def forward():
                with contextlib.suppress(OSError):
                    while data := client.recv(65536):
                        server.sendall(data)

            threading.Thread(target=forward, daemon=True).start()
            left = self.after
            while left > 0 and (data := server.recv(min(left, 65536))):
                client.sendall(data)
                left -= len(data)
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def __enter__(self):
        self.thread.start()
        return self.port

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(PATIENCE)


def log(folder):
    return pathlib.Path(folder, "log").read_text(errors="replace")


def wait_for_log(folder, pattern):
    """Until a server that runs has written this: it may be told to end before it has read what a client said last."""
    until = time.monotonic() + PATIENCE
    while not re.search(pattern, log(folder)):
        assert time.monotonic() < until, log(folder)
        time.sleep(0.02)
