# SPDX-License-Identifier: MIT
"""FAT32 volumes and the GPT disk image, made with mtools and sgdisk: no mounting, no root.

A volume is written from a manifest: lines `HOSTPATH=C:\\PATH`, where HOSTPATH may be a folder (copied with all that is in it) or empty
(an empty folder is made).  The order of lines does not matter; a later line replaces an earlier one of the same path.
"""
import math
import os
import shutil
import subprocess
import sys
import tempfile

SECTOR = 512
MIB = 1 << 20
FAT32_MIN_CLUSTERS = 66000   # below 65525 a volume is FAT16 by definition
ESP_OFFSET = MIB


class ImageError(Exception):
    pass


def run(command, **keywords):
    """mtools refuses images it finds odd unless told not to look, and reads ~/.mtoolsrc unless told otherwise."""
    environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", **keywords)
    if result.returncode != 0:
        raise ImageError(f"{' '.join(command[:6])}: {result.stdout.strip()}")
    return result.stdout


def fat_path(guest):
    """C:\\A\\B or \\A\\B -> A/B."""
    path = guest.replace("\\", "/")
    if path[1:2] == ":":
        if path[0] not in "cC":
            raise ImageError(f"{guest}: the volume is C:")
        path = path[2:]
    return path.strip("/")


def expand(host, guest):
    """(host file or None for a folder, path on the volume) for a manifest line."""
    path = fat_path(guest)
    if host == "":
        yield None, path
    elif os.path.isdir(host):
        yield None, path
        for folder, folders, files in os.walk(host):
            inside = os.path.relpath(folder, host)
            prefix = path if inside == "." else f"{path}/{inside}".strip("/")
            for name in sorted(folders):
                yield None, f"{prefix}/{name}".strip("/")
            for name in sorted(files):
                yield os.path.join(folder, name), f"{prefix}/{name}".strip("/")
    elif os.path.isfile(host):
        if guest.endswith(("\\", "/")) or not path:
            path = f"{path}/{os.path.basename(host)}".strip("/")
        yield host, path
    else:
        raise ImageError(f"{host}: no such file or folder")


