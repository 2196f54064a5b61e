"""Writes unicode-data.txt, the tables that normalization and lower case need, from Python's copy of the Unicode Character Database.

Usage: python3 unicode-data.py OUTPUT, or without OUTPUT to print the digests that the tests expect. Its version of Unicode must be that of .NET's own categories (Rune.GetUnicodeCategory).

Numbers are hexadecimal. A line begins with the kind of its fact; a code point that is left out ("+") is the one after that of the line
before.
    d  decomposes canonically, and its parts compose to it again: code point, parts
    e  decomposes canonically, and its parts stay apart
    k  decomposes for compatibility
    c  combining class: first code point, last code point, class
    l  lower case: first code point, last code point, step, distance to the lower case
"""
import hashlib
import sys
import unicodedata

VERSION = "16.0.0"
POINTS = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000 and not 0xAC00 <= point < 0xD7A4]


def decompositions():
    previous = None
    for character in POINTS:
        parts = unicodedata.decomposition(character).split()
        if not parts:
            continue
        kind = "d" if unicodedata.normalize("NFC", character) == character else "e"
        if parts[0].startswith("<"):
            kind = "k"
            parts = parts[1:]
        point = ord(character)
        yield " ".join([kind, "+" if point - 1 == previous else f"{point:X}"] + [part.lstrip("0") for part in parts])
        previous = point


def classes():
    pairs = [(ord(c), unicodedata.combining(c)) for c in POINTS if unicodedata.combining(c)]
    for first, last, value in runs(pairs, step=lambda _: 1):
        yield f"c {first:X} {last:X} {value:X}"


def lower_cases():
    pairs = [(ord(c), ord(c.lower()) - ord(c)) for c in POINTS if len(c.lower()) == 1 and c.lower() != c]
    for first, last, distance in runs(pairs, lower_case_step):
        yield f"l {first:X} {last:X} {lower_case_step(distance)} {'-' if distance < 0 else ''}{abs(distance):X}"


def lower_case_step(distance):
    """Where the lower case is the next character, only every second one can be upper case."""
    return 2 if distance == 1 else 1


def runs(pairs, step):
    """Joins neighbours of the same value: first, last, value."""
    result = []
    for point, value in pairs:
        if result and result[-1][2] == value and result[-1][1] + step(value) == point:
            result[-1][1] = point
        else:
            result.append([point, point, value])
    return result


def print_digests():
    """SHA-256 of what Python answers for every character: alone, and among marks in both orders."""
    planes = [*range(0xD800), *range(0xE000, 0x20000), *range(0x2F800, 0x2FA20), *range(0xE0000, 0xE0200)]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        digest = hashlib.sha256()
        for character in map(chr, planes):
            for text in (character, f"a\u0315\u0300\u05ae{character}b", f"a{character}\u0315\u0300\u05aeb"):
                digest.update(unicodedata.normalize(form, text).encode())
        print(form, digest.hexdigest().upper())
    print("lower", hashlib.sha256("".join(chr(point).lower() for point in planes).encode()).hexdigest().upper())


def main():
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"Python has Unicode {unicodedata.unidata_version}; {VERSION} is needed")
    if len(sys.argv) == 1:
        return print_digests()
    with open(sys.argv[1], "w", encoding="ascii", newline="\n") as file:
        file.write(f"# Unicode {VERSION}, made by unicode-data.py. Unicode Character Database (c) Unicode, Inc., Unicode License V3.\n")
        for part in (decompositions, classes, lower_cases):
            file.writelines(line + "\n" for line in part())


if __name__ == "__main__":
    main()
