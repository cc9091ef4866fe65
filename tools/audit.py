"""Looks up the pinned requirements of CI in the database of known vulnerabilities (pip-audit).

    python tools/audit.py requirements/ci.txt requirements/docs.txt

Exit code 1 where one is known. Without the database nothing is said about the requirements, and the last line says so.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main(*requirements: str) -> int:
    named = [part for each in requirements for part in ("-r", each)]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *named, "--no-deps", "--disable-pip", "-f", "json",
         "--progress-spinner", "off", "--timeout", "15"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"audit: skipped: the database of vulnerabilities cannot be reached ({reason})")
        return 0
    known = [package for package in found if "skip_reason" not in package]
    if not known:
        print(
            f"audit: skipped: the database of vulnerabilities cannot be reached (none of {len(found)} packages known)"
        )
        return 0
    bad = [package for package in known if package["vulns"]]
    for package in bad:
        for each in package["vulns"]:
            print(f"{package['name']} {package['version']}: {each['id']}, mended in {', '.join(each['fix_versions'])}")
    unknown = f", {len(found) - len(known)} not in the database" if len(known) < len(found) else ""
    print(f"audit: {len(known)} packages looked up, {len(bad)} with known vulnerabilities{unknown}")
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
