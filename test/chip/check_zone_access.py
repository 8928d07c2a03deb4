#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that only src/chip/ knows where the fields of a config zone lie.

Usage: check_zone_access.py ROOT. Elsewhere in product code `struct chip_config` may be copied whole; an index into its
member `zone`, or arithmetic on it, is refused: chip/config.h has a call for each field. Exit code 1 on any finding, and
when the pattern no longer finds what src/chip/config.c does.
"""
import pathlib
import re
import sys

INDEXED = re.compile(r"(?:->|\.)zone\s*(?:\[|\+)")
PLACES = ("src", "firmware", "examples", "include", "virtual")
OWNER = pathlib.Path("src/chip")


def main():
    root = pathlib.Path(sys.argv[1])
    findings, in_owner = [], 0
    for place in PLACES:
        for path in sorted((root / place).rglob("*.[ch]")):
            name = path.relative_to(root)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if not INDEXED.search(line):
                    continue
                if OWNER in name.parents:
                    in_owner += 1
                else:
                    findings.append(f"{name}:{number}: indexes a config zone: use a call of chip/config.h")
    print("\n".join(findings), end="\n" if findings else "")
    if in_owner == 0:
        print("no use found in src/chip/ either: has the member another name now?")
    return 1 if findings or in_owner == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
