# SPDX-License-Identifier: MIT
"""A short run of the fuzzers, the same inputs every time; `make fuzz-fat` runs as long as one likes."""
import os
import shutil
import subprocess

import pytest

from conftest import BUILD, ROOT


@pytest.mark.skipif(not shutil.which("clang"), reason="libFuzzer needs clang: run tools/setup")
def test_fat_and_partition_tables():
    shutil.rmtree(os.path.join(BUILD, "fuzz", "corpus"), ignore_errors=True)
    run = subprocess.run(["make", "-C", ROOT, f"BUILD={BUILD}", "fuzz-fat", "FUZZ_RUNS=3000"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace")
    assert run.returncode == 0 and "Done 3000 runs" in run.stdout, run.stdout[-3000:]
