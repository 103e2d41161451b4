# SPDX-License-Identifier: MIT
"""The product's own way: one boot through UEFI, typing at the prompt over the serial line, a picture of the screen."""
import os
import re

import pytest

import qemu
import session
from conftest import BUILD, RESULTS, log_path


@pytest.fixture(scope="module")
def prompt(tmp_path_factory):
    bad = tmp_path_factory.mktemp("bad")
    (bad / "text.exe").write_text("This is no program.\r\n")
    (bad / "empty.exe").write_bytes(b"")
    with open(os.path.join(BUILD, "programs", "hello.exe"), "rb") as source:
        (bad / "short.exe").write_bytes(source.read(700))
    with session.Session(uefi=True, log=log_path("uefi"), add=[(str(bad), "C:\\Bad")]) as one:
        one.wait_prompt()
        yield one


def test_echo(prompt):
    assert prompt.command("echo one two") == "one two"


def test_version(prompt):
    assert "10.0.19045" in prompt.command("ver")


def test_program_from_the_volume(prompt):
    text = prompt.command('hello.exe "a b" c')
    assert "a b" in text and prompt.errorlevel() == 0


def test_unknown_command(prompt):
    assert "not recognized" in prompt.command("nosuchthing")


@pytest.mark.parametrize("name", ["text.exe", "empty.exe", "short.exe"])
def test_wrong_file(prompt, name):
    """A file that is no program is refused in words, and the prompt is still there."""
    text = prompt.command(f"C:\\Bad\\{name}")
    assert re.search("is not a valid|cannot run|is not compatible with", text), text
    assert prompt.errorlevel() != 0
    assert prompt.command("echo still here") == "still here"


def press(prompt, *keys):
    """On the PS/2 keyboard; "shift-k" is two keys at once."""
    for key in keys:
        prompt.ask("send-key", keys=[{"type": "qcode", "data": name} for name in key.split("-")])


def test_keyboard_and_terminal_are_one_session(prompt):
    """What is typed on the keyboard is seen on the terminal, shares its line (begun there, ended here) and its history (cursor up)."""
    press(prompt, *"echo", "spc", "shift-k", *"eys", "ret")
    assert b"\nKeys\n" in prompt.wait_for(rb"\nKeys\n")
    prompt.wait_prompt()
    prompt.type("echo half and ")
    prompt.wait_for(rb"half and ")
    press(prompt, *"half", "ret")
    prompt.wait_for(rb"\nhalf and half\n")
    prompt.wait_prompt()
    press(prompt, "up", "ret")
    prompt.wait_for(rb"\nhalf and half\n")
    prompt.wait_prompt()


def test_screenshot(prompt):
    path = os.path.join(RESULTS, "screen.png")
    prompt.screenshot(path)
    assert os.path.getsize(path) > 4000, "an empty screen compresses to less"


def test_shutdown(prompt):
    prompt.type("shutdown\r")
    assert prompt.end() == qemu.EXIT_SHUTDOWN
