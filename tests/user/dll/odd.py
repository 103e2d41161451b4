#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""odd.py ODDBASE.DLL FOLDER: images that are right and that no ordinary linker writes.

  align16    FileAlignment 16 and SectionAlignment 16: one flat piece, raw data where it lies in memory
  shift4k    raw data not on a multiple of 512; Windows rounds the pointer down, so the data stands at the rounded place
  tiny       flat, and less than 4 KiB in all
  many       the sections, and 60 more of a page each
  nopdata    no exception directory
  noreloc    relocations stripped, base somewhere free
  fixed4g    the same with a base below 4 GiB
  bound      bound imports: addresses and time stamps of another age, which are to be ignored
  ordinals   import by ordinal where the name table's hints are wild
"""
import os
import struct
import sys

DLL, DYNAMIC = 0x2000, 0x40


class Pe:
    def __init__(self, data):
        self.data = bytearray(data)
        self.pe = self.get(0x3C, "I")
        self.file, self.opt = self.pe + 4, self.pe + 24
        self.sections = self.opt + self.get(self.file + 16, "H")

    def get(self, at, fmt):
        return struct.unpack_from("<" + fmt, self.data, at)[0]

    def put(self, at, fmt, *values):
        struct.pack_into("<" + fmt, self.data, at, *values)

    @property
    def count(self):
        return self.get(self.file + 2, "H")

    def section(self, index):
        """offset of the header, then name, virtual size, address, raw size, raw offset"""
        at = self.sections + 40 * index
        return (at, bytes(self.data[at:at + 8]).rstrip(b"\0")) + struct.unpack_from("<IIII", self.data, at + 8)

    def all(self):
        return [self.section(i) for i in range(self.count)]

    def offset(self, rva):
        for _, _, size, base, raw_size, raw in self.all():
            if base <= rva < base + max(size, raw_size):
                return raw + rva - base
        raise ValueError(hex(rva))

    def directory(self, index):
        return self.opt + 112 + 8 * index

    def flags(self, clear_reloc=False):
        if clear_reloc:
            self.put(self.file + 18, "H", self.get(self.file + 18, "H") | 1)
            self.put(self.opt + 70, "H", self.get(self.opt + 70, "H") & ~(DYNAMIC | 0x20))
            self.put(self.directory(5), "II", 0, 0)


def flat(base, alignment):
    """File and memory are the same bytes: alignment below a page for both."""
    pe = Pe(base)
    last = max(a + s for _, _, s, a, _, _ in pe.all())
    out = bytearray(last)
    headers = pe.get(pe.opt + 60, "I")
    out[:headers] = pe.data[:headers]
    for _, _, size, address, raw_size, raw in pe.all():
        out[address:address + min(size, raw_size)] = pe.data[raw:raw + min(size, raw_size)]
    flat_pe = Pe(out)
    for at, _, size, address, _, _ in flat_pe.all():
        flat_pe.put(at + 16, "II", (size + alignment - 1) // alignment * alignment, address)
    flat_pe.put(flat_pe.opt + 32, "II", alignment, alignment)
    flat_pe.put(flat_pe.opt + 56, "I", (len(out) + alignment - 1) // alignment * alignment)
    flat_pe.data += bytes(-len(flat_pe.data) % alignment)
    return flat_pe


def align16(base):
    return flat(base, 16)


def shift4k(base):
    """Every section's raw pointer is 0x40 further than where its data is."""
    pe = Pe(base)
    for at, _, _, _, raw_size, raw in pe.all():
        if raw_size:
            pe.put(at + 20, "I", raw + 0x40)
    pe.data += bytes(0x40)
    return pe


