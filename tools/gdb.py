# SPDX-License-Identifier: MIT
"""gdb's side of `make gdb`: loads symbols of every image the log says was loaded, at its run-time base.

The loader and the kernel log `Loaded NAME at 0xBASE`, and `image NAME at 0xBASE` for what is mapped into processes.  The command `images` reads the log again; it also runs by itself at every stop while new
lines appear.  NASCENT_LOG and NASCENT_BUILD tell where to look.
"""
import os
import re
import struct

import gdb

LOG = os.environ.get("NASCENT_LOG", "build/logs/run.log")
BUILD = os.environ.get("NASCENT_BUILD", "build")
LOADED = re.compile(r"(?:Loaded|image) ([\w.-]+\.(?:exe|sys|dll)) at 0x([0-9A-Fa-f]+)", re.IGNORECASE)
known = {}


def image_base(path):
    with open(path, "rb") as f:
        header = f.read(4096)
    nt, = struct.unpack_from("<I", header, 0x3C)
    return struct.unpack_from("<Q", header, nt + 48)[0]


def load_images(verbose):
    try:
        with open(LOG, "rb") as f:
            text = f.read().decode("utf-8", "replace")
    except OSError:
        text = ""
    for name, base in LOADED.findall(text):
        path = os.path.join(BUILD, "sym", name.lower())
        base = int(base, 16)
        if known.get(name.lower()) == base or not os.path.isfile(path):
            continue
        known[name.lower()] = base
        delta = (base - image_base(path)) & 0xFFFFFFFFFFFFFFFF
        gdb.execute(f"add-symbol-file {path} -o {delta:#x}", to_string=not verbose)
        gdb.write(f"{name} at {base:#x}\n")


class Images(gdb.Command):
    """images: load the symbols of images that were loaded since."""

    def __init__(self):
        super().__init__("images", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        load_images(True)


Images()
gdb.events.stop.connect(lambda event: load_images(False))
load_images(False)
if not known:
    # Nothing runs yet: `make debug` fixes the kernel at its link address, so its symbols hold from the first instruction.
    gdb.execute(f"add-symbol-file {BUILD}/sym/ntoskrnl.exe -o 0", to_string=True)
    known["ntoskrnl.exe"] = 0xFFFFF80000000000
    gdb.write("Try: hbreak KiSystemStartup, then continue.  `images` loads more symbols.\n")
