# SPDX-License-Identifier: MIT
"""What a terminal sends besides keys: the mouse, its size, VT sequences that a program reads itself."""
import qemu


def start(fast, command):
    fast.type(command + "\r")
    fast.wait_for(rb"ready\.\n")


def stop(fast):
    fast.type("q")
    fast.wait_prompt()
    assert fast.errorlevel() == 0


def test_mouse(fast):
    """Reports are asked for while a program wants them, and become records: movement, buttons, keys held, the wheel."""
    start(fast, "inputevents")
    assert fast.raw.rfind(b"\x1b[?1003h") > fast.raw.rfind(b"\x1b[?1003l")
    for report, record in (
            ("\x1b[<35;5;3M", rb"mouse 4,2 buttons 0 keys 0 events 1\."),
            ("\x1b[<0;5;3M", rb"mouse 4,2 buttons 1 keys 0 events 0\."),
            ("\x1b[<36;6;3M", rb"mouse 5,2 buttons 1 keys 10 events 1\."),
            ("\x1b[<2;6;3M", rb"mouse 5,2 buttons 3 keys 0 events 0\."),
            ("\x1b[<0;6;3m", rb"mouse 5,2 buttons 2 keys 0 events 0\."),
            ("\x1b[<2;6;3m", rb"mouse 5,2 buttons 0 keys 0 events 0\."),
            ("\x1b[<64;1;1M", rb"mouse 0,0 buttons 780000 keys 0 events 4\."),
            ("\x1b[<81;1;1M", rb"mouse 0,0 buttons ff880000 keys 8 events 4\."),
            ("\x1b[<0;999;3M\x1b[<35;2;2M", rb"\Amouse 1,1 buttons 0 keys 0 events 1\.")):  # outside of the window there is nothing
        fast.type(report)
        fast.wait_for(record + rb"\n")
    stop(fast)
    assert fast.raw.rfind(b"\x1b[?1003l") > fast.raw.rfind(b"\x1b[?1003h")


def test_size(fast):
    """A terminal that says how large it is changes screen buffer and window; a program that wants to know gets a record."""
    start(fast, "inputevents")
    fast.type("\x1b[8;30;100t")
    fast.wait_for(rb"size 100,30\.\n")
    fast.type("\x1b[8;25;80t")
    fast.wait_for(rb"size 80,25\.\n")
    stop(fast)


def test_sequences(fast):
    """A program that reads VT sequences gets cursor keys as such, and the mouse as the terminal says it."""
    start(fast, "inputevents vt")
    fast.type("a\x1b[A\x1b[3~\x1b[<0;5;3M")
    fast.wait_for(rb"aESC\[AESC\[3~ESC\[<0;5;3M")
    stop(fast)


def test_shutdown(fast):
    fast.type("shutdown\r")
    assert fast.end() == qemu.EXIT_SHUTDOWN