def tiny(_):
    """Headers, code, exports, all in one section of a flat image, below 1 KiB; one function that returns 1007."""
    out = bytearray(0x300)
    out[:2] = b"MZ"
    struct.pack_into("<I", out, 0x3C, 0x40)
    out[0x40:0x44] = b"PE\0\0"
    struct.pack_into("<HHIIIHH", out, 0x44, 0x8664, 1, 0, 0, 0, 240, 0x2022)
    struct.pack_into("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", out, 0x58, 0x20B, 1, 0, 0x100, 0, 0, 0, 0x200, 0x6600000000, 16, 16, 4, 0, 0, 0, 6,
                     0, 0, 0x300, 0x200, 0, 3, 0x140, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    struct.pack_into("<II", out, 0x58 + 112, 0x240, 0x60)
    struct.pack_into("<8sIIIIIIHHI", out, 0x58 + 240, b".text", 0x100, 0x200, 0x100, 0x200, 0, 0, 0, 0, 0x60000020)
    out[0x200:0x206] = bytes([0xB8]) + struct.pack("<I", 1007) + b"\xC3"
    struct.pack_into("<IIHHIIIIIII", out, 0x240, 0, 0, 0, 0, 0x280, 1, 1, 1, 0x270, 0x274, 0x278)
    struct.pack_into("<IIH", out, 0x270, 0x200, 0x290, 0)
    out[0x280:0x289] = b"tiny.dll\0"
    out[0x290:0x294] = b"Odd\0"
    return Pe(out)


def many(base):
    pe = Pe(base)
    extra = 60
    headers = pe.get(pe.opt + 60, "I")
    need = pe.sections + 40 * (pe.count + extra)
    grow = -(-max(0, need - headers) // 512) * 512
    pe.data[headers:headers] = bytes(grow)
    for at, _, _, _, raw_size, raw in pe.all():
        if raw_size:
            pe.put(at + 20, "I", raw + grow)
    pe.put(pe.opt + 60, "I", headers + grow)
    assert headers + grow <= 0x1000
    at = pe.get(pe.opt + 56, "I")
    for i in range(extra):
        header = pe.sections + 40 * pe.count
        data = struct.pack("<8sIIIIIIHHI", b".x%d" % i, 16, at, 512, len(pe.data), 0, 0, 0, 0, 0x40000040)
        pe.data[header:header + 40] = data
        pe.data += bytes([i]) * 512
        pe.put(pe.file + 2, "H", pe.count + 1)
        at += 0x1000
    pe.put(pe.opt + 56, "I", at)
    return pe


def nopdata(base):
    pe = Pe(base)
    pe.put(pe.directory(3), "II", 0, 0)
    return pe


def moved(base, address):
    """Relocated by hand to another base."""
    pe = Pe(base)
    delta = address - pe.get(pe.opt + 24, "Q")
    rva, size = struct.unpack_from("<II", pe.data, pe.directory(5))
    at, end = pe.offset(rva), pe.offset(rva) + size
    while at < end:
        page, length = struct.unpack_from("<II", pe.data, at)
        for i in range(8, length, 2):
            entry = pe.get(at + i, "H")
            if entry >> 12 == 10:
                where = pe.offset(page + (entry & 0xFFF))
                pe.put(where, "Q", pe.get(where, "Q") + delta & 0xFFFFFFFFFFFFFFFF)
        at += length
    pe.put(pe.opt + 24, "Q", address)
    return pe


def noreloc(base):
    pe = moved(base, 0x6700000000)
    pe.flags(clear_reloc=True)
    return pe


def fixed4g(base):
    pe = moved(base, 0x68000000)
    pe.flags(clear_reloc=True)
    return pe


def imports(pe):
    at = pe.offset(pe.get(pe.directory(1), "I"))
    while pe.get(at + 12, "I"):
        yield at
        at += 20


def bound(base):
    pe = Pe(base)
    for at in imports(pe):
        pe.put(at + 4, "I", 0x12345678)
        thunk = pe.offset(pe.get(at + 16, "I"))
        while pe.get(thunk, "Q"):
            pe.put(thunk, "Q", 0x7FFDEADBEEF0)
            thunk += 8
    return pe


def ordinals(base):
    pe = Pe(base)
    for at in imports(pe):
        name = pe.offset(pe.get(at, "I"))
        while pe.get(name, "Q"):
            pe.put(pe.offset(pe.get(name, "Q")), "H", 0xFFF0)
            name += 8
    return pe


def main():
    base = open(sys.argv[1], "rb").read()
    for make in (align16, shift4k, tiny, many, nopdata, noreloc, fixed4g, bound, ordinals):
        with open(os.path.join(sys.argv[2], make.__name__ + ".dll"), "wb") as file:
            file.write(make(base).data)


main()
