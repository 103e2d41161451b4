# SPDX-License-Identifier: MIT
"""The machine Nascent runs on: QEMU's command line, for nrun, `make run` and the system tests alike.

Ports: 0xE9 kernel log, 0xEA and 0xEB the standard output and error of what nrun started, 0xEC its exit report, 0xF4 the end of the
machine (QEMU then exits with (value << 1) | 1).  A triple fault under -no-reboot also exits, with 0: so 0 never means success.
"""
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess

PR_SET_PDEATHSIG = 1
EXIT_SHUTDOWN = 33      # the kernel wrote 16
EXIT_BUGCHECK = 35      # 17
EXIT_LOADER = 41        # 20: the multiboot loader gave up

# The same places as tools/setup looks at; `-bios` with the combined file is the quickest to boot.
OVMF_COMBINED = ["/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd", "/usr/share/edk2/ovmf/OVMF.fd"]
OVMF_CODE = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_CODE.fd",
             "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd"]

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class QemuError(Exception):
    pass


def build_directory():
    path = os.environ.get("BUILD") or "build"
    return path if os.path.isabs(path) else os.path.join(ROOT, path)


def find_qemu():
    name = os.environ.get("QEMU") or "qemu-system-x86_64"
    path = shutil.which(name)
    if not path:
        raise QemuError(f"{name} not found: run tools/setup, or set QEMU")
    return path


def find_ovmf():
    """(path, variables or None).  Variables are only for a CODE image, which must be given as flash."""
    override = os.environ.get("OVMF_CODE")
    if override and not os.path.isfile(override):
        raise QemuError(f"OVMF_CODE={override}: no such file")
    for path in [override] if override else OVMF_COMBINED + OVMF_CODE:
        if os.path.isfile(path):
            variables = path.replace("CODE", "VARS")
            return path, variables if variables != path and os.path.isfile(variables) else None
    raise QemuError("no OVMF firmware found: run tools/setup, or set OVMF_CODE")


def read_boot_config(path):
    """boot.cfg as {kernel, drivers, ramdisk, options}, in its own folder's paths."""
    config = {"kernel": None, "driver": [], "ramdisk": None, "options": ""}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            word, _, value = line.strip().partition(" ")
            if word == "driver":
                config["driver"].append(value.strip())
            elif word in config:
                config[word] = value.strip()
    return config


