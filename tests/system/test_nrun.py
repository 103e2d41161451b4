# SPDX-License-Identifier: MIT
"""nrun's own promises: arguments, bytes, exit codes, every option."""
import os
import random
import re
import signal
import subprocess
import time

import pytest

from conftest import BUILD, ROOT, log_path

BYTES = bytes(range(256)) * 2 + b"\r\n\n\r\x1a after the end mark\r\n\xff\xfe\x00\x00"


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


def test_no_program(nrun, tmp_path):
    (tmp_path / "text.exe").write_bytes(b"This is a text.\r\n")
    run = nrun("C:\\Temp\\text.exe", "--add", f"{tmp_path}/text.exe=C:\\Temp\\text.exe")
    assert run.code == 127 and b"0xC000012F" in run.err


def test_added_file(nrun, tmp_path):
    (tmp_path / "note.txt").write_bytes(b"line one\r\nline two\r\n")
    run = nrun("type C:\\Temp\\note.txt", "--add", f"{tmp_path}/note.txt=C:\\Temp\\note.txt")
    assert run.code == 0 and run.out == b"line one\r\nline two\r\n"


@pytest.mark.parametrize("size", [len(BYTES), 10_000_000])
def test_bytes(nrun, tmp_path, size):
    """Both streams, every byte value, more than any buffer holds; what the host adds is in neither."""
    data = BYTES if size == len(BYTES) else random.Random(1).randbytes(size)
    (tmp_path / "data.bin").write_bytes(data)
    run = nrun("type data.bin & echo between 1>&2 & type data.bin 1>&2", "--dir", "C:\\t", "--add", f"{tmp_path}/data.bin=C:\\t\\data.bin")
    assert run.code == 0 and run.out == data and run.err == b"between  \r\n" + data


def test_folder_in_and_out(nrun, tmp_path):
    """--add of a folder with all that is in it, --dir, --get of a folder and of a file."""
    (tmp_path / "in" / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "in" / "a b,c=d.txt").write_bytes(b"odd name\r\n")
    (tmp_path / "in" / "sub" / "data.bin").write_bytes(BYTES)
    run = nrun("copy sub\\data.bin new.bin & cd", "--add", f"{tmp_path}/in=C:\\t", "--dir", "C:\\t", "--get", f"C:\\t={tmp_path}/out",
               "--get", f"C:\\t\\new.bin={tmp_path}/one.bin")
    assert run.code == 0 and run.out.endswith(b"C:\\t\r\n"), run.err
    assert (tmp_path / "out" / "new.bin").read_bytes() == BYTES == (tmp_path / "one.bin").read_bytes()
    assert (tmp_path / "out" / "a b,c=d.txt").read_bytes() == b"odd name\r\n" and (tmp_path / "out" / "sub" / "empty").is_dir()


def test_machine(nrun):
    """--smp, --mem, --icount: what the guest sees of them."""
    run = nrun("echo %NUMBER_OF_PROCESSORS%", "--smp", "3", "--mem", "300", "--icount")
    assert run.code == 0 and run.out.split() == [b"3"]
    memory = int(re.search(r"(\d+) MiB of memory", run.log_text())[1])
    assert 200 < memory < 300


def test_icount_is_deterministic(nrun):
    """The same boot twice has the same log, down to the time of each line."""
    logs = [re.findall(r"^\[ *\d+\].*", nrun("exitcode 3", "--icount", "--option", "FIXEDBASE").log_text(), re.MULTILINE) for _ in range(2)]
    assert len(logs[0]) > 10 and logs[0] == logs[1]


def test_time_runs_out(nrun):
    run = nrun("for /l %i in (1,0,2) do @rem", "--timeout", "1")
    assert run.code == 202 and b"not finished after 1 s" in run.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(how, tmp_path):
    """Ctrl+C: QEMU ends, nothing is left in the temporary folder.  (Who runs the tests in the background may have SIGINT ignored.)"""
    log = log_path(f"interrupted-{how}")
    if os.path.exists(log):
        os.unlink(log)  # an earlier run's says that the boot is complete
    nrun = subprocess.Popen([os.path.join(ROOT, "tools/nrun"), "-v", "--log", log, "--", "for /l %i in (1,0,2) do @rem"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=dict(os.environ, BUILD=BUILD, TMPDIR=str(tmp_path)),
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    while not (os.path.exists(log) and b"Boot complete" in open(log, "rb").read()):
        assert nrun.poll() is None
        time.sleep(0.1)
    nrun.send_signal(how)
    _, err = nrun.communicate()
    assert nrun.returncode == 204 and b"interrupted" in err and os.listdir(tmp_path) == []
    os.unlink(log)


@pytest.mark.parametrize("arguments, code, words", [
    (["--add", "/nosuchfile=C:\\x", "--", "ver"], 203, "/nosuchfile: no such file"), (["--add", "C:\\x", "--", "ver"], 203, "expected HOSTPATH=C:"),
    (["--get", "x", "--", "ver"], 203, "expected C:"), (["--disk", "/nosuchdisk", "--", "ver"], 203, "/nosuchdisk"),
    (["ver"], 2, "usage"), (["--"], 2, "no command line"), (["--nosuchoption", "--", "ver"], 2, "unrecognized")])
def test_wrong_usage(nrun, arguments, code, words):
    result = subprocess.run([os.path.join(ROOT, "tools/nrun"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, BUILD=BUILD))
    assert result.returncode == code and words in result.stderr and result.stdout == ""


@pytest.mark.parametrize("variable, value, words", [
    ("QEMU", "/nosuch/qemu", "set QEMU"), ("OVMF_CODE", "/nosuch/ovmf.fd", "no such file"), ("BUILD", "/nosuch", "run `make`")])
def test_missing_pieces(variable, value, words):
    result = subprocess.run([os.path.join(ROOT, "tools/nrun"), "--uefi", "--", "ver"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, BUILD=BUILD) | {variable: value})
    assert result.returncode == 203 and words in result.stderr


def test_too_little_memory(nrun):
    run = nrun("ver", "--mem", "40")
    assert run.code == 200 and b"the loader gave up: modules: do not fit into memory" in run.err


def test_through_uefi(nrun):
    run = nrun("spawn.exe", "--uefi")
    assert run.code == 0 and b"exit" in run.out.lower()
