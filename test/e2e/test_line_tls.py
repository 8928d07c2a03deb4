# SPDX-License-Identifier: Apache-2.0
"""TLS to the line's PostgreSQL: Debian's server with a certificate of a test CA, and stations that believe no other."""
import shutil

import pytest

import postgres_server
from conftest import EXAMPLE, Station, openssl
from tls_servers import free_port

NAME = "localhost"


class Office:
    """A CA, and certificates of it."""

    def __init__(self, folder, name):
        self.folder = folder
        self.key, self.certificate = folder / f"{name}.key", folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", 2,
                "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, alt=None, since=None, until=None):
        """Files of a key and its certificate, of today or from `since` to `until`."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request,
                *(("-addext", f"subjectAltName=DNS:{alt}") if alt else ()))
        settings = self.folder / "ca.cnf"
        settings.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.folder}/index\nnew_certs_dir={self.folder}\nrand_serial=yes\nunique_subject=no\ndefault_md=sha256\n"
                            "policy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
        (self.folder / "index").touch()
        openssl("ca", "-config", settings, "-batch", "-notext", "-in", request, "-cert", self.certificate, "-keyfile", self.key, "-out", certificate,
                *(("-startdate", since, "-enddate", until) if since else ("-days", 2)))
        return key, certificate


class TlsPostgres(postgres_server.Postgres):
    """Over TCP with TLS alone, beside the socket of the administrator."""
    listen = "127.0.0.1"

    def __init__(self, folder):
        super().__init__(folder)
        self.port = free_port()

    def serve(self, key, certificate, ca, ssl="on"):
        for name, source, mode in (("server.key", key, 0o600), ("server.pem", certificate, 0o644), ("clients.pem", ca, 0o644)):
            shutil.copy(source, self.folder / "data" / name)
            self.own(self.folder / "data" / name, mode)
        (self.folder / "data" / "postgresql.auto.conf").write_text(
            f"ssl = {ssl}\nlog_connections = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'clients.pem'\n")
        if self.process.poll() is None:
            self.kill()
        self.start()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return Office(tmp_path_factory.mktemp("ca"), "line-ca")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Office(tmp_path_factory.mktemp("stranger"), "other-ca")


@pytest.fixture(scope="module")
def server(office):
    with postgres_server.running(TlsPostgres) as one:
        one.make_line("st-01", "st-02")
        one.renew_line("st-01", "st-02")
        (one.folder / "data" / "pg_hba.conf").write_text("local all owner trust\nhostssl all st-02 all cert\nhostssl all all all scram-sha-256\nhostnossl all all all reject\n")
        one.good = office.sign("server", alt=NAME)
        one.serve(*one.good, office.certificate)
        yield one


def station(server, folder, role="st-01", host=NAME, **more):
    one = Station(folder / role)
    settings = {"host": host, "port": server.port, "dbname": "line", "user": role, "sslmode": "verify-full", **more}
    one.state.mkdir(parents=True)
    password = f"  password-file: {server.folder / 'st-01.pw'}\n" if role == "st-01" else ""
    (one.state / "line.yaml").write_text("imprint: 1\nledger:\n  server: '" + " ".join(f"{key}={value}" for key, value in settings.items()) + f"'\n{password}")
    one.new(seed=int(role[-1]))
    return one


def test_a_run_and_orders_go_through_tls(server, office, tmp_path):
    one = station(server, tmp_path, sslrootcert=office.certificate)
    assert one.json("provision", EXAMPLE, "--arm", "profile").event("line-sent") == {"event": "line-sent", "sent": 1, "waiting": 0, "alarms": 0}
    assert one.json("order", "list").objects == []
    assert server.sql("SELECT count(*) FROM line_entry") == "1"
    # What the server wrote of it: no connection over TCP was without TLS.
    log = [text for text in (server.folder / "log").read_text().splitlines() if "user=st-01" in text and "authorized" in text]
    assert log and all("SSL enabled (protocol=TLSv1.3" in text for text in log), log


def test_a_station_logs_in_with_its_certificate(server, office, stranger, tmp_path):
    key, certificate = office.sign("st-02")
    one = station(server, tmp_path, "st-02", sslrootcert=office.certificate, sslcert=certificate, sslkey=key)
    assert one.json("provision", EXAMPLE, "--arm", "profile").event("line-sent")["waiting"] == 0
    key.chmod(0o644)
    assert "no other user may read it" in one.json("ledger", "sync", code=1).error["next"]
    key.chmod(0o600)
    other_key, other = stranger.sign("st-02")
    for words, reason, advice in (({}, "server-refused", "certificate"), ({"sslcert": other, "sslkey": other_key}, "server-untrusted", "ssl_ca_file")):
        two = station(server, tmp_path / reason, "st-02", sslrootcert=office.certificate, **words)
        error = two.json("provision", EXAMPLE, "--arm", "profile", code=1).error
        assert error["reason"] == reason and advice in error["next"], error


def refused(one, words, advice):
    before = one.snapshot()
    error = one.json("provision", EXAMPLE, "--arm", "profile", code=1).error
    assert error["reason"] == "server-untrusted", error
    assert words in error["cause"] and advice in error["next"], error
    assert one.snapshot() == before, "nothing was made"


def test_whom_a_station_does_not_believe(server, office, stranger, tmp_path):
    """Each time words that say what to do, exit code 1, and no change of the device; with `without-server: continue` neither."""
    refused(station(server, tmp_path / "1", sslrootcert=stranger.certificate), "certificate verify failed", "sslrootcert=FILE")
    refused(station(server, tmp_path / "2", host="127.0.0.1", sslrootcert=office.certificate), 'for "localhost"', "host=NAME")
    refused(station(server, tmp_path / "3", sslrootcert=tmp_path / "none.pem"), "none.pem", "sslrootcert=FILE")
    one = station(server, tmp_path / "4", sslrootcert=stranger.certificate)
    (one.state / "line.yaml").write_text((one.state / "line.yaml").read_text() + "  without-server: continue\n")
    refused(one, "certificate verify failed", "sslrootcert=FILE")


@pytest.mark.parametrize("fault", ["without-tls", "out-of-date", "of-another-ca"])
def test_a_server_that_is_not_the_lines(server, office, stranger, tmp_path, fault):
    """One at the same address: it gets no password."""
    files = {"without-tls": server.good, "out-of-date": office.sign("late", NAME, "20200101000000Z", "20200102000000Z"), "of-another-ca": stranger.sign("server", alt=NAME)}[fault]
    server.serve(*files, office.certificate, ssl="off" if fault == "without-tls" else "on")
    try:
        refused(station(server, tmp_path, sslrootcert=office.certificate), *{
            "without-tls": ("does not support SSL", "ssl = on"), "out-of-date": ("certificate verify failed", "in date"),
            "of-another-ca": ("certificate verify failed", "which CA signed")}[fault])
    finally:
        server.serve(*server.good, office.certificate)
