"""Fails when a test was skipped for another reason than a missing browser. Reads pytest's JUnit file."""

import sys
from xml.etree import ElementTree

ALLOWED = "no Chromium"


def main(report: str) -> int:
    unwanted = [
        f"{case.get('classname')}::{case.get('name')}: {skipped.get('message')}"
        for case in ElementTree.parse(report).iter("testcase")
        for skipped in case.iter("skipped")
        if ALLOWED not in (skipped.get("message") or "")
    ]
    for line in unwanted:
        print(f"skipped: {line}", file=sys.stderr)
    return 1 if unwanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
