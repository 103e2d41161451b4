# SPDX-License-Identifier: MIT
"""The UEFI loader: what it says of each thing that can be wrong with the disk, the disk itself, random bases, W^X page tables."""
import os
import re
import shutil
import subprocess
import time

import pytest

import image
import qemu
import session
from conftest import BUILD, log_path

FOLDER = "EFI/NASCENT"
SGDISK = shutil.which("sgdisk", path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def built(name):
    path = os.path.join(BUILD, "drivers", name) if name.endswith(".sys") else os.path.join(BUILD, name)
    with open(path, "rb") as f:
        return f.read()


def config(replace, by):
    return built("boot.cfg").replace(replace, by)


def changed_disk(tmp_path, changes):
    """The built disk with files of \\EFI\\NASCENT replaced, or taken away (None)."""
    disk = str(tmp_path / "disk.img")
    image.copy_sparse(os.path.join(BUILD, "disk.img"), disk)
    for name, data in changes.items():
        if data is None:
            image.run(["mdel", "-i", f"{disk}@@{image.ESP_OFFSET}", f"::{FOLDER}/{name}"])
        else:
            (tmp_path / name).write_bytes(data)
            image.put(disk, [], [(str(tmp_path / name), f"{FOLDER}/{name}")], image.ESP_OFFSET)
    return disk


def loader_says(tmp_path, disk, memory=512):
    log = log_path("loader")
    open(log, "wb").close()
    machine = qemu.Machine(1, memory)
    machine.add("-display", "none", "-serial", "null", "-monitor", "none")
    machine.debug_port(0xE9, log)
    machine.boot_uefi(disk, str(tmp_path))
    process = machine.start(stdin=subprocess.DEVNULL)
    watchdog = qemu.Watchdog(log, time.monotonic, 240)
    try:
        while process.poll() is None and not watchdog.stuck() and not watchdog.done and not watchdog.failure:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    return watchdog.failure or f"no failure; last step: {qemu.last_step(log)[0]}"


FAILURES = {
    "kernel missing": ({"ntoskrnl.exe": None}, r"ntoskrnl\.exe: not found \(0x800000000000000E\)"),
    "driver missing": ({"condrv.sys": None}, r"condrv\.sys: not found \(0x800000000000000E\)"),
    "kernel cut in a section": ({"ntoskrnl.exe": lambda: built("ntoskrnl.exe")[:300000]}, r"ntoskrnl\.exe: not a usable PE32\+ image \(0xC000007B\)"),
    "driver empty": ({"serial.sys": b""}, r"serial\.sys: file is empty \(0x00000000\)"),
    "unknown word": ({"boot.cfg": lambda: config(b"driver serial", b"drivr serial")}, r"boot\.cfg: unknown word, line \(0x0000000[1-9A-F]\)"),
    "no kernel named": ({"boot.cfg": lambda: config(b"kernel ntoskrnl.exe", b"")}, r"boot\.cfg: names no kernel \(0x00000000\)"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failure_names_file_and_status(tmp_path, case):
    changes, expected = FAILURES[case]
    disk = changed_disk(tmp_path, {name: data() if callable(data) else data for name, data in changes.items()})
    said = loader_says(tmp_path, disk)
    assert re.fullmatch(expected, said), said


def test_out_of_memory(tmp_path):
    said = loader_says(tmp_path, os.path.join(BUILD, "disk.img"), memory=80)
    assert re.fullmatch(r"system\.img: out of memory \(0x8000000000000009\)", said), said


@pytest.mark.skipif(not SGDISK, reason="sgdisk is not installed")
def test_disk_is_a_sound_gpt_disk():
    text = subprocess.run([SGDISK, "-v", "-p", os.path.join(BUILD, "disk.img")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    assert "No problems found" in text and "EF00" in text, text


def kernel_base(log):
    return int(re.search(r"Loaded ntoskrnl\.exe at 0x([0-9A-F]+)", log)[1], 16)


def test_bases_are_random(nrun):
    bases = {kernel_base(nrun("exit 0").log_text()) for _ in range(3)}
    assert len(bases) > 1, "three boots, one base (chance: one in 65536)"
    assert kernel_base(nrun("exit 0", "--option", "FIXEDBASE").log_text()) == 0xFFFFF80000000000


MAPPING = re.compile(r"^([0-9a-f]{16}): [0-9a-f]{16} ([X-])[G-][P-][D-][A-][C-][T-]([U-])([W-])", re.MULTILINE)


@pytest.mark.parametrize("uefi", [False, True], ids=["multiboot", "uefi"])
def test_no_page_is_writable_and_executable(uefi):
    """The page tables as the processor has them, read by QEMU: at the prompt, and while a program runs."""
    with session.Session(uefi=uefi, log=log_path("wx")) as one:
        one.wait_prompt()
        one.type("for /l %i in (1,0,2) do @rem\r")
        pages, user = set(), False
        while not user:
            found = MAPPING.findall(one.ask("human-monitor-command", **{"command-line": "info tlb"}))
            assert len(found) > 500, "not what `info tlb` prints"
            pages |= {(address, x + u + w) for address, x, u, w in found}
            user = any(u == "U" for _, _, u, _ in found)
    assert [address for address, flags in pages if flags[0] == "-" and flags[2] == "W"] == []
    assert {"---", "-U-"} <= {flags for _, flags in pages}, "code of the kernel and of a program"
