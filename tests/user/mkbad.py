#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mkbad.py GOOD.EXE FOLDER: makes from a good program every malformed image that the BAD INPUT tests start.

Each file is one defect; badimage.c lists what status and what error each must give.  badimage finds them in C:\\Bad.
"""
import os
import struct
import sys


class Image:
    """A PE32+ file with its fields by name."""

    FIELDS = {"lfanew": (0x3C, "I")}

    def __init__(self, data):
        self.data = bytearray(data)
        self.pe = struct.unpack_from("<I", data, 0x3C)[0]
        self.file = self.pe + 4
        self.optional = self.file + 20
        self.sections = self.optional + struct.unpack_from("<H", data, self.file + 16)[0]
        self.count = struct.unpack_from("<H", data, self.file + 2)[0]

    def copy(self):
        return Image(self.data)

    def put(self, offset, fmt, value):
        struct.pack_into("<" + fmt, self.data, offset, value)
        return self

    def get(self, offset, fmt):
        return struct.unpack_from("<" + fmt, self.data, offset)[0]

    def section(self, name):
        for i in range(self.count):
            at = self.sections + 40 * i
            if bytes(self.data[at:at + 8]).rstrip(b"\0") == name.encode():
                return at
        raise KeyError(name)

    def directory(self, index):
        return self.optional + 112 + 8 * index

    def offset(self, rva):
        for i in range(self.count):
            at = self.sections + 40 * i
            size, base, raw_size, raw = struct.unpack_from("<IIII", self.data, at + 8)
            if base <= rva < base + max(size, raw_size):
                return raw + rva - base
        raise ValueError(f"rva {rva:x}")

    def strip(self):
        """Without the symbol table and the debug sections' data: shorter files, the same behaviour."""
        return self


def narrow(good):
    """A 32-bit image: the optional header in its 32-bit form, the same code."""
    image, at = good.copy(), good.optional
    wide = bytes(good.data[at:good.sections])
    sizes = struct.unpack_from("<QQQQ", wide, 72)
    header = struct.pack("<H", 0x10B) + wide[2:24] + struct.pack("<II", 0, 0x400000) + wide[32:72] + struct.pack("<IIII", *sizes) + wide[104:]
    image.data[at:good.sections] = header.ljust(len(wide), b"\0")
    return image.put(good.file, "H", 0x14C)


def import_name(image, dll):
    """Offset of the name of a DLL in the import directory."""
    at = image.offset(image.get(image.directory(1), "I"))
    while image.get(at + 12, "I"):
        name = image.offset(image.get(at + 12, "I"))
        text = bytes(image.data[name:image.data.index(0, name)])
        if text.lower() == dll.lower():
            return at, name, len(text)
        at += 20
    raise KeyError(dll)


def first_thunk(image, descriptor):
    """File offset of the first entry of the name table."""
    return image.offset(image.get(descriptor, "I"))


