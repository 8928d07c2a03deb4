# SPDX-License-Identifier: Apache-2.0
"""./demo, ./check and scripts/ where the machine, the network or the checkout is not as it should be.

Each test has a checkout of its own with the scripts in it, and tools in front of the machine's that only write down how
they were called. No test installs, downloads or builds anything.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALL_INSTALLED = """for word; do case $word in -*|*'{'*) ;; *) echo "$word installed amd64" ;; esac; done"""


class Checkout:
    def __init__(self, folder):
        self.folder, self.tools = folder / "checkout", folder / "tools"
        self.tools.mkdir()
        self.folder.mkdir()
        for name in ("demo", "check"):
            shutil.copy(ROOT / name, self.folder)
        shutil.copytree(ROOT / "scripts", self.folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        self.mbedtls = folder / "mbedtls"
        (self.mbedtls / "library").mkdir(parents=True)
        (self.mbedtls / "include/mbedtls").mkdir(parents=True)
        (self.mbedtls / "library/psa_crypto_se.c").touch()
        (self.mbedtls / "include/mbedtls/build_info.h").write_text('#define MBEDTLS_VERSION_STRING  "3.6.7"\n')
        self.tool("dpkg", "echo amd64")
        self.tool("dpkg-query", ALL_INSTALLED)
        self.tool("apt-get")

    def tool(self, name, body="", code=0):
        """A program of that name; `called(name)` tells with what arguments it ran."""
        path = self.tools / name
        path.write_text(f'#!/bin/sh\necho "$*" >>"{self.tools}/{name}.calls"\n{body}\nexit {code}\n')
        path.chmod(0o755)

    def called(self, name):
        path = self.tools / f"{name}.calls"
        return path.read_text().splitlines() if path.exists() else []

    def missing(self, *packages):
        """dpkg knows all packages but these."""
        cases = "|".join(("-*", "*'{'*", *packages))
        self.tool("dpkg-query", f'for word; do case $word in {cases}) ;; *) echo "$word installed amd64" ;; esac; done')

    def run(self, *command):
        environment = {"PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                       "IMPRINT_MBEDTLS_SOURCE_DIR": str(self.mbedtls)}
        return subprocess.run(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)

    def in_library(self, script):
        return self.run("sh", "-c", f". scripts/lib.sh; {script}")


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def configured(checkout, home):
    build = checkout.folder / "build"
    build.mkdir()
    (build / "build.ninja").write_text("of another checkout\n")
    (build / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={home}\n")
    return build


def test_demo_configures_a_moved_checkout_without_the_tests(checkout):
    build = configured(checkout, "/where/it/was/before")
    checkout.tool("cmake", code=1)
    answer = checkout.run("./demo")
    assert answer.returncode == 1
    assert "-DIMPRINT_TESTS=OFF" in checkout.called("cmake")[0]
    assert not (build / "build.ninja").exists() and not (build / "CMakeCache.txt").exists()


def test_demo_leaves_what_check_has_configured(checkout):
    build = configured(checkout, checkout.folder)
    checkout.tool("cmake", code=1)
    checkout.run("./demo")
    assert "IMPRINT_TESTS" not in checkout.called("cmake")[0]
    assert (build / "build.ninja").exists()


@pytest.mark.parametrize("command", ["./demo", "./check"])
def test_a_checkout_that_cannot_be_written(checkout, command):
    (checkout.folder / "build").write_text("a file where the folder should be, which stops root as well\n")
    answer = checkout.run(command)
    assert answer.returncode == 1
    assert f"cannot write to {checkout.folder}/build: File exists" in answer.stderr
    assert f"cp -r {checkout.folder} ~/imprint && cd ~/imprint && {command}" in answer.stderr
    assert checkout.called("apt-get") == [] and checkout.called("dpkg-query") == []


def listed(checkout, *words):
    answer = checkout.run("scripts/install-packages", *words, "--list")
    assert answer.returncode == 0
    return answer.stdout.split()


def test_each_package_is_listed_once(checkout):
    packages = listed(checkout, "long")
    assert sorted(packages) == sorted(set(packages))


def test_quick_needs_no_linters(checkout):
    quick, full = set(listed(checkout, "quick")), set(listed(checkout, "check"))
    assert {"clang-tidy-19", "clang-format-19", "cppcheck", "shellcheck", "mandoc"} <= full - quick
    assert {"libcmocka-dev", "python3-pytest", "cmake", "qemu-system-arm"} <= quick <= full


def test_check_quick_asks_for_the_quick_packages(checkout):
    checkout.missing("libcmocka-dev", "cppcheck")
    checkout.tool("apt-get", "echo 'E: no' >&2", code=100)
    checkout.tool("id", "echo 0")
    answer = checkout.run("./check", "--quick")
    assert "./check --quick needs packages that are not installed:" in answer.stderr
    assert "libcmocka-dev: " in answer.stderr and "cppcheck" not in answer.stderr


def test_without_a_network_each_error_of_apt_is_shown_once(checkout):
    checkout.missing("libcmocka-dev")
    checkout.tool("id", "echo 0")
    # apt's own form: several lines, the same for the lists and for the packages.
    checkout.tool("apt-get", "for host in 1 2 3 4 5 6 7; do echo \"E: Failed to fetch http://mirror$host/  Could not connect\"; done",
                  code=100)
    (checkout.tools / "pkg-config").write_text("#!/bin/sh\nexit 1\n")
    (checkout.tools / "pkg-config").chmod(0o755)
    answer = checkout.run("scripts/install-packages", "quick")
    assert answer.returncode == 1
    assert any(" update" in call for call in checkout.called("apt-get"))
    assert any(" install " in call for call in checkout.called("apt-get"))
    for host in range(1, 6):
        assert answer.stderr.count(f"http://mirror{host}/") == 1
    assert "and 2 more like these" in answer.stderr
    assert "./check --quick cannot run without: libcmocka-dev" in answer.stderr
    assert answer.stderr.index("mirror5") < answer.stderr.index("Next: ")


def test_sudo_that_would_ask_without_a_terminal(checkout):
    checkout.missing("libcmocka-dev")
    checkout.tool("id", "echo 1000")
    checkout.tool("sudo", code=1)
    (checkout.tools / "pkg-config").write_text("#!/bin/sh\nexit 1\n")
    (checkout.tools / "pkg-config").chmod(0o755)
    answer = checkout.run("scripts/install-packages", "quick")
    assert answer.returncode == 1
    assert "sudo needs a password and there is no terminal" in answer.stderr
    assert "apt-get install --no-install-recommends libcmocka-dev" in answer.stderr


@pytest.mark.parametrize("line, counts", [
    ("98% tests passed, 1 tests failed out of 50", "49 1"),
    ("100% tests passed, 0 tests failed out of 3", "3 0"),
    ("97% tests passed, 1 test failed out of 40", "39 1"),
    ("No tests were found!!!", ""),
])
def test_what_ctest_counts(checkout, line, counts):
    (checkout.folder / "log").write_text(f"Test #1: something\n{line}\n\nTotal Test time (real) =   1.00 sec\n")
    assert checkout.in_library("ctest_counts log").stdout.strip() == counts


def test_the_summary_of_failed_tests(checkout):
    """./check with a ctest of which one test fails: its line has both counts, and so has the last one."""
    checkout.tool("cmake")
    checkout.tool("ninja")
    checkout.tool("ctest", "echo '98% tests passed, 1 tests failed out of 50'", code=8)
    answer = checkout.run("./check", "--quick")
    assert answer.returncode == 1
    assert "(49 of 50 tests passed)" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "50 passed, 1 failed"  # the build is one of them


def test_what_a_failed_test_printed_is_shown(checkout):
    """And nothing of those that passed, however many came after it."""
    (checkout.folder / "log").write_text(
        "      Start 2: b\n1/3 Test #1: a ....   Passed    0.10 sec\n2/3 Test #2: b ....***Failed    0.20 sec\nwhat b says\n\n"
        "      Start 3: c\n" + "3/3 Test #3: c ....   Passed    0.30 sec\n" * 99 + "67% tests passed, 1 tests failed out of 3\n2 - b (Failed)\n")
    shown = checkout.in_library("failed_tests log")
    assert shown.returncode == 0 and shown.stdout.splitlines() == [
        "2/3 Test #2: b ....***Failed    0.20 sec", "what b says", "", "67% tests passed, 1 tests failed out of 3", "2 - b (Failed)"]
    (checkout.folder / "log").write_text("cannot start CTest\n")
    assert checkout.in_library("failed_tests log").returncode == 1


def test_check_release_needs_root(checkout):
    checkout.tool("id", "echo 1000")
    answer = checkout.run("scripts/check-release", "trixie", "demo")
    assert answer.returncode == 1
    assert "cannot make a Debian of its own: this needs root" in answer.stderr
    assert "Next: sudo scripts/check-release trixie" in answer.stderr


def test_check_release_names_the_tool_that_is_missing(checkout):
    """Of the machine's tools only those are in reach that the script uses before it looks for debootstrap."""
    checkout.tool("id", "echo 0")
    for name in ("sh", "dirname"):
        (checkout.tools / name).symlink_to(shutil.which(name))
    answer = subprocess.run([shutil.which("sh"), "scripts/check-release", "bookworm"], cwd=checkout.folder, check=False,
                            env={"PATH": str(checkout.tools)}, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "debootstrap not found" in answer.stderr
    assert "Next: apt-get install debootstrap" in answer.stderr


@pytest.mark.parametrize("words", [[], ["sid"], ["trixie", "tour"]])
def test_check_release_refuses_what_it_does_not_know(checkout, words):
    answer = checkout.run("scripts/check-release", *words)
    assert answer.returncode == 2 and "usage: scripts/check-release" in answer.stderr


@pytest.mark.parametrize("sources, bases", [
    (["http://a/debian bookworm", "http://a/debian bookworm-updates", "http://a/security bookworm-security"], ["http://a/debian"]),
    (["http://0/vendor nodistro", "http://a/debian trixie", "http://a/debian trixie-updates"],
     ["http://a/debian", "http://0/vendor"]),
    ([], []),
])
def test_debians_own_mirror_comes_first(checkout, sources, bases):
    (checkout.folder / "sources").write_text("".join(line + "\n" for line in sources))
    assert checkout.in_library("plain_bases <sources").stdout.split() == bases


@pytest.mark.parametrize("include, code", [("psa/keys.h", 0), ("psa/se_c/dynamic.h", 1)])
def test_a_folder_within_a_folder_has_a_floor_of_its_own(tmp_path, include, code):
    """Who may include src/psa/ may not for that reason include src/psa/se_c/."""
    shutil.copy(ROOT / "floors.txt", tmp_path)
    for folder in subprocess.run(["sed", "-n", r"s/^folder \([^ ]*\) .*/\1/p", ROOT / "floors.txt"], check=True,
                                 capture_output=True, text=True).stdout.split():
        (tmp_path / folder).mkdir(parents=True)
    for header in ("psa/keys.h", "psa/se_c/dynamic.h"):
        (tmp_path / "src" / header).touch()
    (tmp_path / "src/provision/prove.c").write_text(f'#include "{include}"\n')
    done = subprocess.run([ROOT / "scripts/check-floors", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert ("src/provision/prove.c:1: src/provision may not include psa/se_c/dynamic.h" in done.stdout) == (code == 1)


def test_what_runs_in_the_background(checkout):
    """One command after the other, at a priority that gives way; each has its own output and exit code."""
    (checkout.folder / "list").write_text("first\techo one >>order; chrt --pid $$; nice; echo said; exit 3\nsecond\techo two >>order\n")
    answer = checkout.in_library("""background_start list logs
        background_await second; echo "second: $?"
        background_await first; echo "first: $?" """)
    lines = answer.stdout.splitlines()
    assert [line for line in lines if line.startswith(("first", "second"))] == ["second: 0", "first: 3"], answer
    assert "said" in lines and lines[-2].startswith("in the background: ")
    assert any("SCHED_IDLE" in line for line in lines) or str(min(19, os.nice(0) + 19)) in lines, answer
    assert (checkout.folder / "order").read_text() == "one\ntwo\n"


def test_the_lowest_priority_where_no_other_is_allowed(checkout):
    checkout.tool("chrt", code=1)
    (checkout.folder / "list").write_text("it\tnice\n")
    lowest = str(min(19, os.nice(0) + 19))
    assert lowest in checkout.in_library("background_start list logs; background_await it").stdout.splitlines()


def test_a_background_that_is_killed_is_no_success(checkout):
    (checkout.folder / "list").write_text("never\tkill -9 $PPID; sleep 60\n")
    answer = checkout.in_library('background_start list logs; background_await never; echo "code $?"; background_stop')
    assert "cannot wait for never" in answer.stdout and "code 1" in answer.stdout, answer


def test_nothing_of_the_background_outlives_it(checkout):
    (checkout.folder / "list").write_text("long\tsleep 600 & echo $! >sleeper; wait\nnext\ttouch next\n")
    answer = checkout.in_library("""background_start list logs
        until [ -s sleeper ]; do sleep 0.1; done
        background_stop
        wait "$background"; echo "ended" """)
    assert "ended" in answer.stdout
    sleeper = pathlib.Path("/proc", (checkout.folder / "sleeper").read_text().strip())
    until = time.monotonic() + 120
    while sleeper.exists() and "(sleep) Z" not in (sleeper / "stat").read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert not (checkout.folder / "next").exists()


@pytest.fixture
def whole_run(checkout):
    """A checkout whose ./check runs to its end in a second: what it starts only says that it was started."""
    for path in (checkout.folder / "scripts").iterdir():
        if path.name not in ("lib.sh", "in-background", "install-packages", "get-mbedtls"):
            path.write_text(f'#!/bin/sh\necho "{path.name} $*" >>steps\necho "7 files checked, 0 findings"\n')
    for name in ("demo", "test/bench/run", "test/bench/run-firmware"):
        path = checkout.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>steps\n')
        path.chmod(0o755)
    # No software of other makers to be had.
    for name in ("get-cryptoauthlib", "get-manifest-tools", "get-axe"):
        (checkout.folder / "scripts" / name).write_text("#!/bin/sh\necho 'PyPI does not answer' >&2\nexit 3\n")
    checkout.tool("cmake")
    checkout.tool("ctest", 'echo "100% tests passed, 0 tests failed out of 50"')
    return checkout


def test_a_whole_run(whole_run):
    """Each step once, those in the background too."""
    answer = whole_run.run("./check")
    assert answer.returncode == 0, answer
    assert answer.stdout.splitlines()[-1] == "119 passed, 0 failed", answer.stdout
    assert "PyPI does not answer" in answer.stdout
    steps = (whole_run.folder / "steps").read_text().splitlines()
    assert len(steps) == len(set(steps)) and "check-sources clang-tidy" in steps and "test/bench/run " in steps
    behind = [line for line in answer.stdout.splitlines() if "in the background" in line]
    assert [line.split("  ")[0] for line in behind] == ["build with sanitizers", "bench", "firmware sizes", "symbols", "headers compile alone",
                                                        "size of the chip layer", "cppcheck", "clang-tidy"]


@pytest.mark.parametrize("step", ["check-sources", "check-headers", "build"])
def test_what_fails_in_the_background_fails_the_run(whole_run, step):
    """Its output is shown; without the build with sanitizers its tests are not run, and nothing else is left out."""
    (whole_run.folder / "scripts" / step).write_text(
        '#!/bin/sh\ncase "$*" in *sanitize*|cppcheck|/*) echo "what was wrong"; exit 1;; esac\n')
    answer = whole_run.run("./check")
    assert answer.returncode == 1 and "    | what was wrong" in answer.stdout, answer
    assert answer.stdout.splitlines()[-1] == ("68 passed, 1 failed" if step == "build" else "118 passed, 1 failed"), answer.stdout


def test_an_interrupted_run_leaves_nothing(whole_run):
    """SIGTERM while the tests run: the background ends, too."""
    (whole_run.folder / "scripts" / "build").write_text('#!/bin/sh\ncase $1 in *sanitize) echo $$ >sleeper; exec sleep 600;; esac\n')
    whole_run.tool("ctest", "until [ -s sleeper ]; do sleep 0.1; done; kill $PPID")
    answer = whole_run.run("./check")
    assert answer.returncode == 130, answer
    sleeper = pathlib.Path("/proc", (whole_run.folder / "sleeper").read_text().strip())
    until = time.monotonic() + 120
    while sleeper.exists() and "(sleep) Z" not in (sleeper / "stat").read_text():
        assert time.monotonic() < until
        time.sleep(0.05)


def collected(*arguments):
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", *arguments,
                           "test/e2e/test_swi.py"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, [line for line in done.stdout.splitlines() if "::" in line]


def test_parts_of_a_file_are_the_whole():
    """--part K/N: each test is in one part."""
    _, whole = collected()
    parts = [collected(f"--part={number}/4")[1] for number in (1, 2, 3, 4)]
    assert sorted(sum(parts, [])) == sorted(whole) and len(whole) > 20
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert collected("--part=5/4")[0] not in (0, 5)


def test_a_failure_in_any_part_fails_the_file(tmp_path):
    """The output of each part is printed, what a part has skipped too."""
    (tmp_path / "test_some.py").write_text(
        "import pytest\n@pytest.mark.parametrize('number', range(3))\ndef test(number):\n"
        "    assert number != 1\n    if number == 2: pytest.skip('not here')\n")
    shutil.copy(ROOT / "test/e2e/parts.py", tmp_path)
    for name in ("conftest.py", "json_page.py"):
        shutil.copy(ROOT / "test/e2e" / name, tmp_path)
    answer = subprocess.run([sys.executable, tmp_path / "parts.py", "3", tmp_path / "test_some.py"], capture_output=True, text=True,
                            check=False, timeout=60)
    assert answer.returncode == 1, answer
    assert answer.stdout.count("1 passed, 2 deselected") == 1 and "1 failed, 2 deselected" in answer.stdout
    assert "SKIPPED [1] " in answer.stdout and "not here" in answer.stdout


# Two strings of 5 and 3 bytes, of which one serves both; how the linkers of Debian 12 and 13 say so.
MAPS = {
    "each piece has what is left of it": (""" .rodata.a.str1.1
                0x00000040        0x5 src/chip/libimprint_chip.a(a.c.obj)
 .rodata.b.str1.1
                0x00000045        0x1 src/psa/libimprint_psa.a(b.c.obj)
                                  0x3 (size before relaxing)
""", {"chip": 5, "psa": 1}),
    "the first piece has all": (""" .rodata.a.str1.1
                0x00000040        0x6 src/chip/libimprint_chip.a(a.c.obj)
                                  0x5 (size before relaxing)
 .rodata.b.str1.1
                0x00000046        0x3 src/psa/libimprint_psa.a(b.c.obj)
""", {"chip": 5, "psa": 3}),
}


@pytest.mark.parametrize("linker", MAPS)
def test_strings_that_are_kept_once(tmp_path, linker):
    pieces, sizes = MAPS[linker]
    image = tmp_path / "image.map"
    image.write_text(f"Linker script and memory map\n\n.text           0x00000040       0x6\n{pieces}\n.debug_info 0x0 0x0\n")
    said = subprocess.run([ROOT / "scripts/firmware-sizes", image], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0]: int(line.split()[1]) for line in said.splitlines()} == {
        **sizes, "core": sum(sizes.values()), "own": sum(sizes.values()), "all": sum(sizes.values())}


def fuzz_targets():
    return sorted(path.stem.removeprefix("fuzz_") for path in (ROOT / "test/fuzz").glob("fuzz_*.c"))


def prepared_for_fuzzing(checkout, targets):
    """A checkout with sources of that name, and programs that say that they ran as often as they were told."""
    for name in ("cmake", "ninja"):
        checkout.tool(name)
    (checkout.folder / "test/fuzz").mkdir(parents=True)
    programs = checkout.folder / "build-fuzz/test/fuzz"
    programs.mkdir(parents=True)
    for target in targets:
        (checkout.folder / f"test/fuzz/fuzz_{target}.c").touch()
        program = programs / f"fuzz_{target}"
        program.write_text('#!/bin/sh\necho "stat::number_of_executed_units: ${1#-runs=}"\necho "stat::average_exec_per_sec: 1"\n')
        program.chmod(0o755)


def test_every_fuzz_target_is_run(checkout):
    prepared_for_fuzzing(checkout, fuzz_targets())
    done = checkout.run("scripts/fuzz", checkout.mbedtls, "1000")
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == fuzz_targets()
    assert all(int(line.split()[1]) > 0 for line in lines)
    assert last.split() == ["in", "all", "1000", "executions,", "no", "finding"]


def test_a_fuzz_target_without_a_share_is_an_error(checkout):
    prepared_for_fuzzing(checkout, [*fuzz_targets(), "of_tomorrow"])
    done = checkout.run("scripts/fuzz", checkout.mbedtls)
    assert done.returncode != 0
    assert "cannot fuzz of_tomorrow: scripts/fuzz gives it no share" in done.stderr
