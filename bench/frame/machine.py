# SPDX-License-Identifier: MIT OR Apache-2.0
"""What was measured where: a figure without this is worth nothing."""

import os
import pathlib
import platform
import re
import subprocess


def _text(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _first_line(*command, cwd=None):
    """The first line that the command prints, or "" where there is no such command."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd=cwd, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines[0] if done.returncode == 0 and lines else ""


def _field(text, name):
    match = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""


def _cpu():
    info = _text("/proc/cpuinfo")
    numbers = [_field(info, key) for key in ("cpu family", "model", "stepping")]
    model = _field(info, "model name") or platform.machine()
    return f"{model} (family {numbers[0]}, model {numbers[1]}, stepping {numbers[2]})" if all(numbers) else model


def _caches():
    found = []
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind = {"Data": "d", "Instruction": "i"}.get(_text(index / "type"), "")
        found.append(f"L{_text(index / 'level')}{kind} {_text(index / 'size')}")
    return ", ".join(found)


def _memory():
    match = re.search(r"^MemTotal:\s*(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    return f"{int(match.group(1)) / (1 << 20):.1f} GiB" if match else ""


def _package(name):
    return _first_line("dpkg-query", "-W", "-f", "${Package} ${Version}\\n", name)


# What the figures depend on beside the compilers.
PACKAGES = [
    "libbenchmark-dev",
    "libc6",
    "liblmdb-dev",
    "libapr1-dev",
    "libboost-dev",
    "libfoonathan-memory-dev",
    "libjemalloc2",
    "libmimalloc2.0",
    "libplf-colony-dev",
    "libtcmalloc-minimal4",
]


def _criterion(root):
    lock = _text(root / "bench/rust/Cargo.lock")
    match = re.search(r'name = "criterion"\nversion = "([^"]+)"', lock)
    return f"criterion {match.group(1)}" if match else ""


def _commit(root):
    commit = _first_line("git", "rev-parse", "HEAD", cwd=root)
    changed = _first_line("git", "status", "--porcelain", "--untracked-files=no", cwd=root)
    return commit + (" with uncommitted changes" if changed else "") if commit else ""


def describe(root):
    """{title: text}, without what this machine does not have."""
    facts = {
        "CPU": _cpu(),
        "cores": f"{len(os.sched_getaffinity(0))} usable of {os.cpu_count()}",
        "caches": _caches(),
        "memory": _memory(),
        "memory nodes": str(len(list(pathlib.Path("/sys/devices/system/node").glob("node[0-9]*"))) or ""),
        "virtual machine": "yes" if "hypervisor" in _field(_text("/proc/cpuinfo"), "flags").split() else "no",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "system": _field(_text("/etc/os-release").replace("=", ":").replace('"', ""), "PRETTY_NAME"),
        "huge pages": "anonymous "
        + _chosen("/sys/kernel/mm/transparent_hugepage/enabled")
        + ", shared "
        + _chosen("/sys/kernel/mm/transparent_hugepage/shmem_enabled"),
        "C and C++": _first_line("g++", "--version"),
        "Rust": _first_line("rustc", "--version"),
        "Go": _first_line("go", "version"),
        "Java": _first_line(java(), "-version"),
        "libraries": ", ".join(
            filter(None, [_package(name) for name in PACKAGES] + [_criterion(root)])
        ),
        "commit": _commit(root),
    }
    return {title: text for title, text in facts.items() if text}


def java():
    home = os.environ.get("DRY_JAVA_HOME", "")
    return os.path.join(home, "bin", "java") if home else "java"


def _chosen(path):
    match = re.search(r"\[(\w+)\]", _text(path))
    return match.group(1) if match else "unknown"


class Noise:
    """How much of the processors others had while the benchmarks ran."""

    def __init__(self):
        self.load_before = os.getloadavg()[0]
        self._before = self._ticks()

    @staticmethod
    def _ticks():
        fields = _text("/proc/stat").splitlines()[:1]
        return [int(field) for field in fields[0].split()[1:]] if fields else []

    def facts(self):
        passed = [after - before for before, after in zip(self._before, self._ticks())]
        total = sum(passed[:8]) or 1
        steal = 100 * passed[7] / total if len(passed) > 7 else 0.0
        return {"load_before": self.load_before, "load_after": os.getloadavg()[0], "steal_percent": round(steal, 2)}
