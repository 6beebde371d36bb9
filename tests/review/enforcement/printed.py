"""The words of a PDF that this program made, so that tests read what is on the paper and not what it was made from."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
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
    pages = [content for body in objects.values() if b"] TJ" in (content := _content(body))]
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
    pairs = re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", table)
    return {glyph.lower(): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _read(content: bytes, fonts: dict[bytes, dict[bytes, str]]) -> str:
    said: list[str] = []
    font: dict[bytes, str] = {}
    for name, shown in _SHOWN.findall(content):
        if name:
            font = fonts[name]
        said.extend(font.get(shown[at : at + 4].lower(), "") for at in range(0, len(shown), 4))
    return "".join(said)
