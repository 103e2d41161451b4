# SPDX-License-Identifier: MIT
"""The host tests: each program under build/tests/host is one test here, judged by its TAP output.

A pass needs the exit code, a plan, and one `ok` for each number of the plan: a program that ends too early does not pass by silence.
"""
import glob
import os
import subprocess

import pytest

from conftest import BUILD, judge

PROGRAMS = sorted(path for path in glob.glob(os.path.join(BUILD, "tests/host/test_*")) if os.access(path, os.X_OK) and os.path.isfile(path))


def test_there_are_host_tests():
    assert PROGRAMS, "no host test was built: make host-tests"


@pytest.mark.parametrize("program", PROGRAMS, ids=[os.path.basename(p) for p in PROGRAMS])
def test_host(program):
    result = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=600,
                            env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP"))
    wrong = judge(result.stdout)
    assert result.returncode == 0 and not wrong, f"exit code {result.returncode}; {wrong}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
