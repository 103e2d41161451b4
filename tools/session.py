# SPDX-License-Identifier: MIT
"""An interactive boot: types at the prompt over the serial line and reads what comes back; takes pictures of the screen.

Used by the system tests and by `tools/screenshot`.  Everything waits for text, never for time; the limits only end a hang.
"""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import zlib

import image
import qemu

ESCAPE = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")
PROMPT = re.compile(rb"(?:^|[\r\n])([A-Za-z]:\\[^\r\n>]*>)$")


class SessionError(Exception):
    pass


def ppm_to_png(ppm, png):
    """QEMU before 7.1 writes only PPM."""
    with open(ppm, "rb") as f:
        data = f.read()
    match = re.match(rb"P6\s+(?:#[^\n]*\n)?(\d+)\s+(\d+)\s+(\d+)\s", data)
    width, height = int(match[1]), int(match[2])
    pixels = data[match.end():]
    rows = b"".join(b"\0" + pixels[y * width * 3:(y + 1) * width * 3] for y in range(height))

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    with open(png, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


class Session:
    """`with Session(uefi=True) as s: s.wait_prompt(); print(s.command("ver"))`"""

    def __init__(self, uefi=False, smp=1, memory=512, options="", log=None, patience=240, add=()):
        """add: (host path, C:\\PATH) pairs that go onto the volume."""
        self.build = qemu.build_directory()
        self.scratch = tempfile.mkdtemp(prefix="nascent-session-")
        self.log = log or os.path.join(self.scratch, "kernel.log")
        open(self.log, "wb").close()
        self.patience = patience
        self.raw = b""          # everything the serial line said
        self.seen = 0           # how much of the text was consumed
        serial, self.serial = self.pair()
        monitor, self.monitor = self.pair()
        machine = qemu.Machine(smp, memory)
        machine.add("-display", "none")
        for name, end in (("serial", serial), ("qmp", monitor)):
            machine.add("-chardev", f"socket,id={name},fd={end.fileno()}")
            machine.descriptors.append(end.detach())
        machine.add("-serial", "chardev:serial", "-mon", "chardev=qmp,mode=control")
        machine.debug_port(0xE9, self.log)
        volume = self.volume(add)
        if uefi:
            disk = os.path.join(self.scratch, "disk.img")
            image.copy_sparse(os.path.join(self.build, "disk.img"), disk)
            if add:
                image.put(disk, [], [(volume, "EFI/NASCENT/system.img")], image.ESP_OFFSET)
            machine.boot_uefi(disk, self.scratch)
        else:
            config = qemu.read_boot_config(os.path.join(self.build, "boot.cfg"))
            machine.boot_multiboot(self.build, config, volume, options)
        self.process = machine.start(stdin=subprocess.DEVNULL)
        self.replies = self.monitor.makefile("rb")
        self.replies.readline()
        self.ask("qmp_capabilities")

    def volume(self, add):
        """The built volume, or a copy of it with the added files; they have to fit into what is free."""
        base = os.path.join(self.build, "system.img")
        if not add:
            return base
        copy = os.path.join(self.scratch, "system.img")
        image.copy_sparse(base, copy)
        image.put(copy, *image.collect([pair for host, guest in add for pair in image.expand(host, guest)]))
        return copy

    @staticmethod
    def pair():
        ours, theirs = socket.socketpair()
        ours.setblocking(True)
        return theirs, ours

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def ask(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            reply = json.loads(self.replies.readline() or b'{"error": {"desc": "QEMU is gone"}}')
            if "error" in reply:
                raise SessionError(f"{command}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]

    def text(self):
        return ESCAPE.sub(b"", self.raw).replace(b"\r\n", b"\n").replace(b"\r", b"")

    def wait_for(self, pattern):
        """Wait until the pattern (bytes regex) matches behind what was consumed; returns the text up to its end."""
        pattern = re.compile(pattern) if isinstance(pattern, bytes) else pattern
        deadline = time.monotonic() + self.patience
        while True:
            fresh = self.text()[self.seen:]
            match = pattern.search(fresh)
            if match:
                self.seen += match.end()
                return fresh[:match.end()]
            self.serial.settimeout(1)
            try:
                data = self.serial.recv(65536)
                if not data:
                    raise SessionError(f"QEMU ended with {self.process.wait()} while waiting for {pattern.pattern!r}")
                self.raw += data
            except TimeoutError:
                if time.monotonic() > deadline:
                    step = qemu.last_step(self.log)[0]
                    raise SessionError(f"nothing matched {pattern.pattern!r}; last step: {step}; last output: {fresh[-300:]!r}")

    def wait_prompt(self):
        return self.wait_for(PROMPT)

    def type(self, text):
        self.serial.sendall(text.encode())

    def command(self, line):
        """Type a line, return what came before the next prompt, without the echo and the blank line before the prompt."""
        self.type(line + "\r")
        text = self.wait_prompt().decode("utf-8", "replace")
        _, _, text = text.partition("\n")
        return text.rpartition("\n")[0].rstrip("\n")

    def errorlevel(self):
        return int(self.command("echo %errorlevel%").strip())

    def screenshot(self, path):
        """The screen as PNG, once it stands still: it may be drawn a little later than the serial line speaks."""
        ppm, last = os.path.join(self.scratch, "screen.ppm"), None
        for _ in range(20):
            self.ask("screendump", filename=ppm)
            with open(ppm, "rb") as f:
                now = f.read()
            if now == last:
                break
            last = now
            time.sleep(0.5)
        ppm_to_png(ppm, path)

    def end(self):
        """Wait for the machine to end by itself; its exit code."""
        while True:
            self.serial.settimeout(self.patience)
            data = self.serial.recv(65536)
            if not data:
                return self.process.wait(timeout=self.patience)
            self.raw += data
