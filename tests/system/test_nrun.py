# SPDX-License-Identifier: MIT
"""nrun's own promises: arguments, bytes, exit codes."""
import pytest


def test_arguments(nrun):
    run = nrun(["hello.exe", "a b", "c"])
    assert run.code == 0 and b"a b" in run.out and run.err == b""


def test_child_exit_code(nrun):
    run = nrun("spawn.exe")
    assert run.code == 0 and b"exit" in run.out.lower()


@pytest.mark.parametrize("code, expected", [(0, 0), (7, 7), (199, 199), (200, 199), (3221225477, 199)])
def test_exit_code(nrun, code, expected):
    run = nrun(f"exit {code}")
    assert run.code == expected
    assert (f"0x{code:08X}".encode() in run.err) == (code > 199)


def test_not_there(nrun):
    run = nrun("nosuchprogram.exe")
    assert run.code == 127 and b"0xC0000034" in run.err


def test_added_file(nrun, tmp_path):
    (tmp_path / "note.txt").write_bytes(b"line one\r\nline two\r\n")
    run = nrun("type C:\\Temp\\note.txt", "--add", f"{tmp_path}/note.txt=C:\\Temp\\note.txt")
    assert run.code == 0 and run.out == b"line one\r\nline two\r\n"


def test_through_uefi(nrun):
    run = nrun("spawn.exe", "--uefi")
    assert run.code == 0 and b"exit" in run.out.lower()
