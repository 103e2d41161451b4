# SPDX-License-Identifier: MIT
"""Handles, memory, threads and processes until there are no more, on a small machine: refused properly, survived, and all given back."""
from conftest import judge


def test_exhaustion(nrun):
    run = nrun("exhaust.exe", "--mem", "128", "--timeout", "600", "--patience", "300")
    text = run.out.decode("utf-8", "replace")
    assert run.code == 0 and not judge(text), text + run.log_text()[-2000:]
