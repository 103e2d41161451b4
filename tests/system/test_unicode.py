# SPDX-License-Identifier: MIT
"""Normal forms, host names and code pages against Python's: cases are worked out here, written into a file, and compared by a program in the system.

The tables of the system come from the same Python (tools/gen-normalize, gen-codepage), so the versions of Unicode agree; the algorithms are
others' work.
"""
import encodings.idna
import os
import random
import stringprep
import subprocess
import unicodedata

from conftest import BUILD, ROOT, judge, log_path

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def units(text):
    return text.encode("utf-16-be").hex()


def run(tmp_path, program, lines):
    """The program compares; its output is TAP."""
    (tmp_path / "cases.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    result = subprocess.run([os.path.join(ROOT, "tools/nrun"), "--log", log_path(f"unicode-{program}"), "--timeout", "300", "--add",
                             f"{tmp_path}/cases.txt=C:\\Temp\\cases.txt", "--", f"{program}.exe C:\\Temp\\cases.txt"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=dict(os.environ, BUILD=BUILD))
    assert result.returncode == 0 and not judge(result.stdout), result.stdout[-3000:]


def valid(code):
    return not 0xD800 <= code <= 0xDFFF and code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF


def interesting():
    """Characters that are taken apart, put together or moved; every hundredth Hangul syllable."""
    pairs = {int(part, 16) for code in range(0x110000) for part in unicodedata.decomposition(chr(code)).split() if not part.startswith("<")}
    for code in range(0x80, 0x110000):
        c = chr(code)
        if valid(code) and (code in pairs or unicodedata.combining(c) or unicodedata.decomposition(c) or (0xAC00 <= code < 0xD7A4 and code % 100 == 0)):
            yield c


def test_normal_forms(tmp_path):
    """Each character of interest alone, between letters, and ten thousand random texts of them."""
    dice, characters = random.Random(3), list(interesting())
    texts = characters + ["a" + c + "\u0301" for c in characters]
    marks = [c for c in characters if unicodedata.combining(c)]
    for _ in range(10000):
        texts.append("".join(dice.choice(dice.choice((characters, marks, "aeiou\u1100\u1161\u11a8"))) for _ in range(dice.randint(1, 12))))
    assert len(texts) > 25000
    run(tmp_path, "normalize", [";".join(["N", units(text), *(units(unicodedata.normalize(form, text)) for form in FORMS)]) for text in texts])


def ascii_of(label):
    """What RFC 3490 makes of a label without the allowance for what is not assigned; None: it is no label."""
    if any(stringprep.in_table_a1(c) for c in label) or any(ord(c) <= 0x20 or ord(c) == 0x7F for c in label):
        return None
    try:
        return encodings.idna.ToASCII(label).decode("ascii")
    except UnicodeError:
        return None


def test_host_names(tmp_path):
    """Labels of each character that a name may or may not have, and random ones, there and back."""
    dice, lines = random.Random(4), []
    characters = [chr(code) for code in range(0xA0, 0x30000) if valid(code) and not stringprep.in_table_a1(chr(code))]
    common = [c for c in characters if ord(c) < 0x2000]
    labels = ["a" + c for c in common] + [c for c in dice.sample(characters, 4000)]
    for _ in range(4000):
        labels.append("".join(dice.choice(dice.choice((common, characters, "abc-0"))) for _ in range(dice.randint(1, 15))))
    for label in labels:
        if any(c in label for c in ".\u3002\uff0e\uff61") or any(stringprep.in_table_a1(m) for c in label for m in stringprep.map_table_b2(c)):
            continue  # more than one label; or Python lowers a letter that Unicode 3.2 did not
        ascii_form = ascii_of(label)
        if ascii_form is not None and "." in ascii_form:
            continue  # a dot that came of mapping: two labels on the way back
        if ascii_form is not None and any(ord(c) <= 0x20 for c in ascii_form):
            ascii_form = None  # a blank that came of mapping
        back = encodings.idna.ToUnicode(ascii_form) if ascii_form else ""
        lines.append(";".join(["I", units(label), units(ascii_form or ""), units(back)]))
    run(tmp_path, "normalize", lines)


