#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the files of the virtual chip call one another in one direction only.

Usage: check_one_way.py ARCHIVE. Reads the symbols of the library's objects with nm; prints a circle and exits with 1
when there is one, or when the archive shows no calls at all.
"""
import re
import subprocess
import sys


def calls_of(archive):
    """For each object, the other objects that define what it refers to."""
    defined, needed, name = {}, {}, None
    for line in subprocess.run(["nm", archive], check=True, capture_output=True, text=True).stdout.splitlines():
        if line.endswith(":"):
            name = line[:-1].removesuffix(".o")
            needed[name] = set()
        elif match := re.match(r"[0-9a-f]*\s+([A-Z]) (\S+)$", line):
            if match[1] == "U":
                needed[name].add(match[2])
            elif match[1] in "TDRB":
                defined[match[2]] = name
    return {name: {defined[symbol] for symbol in symbols if symbol in defined} - {name}
            for name, symbols in needed.items()}


def find_circle(calls, name, path, done):
    if name in path:
        return path[path.index(name):] + [name]
    if name not in done:
        for callee in sorted(calls[name]):
            if circle := find_circle(calls, callee, path + [name], done):
                return circle
        done.add(name)
    return None


def main():
    calls, done = calls_of(sys.argv[1]), set()
    if not any(calls.values()):
        sys.exit(f"{sys.argv[1]}: no calls between objects found")
    for name in calls:
        if circle := find_circle(calls, name, [], done):
            sys.exit("circle: " + " -> ".join(circle))


if __name__ == "__main__":
    main()
