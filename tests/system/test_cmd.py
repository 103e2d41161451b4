# SPDX-License-Identifier: MIT
"""The command processor at its prompt: one boot through the quick loader, typed at over the serial line."""
import re

import pytest

import qemu


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
