# SPDX-License-Identifier: MIT
"""Programs of other languages with their own run times, built by Debian's mingw compilers: Fortran (libgfortran, libquadmath, libgcc,
winpthreads as DLLs beside the program) and Ada (tasks and exceptions).  A compiler that is not installed is a skip with its name.
"""
import os
import shutil
import subprocess

import pytest

from conftest import ROOT

SOURCES = os.path.join(ROOT, "tests", "user", "languages")
PREFIX = "x86_64-w64-mingw32-"


def compiler(name):
    path = shutil.which(PREFIX + name)
    if path is None:
        pytest.skip(f"{PREFIX}{name} is not installed")
    return path


def library(compiler_path, name):
    """Where the compiler's own DLL is."""
    run = subprocess.run([compiler_path, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True, check=True)
    path = run.stdout.strip()
    return path if os.path.isabs(path) else None


def test_fortran(nrun, tmp_path):
    gfortran = compiler("gfortran")
    program = tmp_path / "fortran.exe"
    subprocess.run([gfortran, os.path.join(SOURCES, "fortran.f90"), "-o", str(program)], check=True)
    options = ["--add", f"{program}=C:\\Temp\\fortran.exe", "--dir", "C:\\Temp"]
    for name in ("libgfortran-5.dll", "libquadmath-0.dll", "libgcc_s_seh-1.dll", "libwinpthread-1.dll"):
        path = library(gfortran, name)
        if path is not None:
            options += ["--add", f"{path}=C:\\Temp\\{name}"]
    run = nrun("fortran.exe", *options)
    assert run.code == 0, run.err.decode()
    lines = [line.strip() for line in run.out.decode().splitlines()]
    assert lines == ["sum  2.28333", "42 line           0", "total  4000000.0"]


def test_ada(nrun, tmp_path):
    gnatmake = compiler("gnatmake")
    program = tmp_path / "ada_hello.exe"
    subprocess.run([gnatmake, "-q", "-O1", os.path.join(SOURCES, "ada_hello.adb"), "-o", str(program)], check=True, cwd=tmp_path)
    run = nrun("ada_hello.exe", "--add", f"{program}=C:\\Temp\\ada_hello.exe", "--dir", "C:\\Temp")
    assert run.code == 0, run.err.decode()
    assert run.out.decode().split("\r\n")[:-1] == ["Hello from Ada", "tasks counted 4000", "range checked", "exception caught",
                                                   "access violation caught"]
