"""Asks the advisory database about every locked dependency; says so in one line where it cannot be asked."""

import json
import subprocess
import sys


def main() -> int:
    audit = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--timeout=15", "--format=json"]
    run = subprocess.run(
        [*audit, "--require-hashes", "--disable-pip", "-r", "requirements/run-extras.lock"],
        capture_output=True,
        text=True,
        check=False,
    )
    asked = json.loads(run.stdout)["dependencies"] if run.stdout else []
    answered = [dependency for dependency in asked if "vulns" in dependency]
    if not answered:
        print("pip-audit: the advisory database cannot be asked from here; not audited")
        return 0
    vulnerable = [dependency for dependency in answered if dependency["vulns"]]
    for dependency in vulnerable:
        ids = ", ".join(vulnerability["id"] for vulnerability in dependency["vulns"])
        print(f"pip-audit: {dependency['name']} {dependency['version']}: {ids}", file=sys.stderr)
    print(f"pip-audit: {len(answered)} of {len(asked)} dependencies asked about, {len(vulnerable)} vulnerable")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
