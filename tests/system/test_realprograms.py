# SPDX-License-Identifier: MIT
"""Programs that nobody here wrote (tests/programs), against what they give on Windows: those whose packages are in the cache.

`make programs` fetches the packages and runs all of them; here a package that is not there is a skip with its name, and the slow ones are left to
it.  One boot a program.
"""
import json
import os
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

FOLDER = os.path.join(ROOT, "tests", "programs")


def is_quick(name):
    command = os.path.join(FOLDER, name, "cmd.json")
    if not os.path.isfile(command):
        return False
    with open(command, encoding="utf-8") as f:
        return not json.load(f).get("slow")


NAMES = sorted(filter(is_quick, os.listdir(FOLDER)))


@pytest.mark.parametrize("name", NAMES)
def test_program(name, tmp_path):
    results = tmp_path / "results.json"
    run = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "programs"), "--cached", "--json", str(results), name],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ, BUILD=BUILD))
    assert results.exists(), run.stdout
    result = json.loads(results.read_text())[0]
    if result["skip"]:
        pytest.skip(result["skip"])
    assert not result["wrong"], run.stdout


def test_coverage():
    """The functions that real programs use most are exported."""
    run = subprocess.run([os.path.join(ROOT, "tools", "win32-coverage"), "--exports"], stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0 and "kernel32" in run.stdout