SINGLE_PAGES = {"cp037": 37, "mac_roman": 10000, "mac_greek": 10006, "mac_cyrillic": 10007, "mac_latin2": 10029, "mac_iceland": 10079,
                "mac_turkish": 10081, "koi8-r": 20866, "koi8-u": 21866,
                **{f"cp{n}": n for n in (437, 500, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 875, 1026, 1140,
                                         *range(1250, 1259))},
                **{f"iso8859-{n}": 28590 + n for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)}}
DOUBLE_PAGES = {"cp932": 932, "gbk": 936, "cp949": 949, "cp950": 950}


def decoded(codec, data):
    """A field of a table: the character, or that Python knows none."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    return f"{ord(text):04x}" if len(text) == 1 else None


def encoded(codec, code):
    """A field of the table back: only what comes back as it was, for best fits are Windows' own."""
    if 0x80 <= code <= 0xA0 or 0xE000 <= code <= 0xF8FF or (codec == "gbk" and code == 0x20AC):
        return "????"  # controls; end-user characters, of which Python knows only some; the euro, which it does not know
    try:
        data = chr(code).encode(codec)
    except UnicodeEncodeError:
        return "----"
    if codec == "cp950" and 0xC6A1 <= int.from_bytes(data, "big") <= 0xC8FE:
        return "????"
    return data.hex().rjust(4, "0") if data.decode(codec) == chr(code) else "----"


def is_end_user(number, lead, trail):
    """Where Windows has characters of its users and Python has none, or others."""
    upper, lower = 0xA1 <= trail <= 0xFE, 0x40 <= trail <= 0x7E
    if number == 936:
        return (upper and (0xAA <= lead <= 0xAF or lead >= 0xF8)) or (0x40 <= trail <= 0xA0 and 0xA1 <= lead <= 0xA7)
    if number == 949:
        return upper and lead in (0xC9, 0xFE)
    return number == 950 and (upper or (lower and lead != 0xC6)) and (lead >= 0xFA or lead <= 0xA0 or 0xC6 <= lead <= 0xC8)


def test_code_pages(tmp_path):
    """Every byte of every page that Python knows; every pair of bytes of the double-byte ones, and every character back."""
    lines = []

    def single(codec, byte):
        field = decoded(codec, bytes([byte])) or "????"
        return "----" if field.startswith("f8f") and codec == "cp932" else field  # bytes that Windows takes for errors, if asked to

    for codec, number in SINGLE_PAGES.items():
        lines.append(f"S;{number};" + "".join(single(codec, byte) for byte in range(256)))
    for codec, number in DOUBLE_PAGES.items():
        leads = [byte for byte in range(0x81, 0xFF) if any(decoded(codec, bytes([byte, trail])) for trail in range(0x40, 0xFF))
                 and decoded(codec, bytes([byte])) is None]
        lines.append(f"S;{number};" + "".join("LLLL" if byte in leads else single(codec, byte) for byte in range(256)))
        for lead in leads:
            lines.append(f"D;{number};{lead:02x};" + "".join(
                "????" if trail == 0 or is_end_user(number, lead, trail) else decoded(codec, bytes([lead, trail])) or "----"
                for trail in range(256)))
        for upper in range(256):
            lines.append(f"B;{number};{upper:02x};" + "".join(encoded(codec, upper << 8 | low) for low in range(256)))
    run(tmp_path, "doublebyte", lines)


def test_gb18030(tmp_path):
    """Every character of the first plane there and back, and some beyond (in lines of 256 as above)."""
    lines = []
    for upper in range(256):
        codes = [upper << 8 | low for low in range(256)]
        lines.append(f"G;54936;{upper:02x};" + "".join("--------" if 0xD800 <= code <= 0xDFFF else chr(code).encode("gb18030").hex().rjust(8, "0")
                                                       for code in codes))
    run(tmp_path, "doublebyte", lines)
