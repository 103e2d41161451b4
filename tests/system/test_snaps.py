# SPDX-License-Identifier: MIT
"""What the loader says: every step on demand, and by name what a program wants and does not get."""
import os
import re

import pytest

from conftest import BUILD


def changed(tmp_path, old, new):
    """hello.exe with one name in its imports replaced by another of the same length."""
    image = open(os.path.join(BUILD, "programs", "hello.exe"), "rb").read()
    assert len(old) == len(new) and old in image
    path = tmp_path / "changed.exe"
    path.write_bytes(image.replace(old, new))
    return f"{path}=C:\\Temp\\changed.exe"


def test_loader_snaps(nrun):
    run = nrun("snaps hello.exe")
    steps = re.findall(r"^LDR: .*", run.log_text(), re.MULTILINE)
    assert run.code == 0
    for step in (r"kernel32\.dll.* attaches", r"msvcrt\.dll.* attaches", r"reason 0"):
        assert any(re.search(step, line, re.IGNORECASE) for line in steps), step
    assert not re.search(r"^LDR:", nrun("hello.exe").log_text(), re.MULTILINE)


@pytest.mark.parametrize("old, new, status", [(b"msvcrt.dll", b"nothere.so", "0xC0000135"), (b"GetCurrentProcessId", b"GetSomeOtherProcess", "0xC0000139")])
def test_what_is_missing_is_named(nrun, tmp_path, old, new, status):
    run = nrun("C:\\Temp\\changed.exe", "--add", changed(tmp_path, old, new))
    assert run.code == 199 and status.encode() in run.err
    assert new in run.err and b"changed.exe" in run.err
