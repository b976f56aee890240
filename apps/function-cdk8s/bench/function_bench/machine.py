"""What the benchmark ran on, in neutral words."""

import os
import pathlib
import platform
import re


def describe() -> dict[str, str]:
    """Return the processor, the cores, the memory, the kernel and how busy the machine was."""
    minute, five_minutes, _ = os.getloadavg()
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{round(int((_field('/proc/meminfo', 'MemTotal') or '0 kB').split()[0]) / (1 << 20))} GiB",
        "kernel": f"{platform.system()} {_release()}, {platform.machine()}",
        "load before": f"{minute:.2f} over one minute, {five_minutes:.2f} over five",
    }


def _release() -> str:
    found = re.match(r"\d+(\.\d+)*", platform.release())
    return found[0] if found else ""


def _field(path: str, name: str) -> str:
    try:
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
