# SPDX-License-Identifier: MIT
"""The user-mode test programs: every tests/user/*.c that returns what tap.h's Done() says, all in one boot for each of 1, 2 and 4 processors.

runtests.exe starts them one after another and frames their output; what a crash of the system cuts off counts as failed.
"""
import glob
import os
import re
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT, judge, log_path

SOURCES = sorted(glob.glob(os.path.join(ROOT, "tests/user/*.c")))
if os.path.exists(os.path.join(BUILD, "programs/libstdc++-6.dll")):  # there was a C++ compiler
    SOURCES += sorted(glob.glob(os.path.join(ROOT, "tests/user/cpp/*.cpp")))
PROGRAMS = [os.path.splitext(os.path.basename(path))[0] for path in SOURCES if "return Done();" in open(path, encoding="utf-8").read()]
# It has a machine of its own: test_exhaustion.py.
PROGRAMS = [name for name in PROGRAMS if name != "exhaust"]
FRAME = re.compile(r"@@ begin (\d+) ([^\r\n]*)\r?\n(.*?)\r?\n@@ end \1 (0x[0-9A-Fa-f]+|error \d+)", re.DOTALL)


PROCESSORS = [1, 2, 4]


@pytest.fixture(scope="module", params=PROCESSORS, ids=lambda n: f"{n}cpu")
def results(request, tmp_path_factory):
    """{program: (exit code or error, output)} from one boot."""
    folder = tmp_path_factory.mktemp("user")
    bad = folder / "bad"
    subprocess.run([sys.executable, os.path.join(ROOT, "tests/user/mkbad.py"), os.path.join(BUILD, "programs", "hello.exe"), str(bad)],
                   check=True)
    (folder / "list.txt").write_text("".join(f"{name}.exe\r\n" for name in PROGRAMS), newline="")
    log = log_path(f"user-{request.param}")
    run = subprocess.run([os.path.join(ROOT, "tools/nrun"), "--log", log, "--timeout", "600", "--smp",
                          str(request.param), "--add", f"{bad}=C:\\Bad",
                          "--add", f"{folder}/list.txt=C:\\Temp\\list.txt", "--dir", "C:\\Temp", "--", "runtests.exe C:\\Temp\\list.txt"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, BUILD=BUILD))
    text = run.stdout.decode("utf-8", "replace")
    found = {match[2].split(".exe")[0]: (match[4], match[3]) for match in FRAME.finditer(text)}
    tail = text[-1500:] + "\n" + run.stderr.decode("utf-8", "replace")[-3000:] + f"\nkernel log: {log}"
    return found, tail


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(results, program):
    found, tail = results
    assert program in found, f"{program} did not end; what came last:\n{tail}"
    code, output = found[program]
    wrong = judge(output)
    lines = [line for line in output.splitlines() if line.startswith(("not ok", "#"))]
    assert code == "0x00000000" and not wrong, f"exit code {code}; {wrong}\n" + "\n".join(lines[:60]) + "\n" + output[-800:]
