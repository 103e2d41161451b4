# SPDX-License-Identifier: MIT
"""Every ABI structure against the documented x64 offsets: tests/layout/layout.tsv, compiled as static assertions for each side."""
import os
import re
import subprocess

import pytest

from conftest import BUILD, ROOT


@pytest.mark.parametrize("side", ["driver", "kernel", "user"])
def test_layout(side):
    result = subprocess.run(["make", "-s", f"BUILD={BUILD}", f"layout-{side}"], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"})
    wrong = re.findall(r"error: (?:static assertion failed: )?(.*)", result.stdout)
    assert result.returncode == 0 and not wrong, "\n".join(wrong[:30]) or result.stdout[-2000:]
    with open(os.path.join(BUILD, "obj", "layout", f"{side}.c"), encoding="utf-8") as f:
        assert f.read().count("_Static_assert") > 300, "the table lost its lines"
