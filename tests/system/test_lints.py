# SPDX-License-Identifier: MIT
"""The lints are tests too: a promise nothing checks is not a promise."""
import glob
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT


@pytest.mark.parametrize("lint", ["lint", "lint-layers", "lint-locks", "lint-docs"])
def test_lint(lint):
    result = subprocess.run([os.path.join(ROOT, "tools", lint)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    lines = [line for line in result.stdout.splitlines() if not line.startswith("warning")]
    assert result.returncode == 0, "\n".join(lines[-30:])


def absent_functions(folder):
    """{name: (value, error)} of a DLL's absent functions, as their macros in absent.h have it."""
    kinds = {"FALSE": ("0", "120"), "HANDLE": ("-1", "120"), "ERROR": ("120", "0"), "HRESULT": ("0x80004001", "0"),
             "STATUS": ("0xC0000002", "0"), "VOID": ("0", "0")}
    found = {}
    table = os.path.join(folder, "absent.tbl")
    if os.path.exists(table):
        for kind, name, _ in gen_absent().read(table):
            value, _, error = kind[6:].partition(":")
            found[name] = kinds.get(kind) or (value, error or "0")
    source = os.path.join(folder, "absent.c")
    if os.path.exists(source):
        with open(source, encoding="utf-8") as f:
            text = f.read()
        found.update((name, kinds[kind]) for kind, name in re.findall(r"^ABSENT_(\w+)\((\w+)\)", text, re.M))
        text = text.replace("ABSENT_NOT_IMPLEMENTED", "120").replace("(int32_t)", "")
        found.update((name, (value, error)) for name, value, error in re.findall(r"^ABSENT\((\w+), (-?\d\w*)[^,]*, (\d+)\)", text, re.M))
    return found


def gen_absent():
    loader = importlib.machinery.SourceFileLoader("gen_absent", os.path.join(ROOT, "tools", "gen-absent"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("gen_absent", loader))
    loader.exec_module(module)
    return module


def test_absent_pairs_fail_alike():
    """Where both the A and the W function are absent, they fail with the same value."""
    unlike = []
    for folder in sorted(glob.glob(os.path.join(ROOT, "userland", "*", ""))):
        functions = absent_functions(folder)
        unlike += [f"{folder}{name}" for name, failure in functions.items()
                   if name.endswith("A") and functions.get(name[:-1] + "W", failure) != failure]
    assert not unlike


@pytest.mark.skipif(not shutil.which("git-clang-format"), reason="clang-format is not installed")
def test_format_changes_what_you_changed(tmp_path):
    """make format lays out new files and changed lines, and leaves every other line as it is."""
    def run(*command):
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)

    theirs = "int   Theirs(void)   { return 1; }\n"
    shutil.copy(os.path.join(ROOT, ".clang-format"), tmp_path)
    (tmp_path / "old.c").write_text(theirs)
    run("git", "init", "-q")
    run("git", "add", ".")
    run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-q", "-m", "old")
    (tmp_path / "old.c").write_text(theirs + "\nint  Mine( int a )\n{\n  if(a) {\n        return 1;\n    }\n    return  0 ;\n}\n")
    (tmp_path / "new.c").write_text("int  New( void )\n{\n  return 1;\n}\n")
    run("make", "-f", os.path.join(ROOT, "tools", "make", "run.mk"), "format")
    mine = "\nint Mine(int a)\n{\n    if (a) {\n        return 1;\n    }\n    return 0;\n}\n"
    assert (tmp_path / "old.c").read_text() == theirs + mine
    assert (tmp_path / "new.c").read_text() == "int New(void)\n{\n    return 1;\n}\n"
