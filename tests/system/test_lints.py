# SPDX-License-Identifier: MIT
"""The lints are tests too: a promise nothing checks is not a promise."""
import os
import subprocess

import pytest

from conftest import ROOT


@pytest.mark.parametrize("lint", ["lint", "lint-layers", "lint-locks", "lint-docs"])
def test_lint(lint):
    result = subprocess.run([os.path.join(ROOT, "tools", lint)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    lines = [line for line in result.stdout.splitlines() if not line.startswith("warning")]
    assert result.returncode == 0, "\n".join(lines[-30:])
