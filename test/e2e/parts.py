# SPDX-License-Identifier: Apache-2.0
"""Runs a file of end-to-end tests in parts, side by side: for files whose tests wait for real time and compute little.

Usage: parts.py COUNT FILE     `--part K/COUNT` (conftest.py) gives each part every COUNTth test.
"""
import subprocess
import sys
import tempfile


def main():
    count, file = int(sys.argv[1]), sys.argv[2]
    parts = []
    for number in range(1, count + 1):
        said = tempfile.TemporaryFile()
        command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", f"--part={number}/{count}", file]
        parts.append((subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT), said))
    codes = [process.wait() for process, _ in parts]
    for _, said in parts:
        said.seek(0)
        sys.stdout.write(said.read().decode("utf-8", "replace"))
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main())
