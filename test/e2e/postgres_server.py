# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the tests' own: Debian's program, in a folder of its own, on a Unix socket. Its role `owner` may do
everything without a password; all others need one. Tests that begin with `pytest_plugins = ["postgres_server"]` have the
fixtures at the end of this file."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import PATIENCE, run_program

LOGINS = "local all owner trust\nlocal all all scram-sha-256\n"
USER = "postgres"
STATIONS = ("st-01", "st-02")


def programs():
    """The folder of the newest one's programs; skips the test where there is none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    return found[-1].parent


class Postgres:
    listen, port = "", 5432

    def __init__(self, folder):
        self.folder = folder
        self.programs = programs()
        self.process = None

    def _start(self, name, *arguments):
        """As the server's own user where we are root: PostgreSQL refuses to be that."""
        other = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        with open(self.folder / "log", "a") as log:
            return subprocess.Popen([self.programs / name, *arguments], cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **other)

    @staticmethod
    def own(path, mode):
        """The file is the server's."""
        path.chmod(mode)
        if os.getuid() == 0:
            shutil.chown(path, USER)

    def make(self):
        assert self._start("initdb", "-D", "data", "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "-N").wait() == 0
        (self.folder / "data" / "pg_hba.conf").write_text(LOGINS)
        self.start()

    def start(self):
        self.process = self._start("postgres", "-D", "data", "-h", self.listen, "-p", str(self.port), "-c", f"unix_socket_directories={self.folder}",
                                   "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=20")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if subprocess.run([self.programs / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)], check=False).returncode == 0:
                return
            time.sleep(0.05)
        pytest.fail((self.folder / "log").read_text())

    def kill(self):
        """At once, without a checkpoint, as when the power fails."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def sql(self, *texts, database="line", role="owner", password=None):
        """What psql prints, or its error as text."""
        env = {**os.environ, "PGPASSWORD": password or "", "PGOPTIONS": ""}
        commands = [word for text in texts for word in ("-c", text)]
        done = subprocess.run([self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", role, "-d", database, *commands],
                              env=env, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()

    def settings(self, role="owner", database="line"):
        return f"host={self.folder} port={self.port} dbname={database} user={role}"

    def make_line(self, *stations, planners=()):
        """A database for a line, with a role for each station and planner, and their passwords in files."""
        assert self.sql("CREATE DATABASE line", database="postgres") == ""
        run_program("line", "init", "--server", self.settings())
        for verb, roles in (("add-station", stations), ("add-planner", planners)):
            for role in roles:
                run_program("line", verb, role, "--server", self.settings(), "--password-file", self.folder / f"{role}.pw")
        assert self.sql("ALTER DATABASE line RENAME TO empty_line", database="postgres") == ""

    def trust_all(self):
        """No role needs its password any more."""
        (self.folder / "data" / "pg_hba.conf").write_text("local all all trust\n")
        self.kill()
        self.start()

    def renew_line(self, *stations):
        """The database as it was made, and its roles."""
        roles = [f"ALTER ROLE \"{station}\" {change}" for station in stations for change in (f"LOGIN PASSWORD '{self.password(station)}'", "RESET ALL")]
        assert self.sql("DROP DATABASE IF EXISTS line WITH (FORCE)", "CREATE DATABASE line TEMPLATE empty_line", *roles,
                        *(f"GRANT CONNECT ON DATABASE line TO \"{station}\"" for station in stations), database="postgres") == ""

    def password(self, station):
        return (self.folder / f"{station}.pw").read_text()

    def join(self, station, role, **more):
        """Writes the station's line.yaml."""
        settings = {"server": f"'{self.settings(role)}'", "password-file": self.folder / f"{role}.pw", "timeout": 30, **more}
        station.state.mkdir(parents=True, exist_ok=True)
        (station.state / "line.yaml").write_text("imprint: 1\nledger:\n" + "".join(f"  {key}: {value}\n" for key, value in settings.items() if value is not None))


@contextlib.contextmanager
def short_folder():
    """A folder with a short name, since that of a socket may have 107 characters; of the server's user where we are root."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pg"))
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(kind=Postgres):
    """One that is ended with what is inside."""
    programs()
    with short_folder() as folder:
        postgres = kind(folder)
        try:
            postgres.make()
            yield postgres
        finally:
            if postgres.process is not None and postgres.process.poll() is None:
                postgres.kill()


@pytest.fixture(scope="module")
def postgres(request):
    """One for all tests of a file, with the database of a line; which roles it has, the file says: STATIONS, PLANNERS."""
    stations = getattr(request.module, "STATIONS", STATIONS)
    with running() as server:
        server.make_line(*stations, planners=getattr(request.module, "PLANNERS", ()))
        server.renew_line(*stations)
        yield server


@pytest.fixture
def line(postgres, request):
    """The same with the database as it was made, for each test."""
    postgres.renew_line(*getattr(request.module, "STATIONS", STATIONS))
    return postgres