def variants(good):
    data = bytes(good.data)
    optional, sections = good.optional, good.sections
    yield "empty.exe", b""
    yield "text.exe", b"This is a text, not a program.\r\n"
    yield "text.txt", b"This is a text, not a program.\r\n"
    yield "onebyte.exe", b"M"
    yield "mz.exe", b"MZ"
    # truncated at every header, and at every section
    for name, length in [("cutdos", 0x20), ("cutdos64", 0x40), ("cutstub", good.pe), ("cutsignature", good.pe + 4), ("cutfile", good.file + 10),
                         ("cutoptional", optional + 50), ("cutdirectories", optional + 150), ("cutsections", sections + 20)]:
        yield name + ".exe", data[:length]
    for i in range(good.count):
        raw_size, _, = struct.unpack_from("<II", data, sections + 40 * i + 16)
        raw = good.get(sections + 40 * i + 20, "I")
        name = bytes(data[sections + 40 * i:sections + 40 * i + 8]).rstrip(b"\0").decode().strip(".").replace("/", "d")
        if raw and raw_size and not name.startswith("d"):
            yield f"cutin{name}.exe", data[:raw + raw_size // 2]
    yield "badlfanew.exe", bytes(good.copy().put(0x3C, "I", 0x7FFFFFF0).data)
    yield "oddlfanew.exe", bytes(good.copy().put(0x3C, "I", good.pe + 1).data)
    yield "notpe.exe", bytes(good.copy().put(good.pe, "I", 0x4B4B4B4B).data)
    yield "ne.exe", bytes(good.copy().put(good.pe, "I", 0x454E).data)
    # other machines and kinds
    yield "pe32.exe", bytes(good.copy().put(good.file, "H", 0x14C).put(optional, "H", 0x10B).data)
    yield "i386.exe", bytes(narrow(good).data)
    yield "arm64.exe", bytes(good.copy().put(good.file, "H", 0xAA64).data)
    yield "machine0.exe", bytes(good.copy().put(good.file, "H", 0x1234).data)
    yield "badmagic.exe", bytes(good.copy().put(optional, "H", 0x10B).data)
    flags = good.get(good.file + 18, "H")
    yield "dll.exe", bytes(good.copy().put(good.file + 18, "H", flags | 0x2000).data)
    yield "notexecutable.exe", bytes(good.copy().put(good.file + 18, "H", flags & ~2).data)
    yield "native.exe", bytes(good.copy().put(optional + 68, "H", 1).data)
    yield "efi.exe", bytes(good.copy().put(optional + 68, "H", 10).data)
    # alignment and layout
    yield "filealign.exe", bytes(good.copy().put(optional + 36, "I", 0x300).data)
    yield "sectionalign.exe", bytes(good.copy().put(optional + 32, "I", 0x1800).data)
    yield "aligntwist.exe", bytes(good.copy().put(optional + 32, "I", 0x100).put(optional + 36, "I", 0x200).data)
    yield "imagebase.exe", bytes(good.copy().put(optional + 24, "Q", 0x140000001).data)
    yield "overlap.exe", bytes(good.copy().put(sections + 40 + 12, "I", good.get(sections + 12, "I")).data)
    yield "unordered.exe", bytes(good.copy().put(sections + 12, "I", good.get(sections + 40 + 12, "I")).put(
        sections + 40 + 12, "I", good.get(sections + 12, "I")).data)
    yield "manysections.exe", bytes(good.copy().put(good.file + 2, "H", 0xFFFF).data)
    yield "nosections.exe", bytes(good.copy().put(good.file + 2, "H", 0).data)
    yield "sectionpast.exe", bytes(good.copy().put(sections + 20, "I", 0x7FFFF000).data)
    yield "sizeofimage.exe", bytes(good.copy().put(optional + 56, "I", 0x1000).data)
    yield "oddsize.exe", bytes(good.copy().put(optional + 56, "I", good.get(optional + 56, "I") - 0x47).data)
    yield "hugeimage.exe", bytes(good.copy().put(optional + 56, "I", 0xFFFFF000).data)
    yield "entrypoint.exe", bytes(good.copy().put(optional + 16, "I", 0x7FFF0000).data)
    yield "optionalsize.exe", bytes(good.copy().put(good.file + 16, "H", 0x20).data)
    # relocations: a block whose size is nonsense (used only if the image moves)
    relocations = good.get(good.directory(5), "I")
    if relocations:
        broken = good.copy()
        at = broken.offset(relocations)
        yield "relocsize.exe", bytes(broken.put(at + 4, "I", 3).data)
        yield "relocrva.exe", bytes(good.copy().put(at, "I", 0x7FFFF000).data)
        yield "relocdir.exe", bytes(good.copy().put(good.directory(5), "I", 0x7FFFF000).data)
    # imports
    descriptor, name, length = import_name(good, b"msvcrt.dll")
    thunk = first_thunk(good, descriptor)
    hint = good.offset(good.get(thunk, "Q") & 0x7FFFFFFF)
    missing = good.copy()
    missing.data[name:name + length] = b"nosuch.dll"[:length].ljust(length, b"\0")
    yield "nodll.exe", bytes(missing.data)
    function = good.copy()
    end = function.data.index(0, hint + 2)
    function.data[hint + 2:end] = b"?" * (end - hint - 2)
    yield "nofunction.exe", bytes(function.data)
    yield "noordinal.exe", bytes(good.copy().put(thunk, "Q", (1 << 63) | 0xFFF0).data)
    yield "importrva.exe", bytes(good.copy().put(good.directory(1), "I", 0x7FFFF000).data)
    yield "importname.exe", bytes(good.copy().put(descriptor + 12, "I", 0x7FFFF000).data)
    yield "importthunk.exe", bytes(good.copy().put(thunk, "Q", 0x7FFFF000).data)
    yield "good.exe", data


def main(source, folder):
    os.makedirs(folder, exist_ok=True)
    with open(source, "rb") as f:
        good = Image(f.read())
    for name, content in variants(good):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
