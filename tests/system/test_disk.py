# SPDX-License-Identifier: MIT
"""Disks: what nrun brings out, GPT and MBR partitions and disks without a table, C: on a disk across two boots, damaged volumes and tables."""
import os
import struct
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

sys.path.insert(0, os.path.join(ROOT, "tools"))
import image    # noqa: E402

ENVIRONMENT = dict(os.environ, MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


def tool(*command, check=True):
    return subprocess.run(command, env=ENVIRONMENT, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          stdin=subprocess.DEVNULL)


def volume(path, offset, size, label):
    tool("mformat", "-i", f"{path}@@{offset}", "-T", str(size // 512), "-h", "64", "-s", "32", "-c", "4", "-H", str(offset // 512), "-v", label, "::")
    text = f"{path}.{label}"
    with open(text, "w", encoding="ascii") as f:
        f.write(f"this is {label}\n")
    tool("mcopy", "-i", f"{path}@@{offset}", text, "::label.txt")


def extract(path, offset, size, name):
    out = f"{path}.{name}"
    image.cut(path, offset, size, out)
    return out


def fsck(path):
    result = tool("fsck.fat", "-n", path, check=False)
    assert result.returncode == 0, result.stdout


def blank(path, size):
    with open(path, "wb") as f:
        f.truncate(size)


def make_gpt(path):
    """A system partition that gets no letter, and two with data."""
    blank(path, 64 << 20)
    tool("sgdisk", "-a", "2048", "-n", "1:2048:10239", "-t", "1:ef00", "-n", "2:10240:51199", "-t", "2:0700", "-n", "3:51200:92159", "-t", "3:0700", path)
    volume(path, 10240 * 512, 40960 * 512, "SECOND")
    volume(path, 51200 * 512, 40960 * 512, "THIRD")


def test_get_brings_files_and_folders_out(nrun, tmp_path):
    run = nrun("md C:\\Temp\\tree\\sub & echo one> C:\\Temp\\tree\\one.txt & echo two> \"C:\\Temp\\tree\\sub\\a longer name.txt\" & copy hello.exe C:\\Temp\\copy.exe",
               "--dir", "C:\\Programs", "--get", f"C:\\Temp\\tree={tmp_path}/tree", "--get", f"C:\\Temp\\copy.exe={tmp_path}/copy.exe")
    assert run.code == 0, run
    # cmd, as on Windows, keeps the blank before the ampersand.
    assert (tmp_path / "tree/one.txt").read_bytes() == b"one \r\n"
    assert (tmp_path / "tree/sub/a longer name.txt").read_bytes() == b"two \r\n"
    with open(os.path.join(BUILD, "programs", "hello.exe"), "rb") as f:
        assert (tmp_path / "copy.exe").read_bytes() == f.read()


def test_gpt_partitions_have_letters_and_keep_what_is_written(nrun, tmp_path):
    disk = str(tmp_path / "gpt.img")
    make_gpt(disk)
    run = nrun("type D:\\label.txt & type E:\\label.txt & echo written> E:\\new.txt & copy C:\\Programs\\hello.exe D:\\ & dir F:\\", "--disk", disk)
    assert b"this is SECOND" in run.out and b"this is THIRD" in run.out, run
    second, third = extract(disk, 10240 * 512, 40960 * 512, "2"), extract(disk, 51200 * 512, 40960 * 512, "3")
    fsck(second)
    fsck(third)
    tool("mcopy", "-n", "-i", third, "::new.txt", str(tmp_path / "new.txt"))
    assert (tmp_path / "new.txt").read_bytes() == b"written \r\n"
    tool("mcopy", "-n", "-i", second, "::hello.exe", str(tmp_path / "hello.exe"))
    with open(os.path.join(BUILD, "programs", "hello.exe"), "rb") as f:
        assert (tmp_path / "hello.exe").read_bytes() == f.read()


def test_mbr_with_a_logical_partition_and_a_disk_without_table(nrun, tmp_path):
    disk, whole = str(tmp_path / "mbr.img"), str(tmp_path / "whole.img")
    blank(disk, 32 << 20)
    volume(disk, 2048 * 512, 20480 * 512, "PRIMARY")
    volume(disk, 26624 * 512, 20480 * 512, "LOGICAL")

    def entry(kind, first, count):
        return struct.pack("<BBBBBBBBII", 0, 0, 0, 0, kind, 0, 0, 0, first, count)

    with open(disk, "r+b") as f:
        f.seek(446)
        f.write(entry(6, 2048, 20480) + entry(5, 24576, 24576) + bytes(32) + b"\x55\xaa")
        f.seek(24576 * 512 + 446)
        f.write(entry(6, 2048, 20480) + bytes(48) + b"\x55\xaa")
    blank(whole, 8 << 20)
    volume(whole, 0, 8 << 20, "WHOLE")
    run = nrun("type D:\\label.txt & type E:\\label.txt & type F:\\label.txt", "--disk", disk, "--disk", whole)
    assert [name in run.out for name in (b"PRIMARY", b"LOGICAL", b"WHOLE")] == [True] * 3, run


def test_damaged_tables_are_refused_or_read_from_the_copy(nrun, tmp_path):
    first, second = str(tmp_path / "copy.img"), str(tmp_path / "bad.img")
    make_gpt(first)
    make_gpt(second)
    for path, places in ((first, [512 + 40]), (second, [512 + 40, (64 << 20) - 512 + 40])):
        with open(path, "r+b") as f:
            for place in places:
                f.seek(place)
                f.write(b"\xa5")
    run = nrun("type D:\\label.txt & type E:\\label.txt & type F:\\label.txt", "--disk", first, "--disk", second)
    assert b"this is SECOND" in run.out and b"this is THIRD" in run.out and run.code != 0, run


def test_system_on_a_disk_keeps_its_changes(nrun, tmp_path):
    disk = str(tmp_path / "system.img")
    run = nrun("echo first boot> C:\\Temp\\kept.txt & md C:\\Temp\\folder & echo %SystemRoot%", "--system", disk)
    assert run.code == 0 and b"C:\\Windows" in run.out, run
    assert "C: is on a disk" in run.log_text()
    run = nrun("type C:\\Temp\\kept.txt & if exist C:\\Temp\\folder\\ echo folder is there & del C:\\Temp\\kept.txt", "--system", disk)
    assert b"first boot" in run.out and b"folder is there" in run.out, run
    fsck(extract(disk, 1 << 20, 256 << 20, "volume"))


@pytest.mark.parametrize("damage", ["directory", "chain"])
def test_a_damaged_volume_is_reported_and_the_rest_works(nrun, tmp_path, damage):
    """D: has a directory whose clusters form a loop, or a file whose chain leads outside; both are named, nothing hangs, C: is not touched."""
    disk = str(tmp_path / "bad.img")
    blank(disk, 8 << 20)
    volume(disk, 0, 8 << 20, "BROKEN")
    tool("mmd", "-i", disk, "::folder")
    tool("mcopy", "-i", disk, f"{disk}.BROKEN", "::folder/inside.txt")
    with open(disk, "r+b") as f:
        boot = f.read(64)
        reserved, fats, roots, sectors = struct.unpack_from("<H", boot, 14)[0], boot[16], *struct.unpack_from("<H", boot, 17), struct.unpack_from("<H", boot, 22)[0]
        f.seek((reserved + fats * sectors) * 512)
        root = f.read(roots * 32)
        name = b"FOLDER  " if damage == "directory" else b"LABEL   "
        place = next(i for i in range(0, len(root), 32) if root[i:i + 8] == name)
        cluster = struct.unpack_from("<H", root, place + 26)[0]
        # FAT12 or FAT16: the cluster's entry becomes the cluster itself, or one that does not exist.
        target = cluster if damage == "directory" else 0xFF0
        data_sectors = (8 << 20) // 512 - reserved - fats * sectors - roots * 32 // 512
        for copy in range(fats):
            base = (reserved + copy * sectors) * 512
            if data_sectors // boot[13] < 4085:
                f.seek(base + cluster * 3 // 2)
                old = struct.unpack("<H", f.read(2))[0]
                new = (old & 0x000F | target << 4) if cluster % 2 else (old & 0xF000 | target)
                f.seek(base + cluster * 3 // 2)
                f.write(struct.pack("<H", new & 0xFFFF))
            else:
                f.seek(base + cluster * 2)
                f.write(struct.pack("<H", target if damage == "directory" else 0xFFF0))
    command = "dir D:\\folder" if damage == "directory" else "type D:\\label.txt"
    run = nrun(f"{command} & echo C: works> C:\\Temp\\x.txt & type C:\\Temp\\x.txt & dir D:\\", "--disk", disk)
    assert b"C: works" in run.out and b"BROKEN" in run.out, run
    assert b"this is" not in run.out and b"inside" not in run.out, run
    assert b"corrupt" in (run.out + run.err).lower(), run


def test_a_full_volume_says_so_and_loses_nothing(nrun, tmp_path):
    disk = str(tmp_path / "small.img")
    blank(disk, 1440 << 10)
    volume(disk, 0, 1440 << 10, "SMALL")
    run = nrun("copy C:\\Programs\\hello.exe D:\\first.exe & copy C:\\Windows\\System32\\ntdll.dll D:\\a.dll & copy C:\\Windows\\System32\\ntdll.dll D:\\b.dll & "
               "copy C:\\Windows\\System32\\ntdll.dll D:\\c.dll & echo still here> D:\\note.txt & type D:\\label.txt & dir D:\\", "--disk", disk)
    assert b"not enough space" in (run.out + run.err).lower(), run
    assert b"this is SMALL" in run.out, run
    fsck(disk)
    tool("mcopy", "-n", "-i", disk, "::first.exe", str(tmp_path / "first.exe"))
    with open(os.path.join(BUILD, "programs", "hello.exe"), "rb") as f:
        assert (tmp_path / "first.exe").read_bytes() == f.read()


def faulty(path, *sections):
    """The disk, behind faults that QEMU makes: each section is a rule of its blkdebug driver."""
    rules = f"{path}.rules"
    with open(rules, "w", encoding="ascii") as f:
        for kind, *settings in sections:
            f.write(f"[{kind}]\n" + "".join(f'{name} = "{value}"\n' for name, value in settings))
    return f"blkdebug:{rules}:{path}"


GONE_AT_FIRST_WRITE = [("set-state", ("event", "write_aio"), ("state", 1), ("new_state", 2)),
                       *(("inject-error", ("event", event), ("state", 2), ("errno", 5), ("once", "off"))
                         for event in ("write_aio", "read_aio", "flush_to_disk"))]


def test_a_read_error_has_its_status_and_spoils_nothing_else(nrun, tmp_path):
    disk = str(tmp_path / "scratched.img")
    blank(disk, 8 << 20)
    volume(disk, 0, 8 << 20, "SCRATCH")
    (tmp_path / "bad.bin").write_bytes(b"GOODPART" * 8192 + b"BAD PART" * 8192)
    tool("mcopy", "-i", disk, str(tmp_path / "bad.bin"), "::bad.bin")
    with open(disk, "rb") as f:
        sector = f.read().index(b"BAD PART") // 512
    drive = faulty(disk, ("inject-error", ("event", "read_aio"), ("errno", 5), ("sector", sector), ("once", "off")))
    run = nrun("copy D:\\bad.bin C:\\Temp\\copy.bin & if not exist C:\\Temp\\copy.bin echo no copy & type D:\\label.txt & echo new> D:\\new.txt & type D:\\new.txt "
               "& echo C: works", "--disk", drive)
    assert b"i/o device error" in (run.out + run.err).lower(), run
    assert all(text in run.out for text in (b"no copy", b"this is SCRATCH", b"new", b"C: works")), run
    fsck(disk)
    assert tool("mtype", "-i", disk, "::new.txt").stdout.strip() == "new"


def test_a_disk_that_goes_away_takes_nothing_with_it(nrun, tmp_path):
    """With the first write to it (the dirty bit) the disk is gone: everything that needs it fails in words, nothing hangs, C: and the system go on."""
    disk = str(tmp_path / "gone.img")
    blank(disk, 8 << 20)
    volume(disk, 0, 8 << 20, "GONE")
    (tmp_path / "large.bin").write_bytes(b"x" * 300000)
    tool("mcopy", "-i", disk, str(tmp_path / "large.bin"), "::large.bin")
    with open(disk, "rb") as f:
        before = f.read()
    drive = faulty(disk, *GONE_AT_FIRST_WRITE)
    run = nrun("type D:\\label.txt & echo lost> D:\\new.txt & copy D:\\large.bin C:\\Temp\\large.bin & md D:\\folder & copy C:\\Programs\\hello.exe D:\\ & "
               "echo C: works> C:\\Temp\\x.txt & type C:\\Temp\\x.txt & hello.exe", "--disk", drive)
    assert b"this is GONE" in run.out and b"C: works" in run.out and b"Hello" in run.out, run
    assert (run.out + run.err).lower().count(b"i/o device error") >= 3, run
    with open(disk, "rb") as f:
        assert f.read() == before[:0x25] + b"\1" + before[0x26:]


def test_many_requests_at_once(nrun, tmp_path):
    """A hundred reads, writes and reads again of a raw disk, all under way together: each gets its own sectors."""
    disk = str(tmp_path / "numbers.img")
    with open(disk, "wb") as f:
        f.write(b"".join(struct.pack("<I508x", number) for number in range(4096)))
    run = nrun("rawdisk", "--disk", disk)
    assert run.code == 0 and b"0 sectors were wrong" in run.out, run
    with open(disk, "rb") as f:
        numbers = [struct.unpack("<I508x", f.read(512))[0] for _ in range(4096)]
    assert numbers == [number ^ 0xFFFFFFFF if number < 800 and number % 8 == 0 else number for number in range(4096)]


def test_the_cache_writes_behind(nrun, tmp_path):
    """What a program wrote is on the disk a little later, though it neither closes nor flushes."""
    disk = str(tmp_path / "behind.img")
    blank(disk, 8 << 20)
    volume(disk, 0, 8 << 20, "BEHIND")
    run = nrun("cachedisk behind", "--disk", disk)
    assert run.code == 0 and b"written behind" in run.out, run


def test_the_cache_reads_ahead(nrun, tmp_path):
    """The disk is gone after two reads in order: the piece behind them is in memory.  A slow machine gets more time for it."""
    for delay in (500, 4000, 30000):
        disk = str(tmp_path / "ahead.img")
        blank(disk, 8 << 20)
        volume(disk, 0, 8 << 20, "AHEAD")
        (tmp_path / "ahead.dat").write_bytes(b"".join(struct.pack("<II504x", 0, sector) for sector in range(2048)))
        tool("mcopy", "-i", disk, str(tmp_path / "ahead.dat"), "::")
        drive = faulty(disk, *GONE_AT_FIRST_WRITE)
        run = nrun(f"cachedisk ahead {delay}", "--disk", drive)
        if run.code == 0:
            break
    assert run.code == 0 and b"read ahead" in run.out, run