class Machine:
    """Collects arguments; `start` runs QEMU.  Every file descriptor given to chardev_fd is passed on."""

    def __init__(self, smp=1, memory=512, icount=False, accel=None):
        self.descriptors = []
        self.memory, self.disks = memory, 0
        accel = accel or os.environ.get("ACCEL") or "tcg"
        self.arguments = [find_qemu(), "-nodefaults", "-machine", f"q35,accel={accel}", "-cpu", "host" if accel == "kvm" else "max",
                          "-m", str(memory), "-smp", str(smp), "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if icount:
            self.arguments += ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]

    def add(self, *arguments):
        self.arguments += arguments

    def debug_port(self, port, path):
        name = f"port{port:x}"
        self.add("-chardev", f"file,id={name},path={path.replace(',', ',,')}", "-device",
                 f"isa-debugcon,iobase={port:#x},chardev={name}")

    def debug_pipe(self, port):
        """A pipe that receives what the guest writes to the port; returns the end to read from."""
        reader, writer = os.pipe()
        self.descriptors.append(writer)
        self.debug_port(port, f"/dev/fd/{writer}")
        return reader

    def monitor(self):
        """A socket to QEMU's monitor."""
        ours, theirs = socket.socketpair()
        self.descriptors.append(theirs.detach())
        self.add("-chardev", f"socket,id=monitor,fd={self.descriptors[-1]}", "-mon", "monitor")
        return ours

    def keep_memory(self, path):
        """The guest's memory is this file, which is there when QEMU is gone."""
        self.add("-object", f"memory-backend-file,id=ram,size={self.memory}M,mem-path={path.replace(',', ',,')},share=on", "-machine", "memory-backend=ram")

    def disk(self, path, options="", device=""):
        """A raw image as a virtio disk; the first one added is Harddisk0 (but for the one UEFI boots from)."""
        name = f"disk{self.disks}"
        self.disks += 1
        self.add("-drive", f"file={path.replace(',', ',,')},format=raw,if=none,id={name}{options}", "-device", f"virtio-blk-pci,drive={name}{device}")

    def boot_multiboot(self, build, config, ramdisk, options=""):
        """ramdisk None: the system is on the first disk."""
        # Volume paths may hold commas, which separate modules: doubled ones are literal.
        files = [os.path.join(build, config["kernel"])] + [os.path.join(build, "drivers", d) for d in config["driver"]] + ([ramdisk] if ramdisk else [])
        self.add("-kernel", os.path.join(build, "mb.bin"), "-append", f"{config['options']} {options}".strip(), "-initrd",
                 ",".join(f.replace(",", ",,") for f in files))

    def boot_uefi(self, disk, scratch):
        firmware, variables = find_ovmf()
        if variables:
            copy = os.path.join(scratch, "ovmf-vars.fd")
            shutil.copyfile(variables, copy)
            self.add("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={firmware}", "-drive",
                     f"if=pflash,format=raw,unit=1,file={copy}")
        else:
            self.add("-bios", firmware)
        self.add("-drive", f"file={disk.replace(',', ',,')},format=raw,if=virtio")
        self.add("-vga", "std")

    def start(self, **keywords):
        """QEMU ends with this process, however that ends."""
        libc = ctypes.CDLL(None)
        process = subprocess.Popen(self.arguments, pass_fds=self.descriptors,
                                   preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), **keywords)
        for descriptor in self.descriptors:
            os.close(descriptor)
        return process


# A line of the kernel's log that counts as a step for the watchdog: any complete, non-empty line.
BOOT_COMPLETE = "Boot complete"
LAST_STEP = b"known DLLs"  # the session manager's, before it starts the command


def last_step(log):
    try:
        with open(log, "rb") as f:
            text = f.read().decode("utf-8", "replace")
    except OSError:
        return None, False
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else None), any(BOOT_COMPLETE in line for line in lines)


def loader_failure(log):
    """What a boot loader said when it gave up: `FILE: REASON (0xSTATUS)`, or None."""
    try:
        with open(log, "rb") as f:
            match = re.search(rb"^Nascent boot: (\S[^\r\n]*: [^\r\n]* \(0x[0-9A-F]+\))\r?$", f.read(65536), re.MULTILINE)
    except OSError:
        return None
    return match[1].decode("ascii", "replace") if match else None


class Watchdog:
    """Notices that a boot stands still: the log has not grown for `patience` seconds and never said that booting is complete."""

    def __init__(self, log, clock, patience=30):
        self.log, self.clock, self.patience = log, clock, patience
        self.size, self.since, self.done = -1, clock(), False
        self.failure = None    # loader_failure's, as soon as it is there

    def stuck(self):
        if self.done:
            return False
        try:
            size = os.path.getsize(self.log)
        except OSError:
            size = 0
        if size != self.size:
            self.size, self.since = size, self.clock()
            self.done = last_step(self.log)[1]
            self.failure = loader_failure(self.log)
        return not self.done and self.clock() - self.since > self.patience


STATUS_NAMES = {}


def status_name(status):
    """The name of an NTSTATUS, from the cross compiler's own header."""
    if not STATUS_NAMES:
        STATUS_NAMES[None] = ""
        for folder in ("/usr/x86_64-w64-mingw32/include", "/usr/share/mingw-w64/include"):
            header = os.path.join(folder, "ntstatus.h")
            if os.path.isfile(header):
                with open(header, encoding="latin-1") as lines:
                    for line in lines:
                        match = re.match(r"#define\s+(STATUS_\w+)\s+\(+NTSTATUS\)\s*0x([0-9A-Fa-f]+)", line)
                        if match:
                            STATUS_NAMES.setdefault(int(match[2], 16), match[1])
                break
    return STATUS_NAMES.get(status, "")
