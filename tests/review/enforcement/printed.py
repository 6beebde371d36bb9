"""The words of a PDF that this program or a browser made, so that tests read what is on the paper."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange.*?endbfrange", re.DOTALL)
_HEADS = re.compile(rb"begincodespacerange.*?endcodespacerange", re.DOTALL)
_SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]+)>")


def words_of(pdf: bytes) -> str:
    """Everything that is printed, in the order of the pages, without spaces."""
    objects = _objects(pdf)
    fonts: dict[bytes, dict[bytes, str]] = {}
    for body in objects.values():
        for name, number in re.findall(rb"/([\w-]+) (\d+) 0 R", body):
            told = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(number), b""))
            if told:
                fonts[name] = _meanings(_content(objects[int(told[1])]))
    pages = [content for body in objects.values() if b" Tf" in (content := _content(body))]
    return "".join("".join(_read(page, fonts) for page in pages).split())


def _objects(pdf: bytes) -> dict[int, bytes]:
    """Every object by its number, those packed into streams among them."""
    found = {int(number): body for number, body in _OBJECT.findall(pdf)}
    for body in list(found.values()):
        packed = re.search(rb"/Type /ObjStm/N (\d+)/First (\d+)", body)
        if packed is None:
            continue
        content, first = _content(body), int(packed[2])
        numbers = [int(number) for number in content[:first].split()]
        starts = [*numbers[1::2], len(content) - first]
        for at, number in enumerate(numbers[0::2]):
            found[number] = content[first + starts[at] : first + starts[at + 1]]
    return found


def _content(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None or b"/FlateDecode" not in body:
        return b"" if found is None else found[1]
    return zlib.decompress(found[1])


def _meanings(table: bytes) -> dict[bytes, str]:
    """The text of each code; codes are of two digits in the fonts that browsers draw, of four in others."""
    ranges = re.findall(rb"<(\w{2}|\w{4})> <(\w{2}|\w{4})> <(\w+)>", table)
    pairs = re.findall(rb"<(\w{2}|\w{4})> <(\w+)>", _HEADS.sub(b"", _RANGES.sub(b"", table)))
    found = {code.lower(): _text(text) for code, text in pairs}
    for first, last, text in ranges:
        begins = _text(text)
        for step in range(int(last, 16) - int(first, 16) + 1):
            code = f"{int(first, 16) + step:0{len(first)}x}".encode()
            found[code] = begins[:-1] + chr(ord(begins[-1]) + step)
    return found


def _text(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be")


def _read(content: bytes, fonts: dict[bytes, dict[bytes, str]]) -> str:
    said: list[str] = []
    font: dict[bytes, str] = {}
    for name, shown in _SHOWN.findall(content):
        if name:
            font = fonts.get(name, {})
        width = len(next(iter(font), b"0000"))
        said.extend(font.get(shown[at : at + width].lower(), "") for at in range(0, len(shown), width))
    return "".join(said)
