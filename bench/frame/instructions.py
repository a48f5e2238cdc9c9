# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions an operation of the C core, counted by callgrind: steady where times are not."""

import pathlib
import re
import subprocess

from bench.frame.measure import Refused

KEYS = 4096

# name in the table: (mode of the program, function whose calls are counted, mode whose count is taken off)
COUNTS = {
    "hit": ("hit", "dry_kv_get", None),
    "miss": ("miss", "dry_kv_get", None),
    "get_many_32, a key": ("get_many", "dry_kv_get_many", None),
    "insert": ("populate", "dry_kv_put", None),
    "update": ("update", "dry_kv_put", "populate"),
    "delete": ("delete", "dry_kv_delete", None),
}


def _events(program, mode, function, keys, folder):
    out = pathlib.Path(folder) / f"callgrind.{mode}.{function}"
    command = ["valgrind", "--tool=callgrind", f"--toggle-collect={function}", f"--callgrind-out-file={out}"]
    try:
        done = subprocess.run(
            command + [str(program), mode, str(keys)], capture_output=True, text=True, timeout=600, check=False
        )
    except OSError as error:
        raise Refused(f"valgrind: {error}; ci/setup installs it") from error
    if done.returncode != 0:
        raise Refused(f"{' '.join(command)} {program} {mode}: exit {done.returncode}: {done.stderr[-800:]}")
    match = re.search(r"^(?:summary|totals): (\d+)", out.read_text(encoding="utf-8"), re.MULTILINE)
    count = int(match.group(1)) if match else 0
    if count == 0:
        raise Refused(f"{program} {mode}: callgrind met no call of {function}")
    return count


def count(program, folder, keys=KEYS):
    """{operation: instructions}, call and return included, the caller's loop not."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, (mode, function, base) in COUNTS.items():
        events = _events(program, mode, function, keys, folder)
        if base is not None:
            events -= _events(program, base, function, keys, folder)
        counts[name] = events / keys
    return counts
