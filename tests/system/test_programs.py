# SPDX-License-Identifier: MIT
"""Programs and what the system does with them: someone else's binary, a driver, crashes, ten thousand processes."""
import hashlib
import hmac
import os
import re

import pytest

CACHE = os.environ.get("NASCENT_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "nascent")
# As tools/programs unpacks Debian's libgcrypt-mingw-w64-dev.
HMAC256 = os.path.join(CACHE, "programs", "libgcrypt-mingw-w64-dev", "usr", "x86_64-w64-mingw32", "bin", "hmac256.exe")


@pytest.mark.skipif(not os.path.exists(HMAC256), reason="hmac256.exe could not be fetched (tools/setup)")
def test_hmac256(nrun, tmp_path):
    """A Windows program nobody here built, against Python's own computation."""
    data = b"".join(b"line %d of the input\r\n" % i for i in range(5000))
    (tmp_path / "input.txt").write_bytes(data)
    run = nrun("hmac256.exe secretkey input.txt", "--dir", "C:\\t", "--add", f"{HMAC256}=C:\\t\\hmac256.exe",
               "--add", f"{tmp_path}/input.txt=C:\\t\\input.txt")
    assert run.code == 0 and run.err == b""
    assert run.out.decode() == hmac.new(b"secretkey", data, hashlib.sha256).hexdigest() + "  input.txt\r\n"


def test_driver_answers_a_program(nrun):
    run = nrun("echodrv.exe hello")
    assert run.code == 0 and run.out.split() == [b"HELLO"]
    assert "Loaded echo.sys at" in run.log_text()


def ledger(run):
    """[(stage, begin, length or None, status)] of what `birth` printed."""
    rows = re.findall(rb"^ +(\d+)  \S.{45} +(\d+|-) +(\d+|-)  ([0-9A-F]{8}| {8})", run.out, re.MULTILINE)
    return [(int(stage), begin, length, status) for stage, begin, length, status in rows]


@pytest.mark.parametrize("program", ["hello.exe", "spawn.exe"])
def test_birth(nrun, program):
    """Every stage is there once, in order, with its time and success, though spawn.exe has a child of its own; 9 says that it is not there yet."""
    rows = ledger(nrun(f"birth {program}"))
    assert [row[0] for row in rows] == list(range(13))
    assert rows[9][1] == b"-" and all(row[3] == b"00000000" for row in rows if row[0] != 9)
    begins = [int(row[1]) for row in rows if row[0] != 9]
    assert begins == sorted(begins) and all(int(row[2]) > 0 for row in rows if row[0] not in (9, 10, 12))


@pytest.mark.parametrize("name, stages, status", [("nosuch.exe", [0], b"C0070002"), ("C:\\Temp\\text.exe", [0, 1, 2, 3], b"C000012F")])
def test_birth_that_fails(nrun, tmp_path, name, stages, status):
    """The ledger ends at the stage that failed, with its status."""
    (tmp_path / "text.exe").write_bytes(b"This is a text.\r\n")
    run = nrun(f"birth {name}", "--add", f"{tmp_path}/text.exe=C:\\Temp\\text.exe")
    rows = ledger(run)
    assert run.code == 1 and [row[0] for row in rows] == stages and rows[0][3] == status == rows[-1][3], run.out


CRASHES = {"nullwrite": 0xC0000005, "nullread": 0xC0000005, "writecode": 0xC0000005, "execdata": 0xC0000005, "stack": 0xC00000FD,
           "divide": 0xC0000094, "int3": 0x80000003, "illegal": 0xC000001D, "privileged": 0xC0000096, "failfast": 0xC0000409}


def test_crashes(nrun):
    """All kinds in one boot: each kills its process with its own status, and only that."""
    run = nrun("crash.exe")
    for kind, status in CRASHES.items():
        assert re.search(rf"^{kind} +exit code 0x{status:08X}".encode(), run.out, re.MULTILINE), f"{kind}: {run.out.decode()}"


def test_crash_report(nrun):
    run = nrun("crash.exe nullwrite")
    assert run.code == 199 and b"0xC0000005" in run.err
    report = (run.out + run.err).decode("utf-8", "replace") + run.log_text()
    assert "STATUS_ACCESS_VIOLATION" in report
    assert re.search(r"crash\.exe\+0x[0-9A-Fa-f]+", report), "the report names module and offset"


@pytest.mark.parametrize("count, kind", [(300, ""), (100, "msvcrt")])
def test_processes_leave_nothing(nrun, count, kind):
    """The short form; `make test-leaks` runs ten thousand."""
    count = int(os.environ.get("STRESS_COUNT", count))
    run = nrun(f"stress10k.exe {count} {kind}", "--timeout", "3000")
    assert run.code == 0 and b"DIFFERENT" not in run.out, run.out.decode()