def read_manifest(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            host, equals, guest = line.rpartition("=")
            if not equals:
                raise ImageError(f"{path}:{number}: expected HOSTPATH=C:\\PATH")
            yield from expand(host, guest)


def collect(entries):
    """Folders (parents first) and files by volume path; FAT does not tell cases apart."""
    folders, files = {}, {}
    for host, path in entries:
        parts = path.split("/")
        for depth in range(1, len(parts) + (1 if host is None else 0)):
            folder = "/".join(parts[:depth])
            if folder:
                folders.setdefault(folder.lower(), folder)
        if host is not None:
            files[path.lower()] = (host, path)
    return [folders[key] for key in sorted(folders)], [files[key] for key in sorted(files)]


def content_size(files):
    return sum(os.path.getsize(host) + 4096 for host, _ in files)


def make_fat32(path, label, size, offset=0):
    """A file system of `size` bytes at `offset` of the file, with the largest cluster that still makes it FAT32."""
    sectors = size // SECTOR
    cluster = 1
    while cluster < 64 and sectors // (cluster * 2) > FAT32_MIN_CLUSTERS:
        cluster *= 2
    run(["mformat", "-i", f"{path}@@{offset}", "-F", "-T", str(sectors), "-h", "64", "-s", "32", "-c", str(cluster), "-H",
         str(offset // SECTOR), "-N", "4E415343", "-v", label, "::"])


def put(path, folders, files, offset=0):
    """Add folders and files; what exists is replaced."""
    target = f"{path}@@{offset}"
    for folder in folders:
        try:
            run(["mmd", "-i", target, "-D", "s", f"::{folder}"], stdin=subprocess.DEVNULL)
        except ImageError:
            pass   # it exists; if it does not, mcopy will say so
    groups = {}
    for host, name in files:
        folder, _, base = name.rpartition("/")
        if os.path.basename(host) == base:
            groups.setdefault(folder, []).append(host)
        else:
            run(["mcopy", "-i", target, "-D", "o", "-m", host, f"::{name}"])
    for folder, hosts in groups.items():
        for i in range(0, len(hosts), 200):
            run(["mcopy", "-i", target, "-D", "o", "-m", *hosts[i:i + 200], f"::{folder}/" if folder else "::"])


def cut(source, offset, length, target):
    """A piece of a file as a file; what is all zero stays a hole."""
    with open(source, "rb") as f, open(target, "wb") as out:
        f.seek(offset)
        while length:
            block = f.read(min(MIB, length))
            if not block:
                raise ImageError(f"{source} ends too early")
            if block.count(0) == len(block):
                out.seek(len(block), os.SEEK_CUR)
            else:
                out.write(block)
            length -= len(block)
        out.truncate()


def get(path, name, host, offset=0):
    """A file or folder from a volume; a folder becomes the host folder, a file goes into one that exists."""
    target = f"{path}@@{offset}"
    listing = subprocess.run(["mdir", "-i", target, "-b", f"::{name}/"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null"))
    if listing.returncode == 0 and (not name or is_folder(target, name)):
        os.makedirs(host, exist_ok=True)
        if listing.stdout.strip():
            run(["mcopy", "-i", target, "-s", "-n", "-m", f"::{name}/*" if name else "::*", host])
    else:
        run(["mcopy", "-i", target, "-n", "-m", f"::{name}", host])


def is_folder(target, name):
    """mdir of a file lists the file too; only a folder has attributes with D."""
    text = run(["mattrib", "-i", target, "-p", f"::{name}"], stdin=subprocess.DEVNULL)
    return "D" in text.split("::")[0] if text else True


def make_system_disk(out, volume, size=256 * MIB):
    """A GPT disk whose one partition, for data, has what the built system volume has, and more room."""
    temporary = out + ".tmp"
    with tempfile.TemporaryDirectory(prefix="nascent-volume-") as scratch:
        run(["mcopy", "-i", volume, "-s", "-n", "-m", "::*", scratch])
        folders, files = collect(expand(scratch, "\\"))
        size = max(size, math.ceil(content_size(files) * 1.5 / MIB) * MIB)
        with open(temporary, "wb") as f:
            f.truncate(MIB + size + MIB)
        run(["sgdisk", "-a", "2048", "-n", f"1:2048:{(MIB + size) // SECTOR - 1}", "-t", "1:0700", "-c", "1:Nascent", temporary])
        make_fat32(temporary, "NASCENT", size, MIB)
        put(temporary, [folder for folder in folders if folder], files, MIB)
    os.replace(temporary, out)


def free_bytes(path, offset=0):
    for line in run(["mdir", "-i", f"{path}@@{offset}", "::"]).splitlines():
        if line.strip().endswith("bytes free"):
            return int("".join(c for c in line if c.isdigit()))
    return 0


def make_volume(out, entries, slack=8 * MIB):
    folders, files = collect(entries)
    size = max(36 * MIB, math.ceil((content_size(files) * 1.1 + slack) / MIB) * MIB)
    temporary = out + ".tmp"
    with open(temporary, "wb") as f:
        f.truncate(size)
    make_fat32(temporary, "NASCENT", size)
    put(temporary, folders, files)
    os.replace(temporary, out)


def make_disk(out, files, slack=8 * MIB):
    """GPT with one EFI system partition.  files: (host, path on the ESP)."""
    folders, files = collect(files)
    esp = max(64 * MIB, math.ceil((content_size(files) + slack) / MIB) * MIB)
    temporary = out + ".tmp"
    with open(temporary, "wb") as f:
        f.truncate(ESP_OFFSET + esp + MIB)
    run(["sgdisk", "-a", "2048", "-n", f"1:{ESP_OFFSET // SECTOR}:{(ESP_OFFSET + esp) // SECTOR - 1}", "-t", "1:ef00", "-c",
         "1:Nascent", "-U", "4E415343-454E-5400-8000-000000000001", "-u", "1:4E415343-454E-5400-8000-000000000002", temporary])
    make_fat32(temporary, "NASCENTBOOT", esp, ESP_OFFSET)
    put(temporary, folders, files, ESP_OFFSET)
    os.replace(temporary, out)


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, target], check=True)


def main(arguments):
    usage = "usage: mkimage volume OUT MANIFEST | mkimage disk OUT MANIFEST"
    if len(arguments) != 3 or arguments[0] not in ("volume", "disk"):
        sys.exit(usage)
    try:
        entries = list(read_manifest(arguments[2]))
        (make_volume if arguments[0] == "volume" else make_disk)(arguments[1], entries)
    except ImageError as error:
        sys.exit(f"mkimage: {error}")
