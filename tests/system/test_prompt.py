# SPDX-License-Identifier: MIT
"""The product's own way: one boot through UEFI, typing at the prompt over the serial line, a picture of the screen."""
import os

import pytest

import qemu
import session
from conftest import RESULTS, log_path


@pytest.fixture(scope="module")
def prompt():
    with session.Session(uefi=True, log=log_path("uefi")) as one:
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


def test_screenshot(prompt):
    path = os.path.join(RESULTS, "screen.png")
    prompt.screenshot(path)
    assert os.path.getsize(path) > 4000, "an empty screen compresses to less"


def test_shutdown(prompt):
    prompt.type("shutdown\r")
    assert prompt.end() == qemu.EXIT_SHUTDOWN
