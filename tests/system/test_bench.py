# SPDX-License-Identifier: MIT
"""The benchmark runs, prints its keys in its format, and gives the same numbers twice."""
import os
import subprocess

from conftest import BUILD, ROOT

KEYS = {"null_syscall", "page_fault_write", "thread_create_join", "process_native", "process_msvcrt", "process_3dlls", "process_memory",
        "file_create_write_delete", "file_read_per_byte", "boot_to_user", "memory_at_prompt"}


def bench(*keys):
    result = subprocess.run([os.path.join(ROOT, "tools/bench"), *keys], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, BUILD=BUILD))
    assert result.returncode == 0, result.stdout + result.stderr
    lines = [line.split("\t") for line in result.stdout.splitlines() if "\t" in line]
    assert all(len(line) == 4 for line in lines), result.stdout
    return {key: float(median) for key, median, _, _ in lines}


def test_bench():
    first = bench(*KEYS)
    assert not KEYS - set(first), f"missing: {KEYS - set(first)}"
    assert abs(bench("null_syscall")["null_syscall"] - first["null_syscall"]) <= 1, "not deterministic"
