# SPDX-License-Identifier: MIT
"""The command processor at its prompt: one boot through the quick loader, typed at over the serial line."""
import glob
import os
import re
import subprocess

import pytest

import qemu
from conftest import BUILD, ROOT, log_path

SCRIPTS = os.path.join(ROOT, "tests/system/cmd")
NAMES = sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(SCRIPTS, "*.out")))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Every batch file of tests/system/cmd that has an .out, run by a cmd of its own in one boot: {name: output}."""
    folder = tmp_path_factory.mktemp("cmd")
    lines = ["@echo off"]
    for name in NAMES:
        lines += [f"echo @@ begin {name}", f'cmd /c C:\\Scripts\\{name}.bat x "y z"', "echo @@ end"]
    (folder / "all.bat").write_text("".join(line + "\r\n" for line in lines), newline="")
    run = subprocess.run([os.path.join(ROOT, "tools/nrun"), "--log", log_path("cmd-scripts"), "--add", f"{SCRIPTS}=C:\\Scripts", "--add",
                          f"{folder}/all.bat=C:\\Temp\\all.bat", "--", "C:\\Temp\\all.bat"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         env=dict(os.environ, BUILD=BUILD))
    text = run.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    return {match[1]: match[2] for match in re.finditer(r"^@@ begin (\w+)\n(.*?)^@@ end$", text, re.DOTALL | re.MULTILINE)}


@pytest.mark.parametrize("name", NAMES)
def test_script(outputs, name):
    """A batch file prints what it prints on Windows."""
    with open(os.path.join(SCRIPTS, name + ".out"), encoding="utf-8") as f:
        assert outputs.get(name) == f.read()


@pytest.mark.parametrize("line, expected", [
    ("echo one two", "one two"),
    ("echo.", ""),
    ('echo "a  b"  c', '"a  b"  c'),
    ("echo a^&b", "a&b"),
    ("echo one& echo two", "one\ntwo"),
    ("exitcode 0 && echo yes", "yes"),
    ("exitcode 3 && echo yes", ""),
    ("exitcode 3 || echo no", "no"),
    ("set NAME=value one& echo %NAME%", "%NAME%"),     # expanded when the line is read
    ("echo %NAME%", "value one"),
    ("echo %nosuchvariable%", "%nosuchvariable%"),
    ("type C:\\nosuch.txt", "The system cannot find the file specified."),
])
def test_line(fast, line, expected):
    assert fast.command(line) == expected


def test_errorlevel(fast):
    fast.command("exitcode 42")
    assert fast.errorlevel() == 42
    fast.command("exitcode 0")
    assert fast.errorlevel() == 0
    fast.command("nosuchthing")
    assert fast.errorlevel() == 9009


def test_directories(fast):
    fast.command("cd \\Windows\\System32")
    assert fast.command("cd") == "C:\\Windows\\System32"
    fast.command("cd ..")
    assert fast.command("cd") == "C:\\Windows"
    assert "cannot find the path" in fast.command("cd \\nosuch")
    fast.command("cd \\")
    assert fast.command("cd") == "C:\\"


def test_dir(fast):
    text = fast.command("dir C:\\Windows\\System32")
    assert re.search(r"ntdll\.dll", text) and re.search(r"File\(s\)", text)


def test_help_names_the_commands(fast):
    text = fast.command("help").lower()
    assert all(word in text for word in ("dir", "cd", "type", "echo", "set", "cls", "ver", "help", "start", "exit", "shutdown"))


def test_arguments_reach_the_program(fast):
    text = fast.command('args one "two three" "a\\"b" ""')
    assert "two three" in text and 'a"b' in text


def test_line_editor(fast):
    """Backspace, cursor left, insertion; then the history."""
    fast.type("echo abXd\x7f\x7fd")               # abd
    fast.type("\x1b[Dc\r")                          # the cursor before d, then c
    text = fast.wait_prompt().decode()
    assert "abcd" in text.split("\n")[-3:][0] or "\nabcd" in text
    fast.type("\x1b[A\r")
    assert "\nabcd" in fast.wait_prompt().decode()


def test_control_c_at_the_prompt(fast):
    fast.type("echo never\x03")
    fast.wait_prompt()
    assert fast.command("echo still here") == "still here"


def test_crash_leaves_the_prompt(fast):
    text = fast.command("crash nullwrite")
    assert "0xC0000005" in text
    assert fast.command("echo still here") == "still here"


def test_nested(fast):
    fast.type("cmd\r")
    fast.wait_prompt()
    fast.type("exit 5\r")
    fast.wait_prompt()
    assert fast.errorlevel() == 5


def test_shutdown_is_last(fast):
    fast.type("shutdown\r")
    assert fast.end() == qemu.EXIT_SHUTDOWN
