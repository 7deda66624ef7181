"""Bodies that look like JSON and are not what we take, by name: each is a 400 or 413 everywhere.

A fragment stands for one value; it is tried in the place of a field, deep inside, and (where it
is a string) as a key. A whole body stands for itself.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# Controls but for tab and line ends, marks that turn text around, halves of characters.
FORBIDDEN = (
    *range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0),
    0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A),
    0xD800, 0xDBFF, 0xDC00, 0xDFFF,
)  # fmt: skip

NUMBERS = """
01 -01 +1 .5 -.5 1. -1. 1e 1e+ 1.e1 -- - 0x10 0b1 0o7 1_000 1.1.1 1e1.5 1e400 -1e400 1e99999999 NaN
-NaN nan Infinity -Infinity +Infinity inf ∞ ½ ٣ １ Ⅷ 1n 1L 1f 1d 0x1p3 1/2 1-1 2**3 $1 1% #1
9007199254740993 -9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775809
18446744073709551616 340282366920938463463374607431768211456 1.8e308 9.1e15 1e309 -1.8e308
""".split()

LITERALS = """
True TRUE False None Null NULL nil undefined void yes no on off this null0 truefalse nulL 'a' `a`
"a `a" "a' 'a" “a” «a» a a.b a-b [1,] [,1] [1,,2] [1;2] [1:2] (1) {,} {"a"} {"a":} {"a",1} {a:1}
{'a':1} {1:1} {"a":1,} {"a"=1} {"a":1;} {null:1} {[1]:1} <a/> /a/ /a/g /**/1 1//a @a ...[1]
new\u00a0Date() function(){} ()=>1 ${1} {{1}} {%1%} #{1} &amp; \\u0031 "\\x41" "\\u12" "\\u{41}"
"\\'" "\\a" "\\0" "\\u" "\\uD8" "\\U00000041" "\\ " "a"+"b" "a""b" r"a" b"a" u"a" f"a" \ufeff1
1\ufeff
""".split()

# Two keys are one: as they stand, by an escape, by their normal form.
TWICE = {
    "a key twice": '{"a": 1, "a": 1}',
    "a key twice, once escaped": '{"a": 1, "\\u0061": 2}',
    "a key twice, one accent composed": '{"\\u00e9": 1, "e\\u0301": 2}',
    "an empty key twice": '{"": 1, "": 2}',
    "a key twice in a list": '[{"a": 1, "a": 2}]',
    "a key thrice": '{"a": 1, "b": 2, "a": 3, "a": 4}',
}

SYNTAX = """
{ } [ ] {} {}{} {}[] {},{} {}; {}} }{ {]} [{]} {"a" {"a": {"a":1 {"a":"b {"a":"b} {"a":[ {"a":[1
{"a":{ {"a":1,} {,"a":1} {"a":1,,"b":2} {"a"::1} {"a":1:2} {"a":1"b":2} {"a";1} {:1} {1} {"a"}
("a":1) <"a":1> {"a":1}null {"a":1}{"a":1} {"a":1}x x{"a":1} callback({"a":1}) callback({"a":1});
)]}',{"a":1} while(1);{"a":1} for(;;);{} ={"a":1} data:{"a":1} a=1 a=1&b=2 a[b]=1 a:1 -a --- ...
a,b <a>1</a> <?xml?> <!DOCTYPE> <html> %7B%22a%22%3A1%7D {"a":1}%00 &#123; \\{"a":1\\} "{}" '{}'
`{}` //{"a":1} /*{"a":1}*/ #{"a":1} {"a":1}//x {"a":1}/*x*/ {"a":1}#x {/**/} {//} !{} ~{} @{} ${}
#{} \u00a0{} {}\u00a0 \ufeff{} {}\ufeff \u2028{} \u3000{} \u200b{} {}\u200b ｛｝ ｛"a":1｝ {"a"：1}
{"a":1，"b":2}
""".split()

TOPS = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1.5",
    '""',
    '"a"',
    "[]",
    "[1]",
    "[{}]",
    "[[]]",
    "[null]",
]

XML_BOMB = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "' + "&b;" * 50 + '">]><a>' + "&d;" * 50 + "</a>"

_OBJECT = '{"a": "é\U0001f600"}'

ENCODINGS: dict[str, bytes] = {
    **{
        f"in {name}": _OBJECT.encode(name)
        for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
    },
    **{f"in {name}": '{"a": "é"}'.encode(name) for name in ("latin-1", "cp1252", "cp037", "cp500")},
    **{f"in {name}": '{"a": "日本"}'.encode(name) for name in ("shift-jis", "gb18030", "euc-jp")},
    "in utf-7": b'+AHs-"a": 1+AH0-',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a byte order mark of utf-16": b"\xff\xfe{}",
    "zipped": zlib.compress(b"{}"),
    "zipped for gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02",
    "MessagePack": b"\x81\xa1a\x01",
    "BSON": b"\x0c\x00\x00\x00\x10a\x00\x01\x00\x00\x00\x00",
    "a pickle": b"cos\nsystem\n(S'true'\ntR.",
    "protobuf": b"\x08\x96\x01",
    "only zeros": b"\x00" * 16,
    "only ones": b"\xff" * 16,
    **{
        f"bytes {bad.hex(' ')}": b'{"a": "' + bad + b'"}'
        for bad in (
            b"\x80", b"\xbf", b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xc3", b"\xc3\x28",
            b"\xe0\x80\xaf",
            b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2\x28\xa1", b"\xed\xa0\x80", b"\xed\xbf\xbf",
            b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98",
            b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80",
            b"\xfc\x84\x80\x80\x80\x80",
            b"\xfe", b"\xff", b"\xfe\xff", b"\xff\xfe",
        )
    },
}  # fmt: skip

DEEP: dict[str, bytes] = {
    f"{depth:,} {name}, {end}": b'{"a": ' + opened * depth + (b"1" + closed * depth + b"}") * ends
    for depth in (33, 64, 500, 5_000, 60_000)
    for name, opened, closed in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}"))
    for end, ends in (("closed", 1), ("open", 0))
}

LARGE: dict[str, bytes] = {
    "256 kB and one byte in a value": b'{"a": "' + b"x" * (256 * 1024 - 8) + b'"}',
    "half a megabyte of keys": b'{"a": 1' + b', "b": 1' * 65_536 + b"}",
    "half a megabyte of spaces": b"{" + b" " * 524_288 + b"}",
    "half a megabyte of escapes": b'{"a": "' + b"\\u0041" * 87_381 + b'"}',
    "a million digits": b'{"a": ' + b"9" * 1_000_000 + b"}",
    "100,000 digits": b'{"a": ' + b"9" * 100_000 + b"}",
    "100,000 digits behind the point": b'{"a": 1.' + b"9" * 100_000 + b"e400}",
}


def fragments() -> Iterator[tuple[str, str]]:
    """Every value that is not one, by name; a string among them can be a key."""
    for code in FORBIDDEN:
        yield f"U+{code:04X} escaped", f'"a\\u{code:04x}b"'
        if not 0xD800 <= code <= 0xDFFF:
            yield f"U+{code:04X} as it is", f'"a{chr(code)}b"'
    for code in (0x09, 0x0A, 0x0D):
        yield f"U+{code:04X} as it is", f'"a{chr(code)}b"'
    yield "halves in the wrong order", '"\\ude00\\ud83d"'
    yield "two first halves", '"\\ud83d\\ud83d"'
    yield "two digits of a half", '"\\ud83d\\u"'
    yield from ((f"the number {text}", text) for text in NUMBERS)
    yield from ((f"the literal {text}", text) for text in LITERALS)
    yield from TWICE.items()


def wholes() -> Iterator[tuple[str, bytes]]:
    """Every whole body that is not one, by name."""
    yield from ((f"the body {text}", text.encode()) for text in SYNTAX if text != "{}")
    yield from ((f"the top {text}", text.encode()) for text in TOPS)
    yield "only spaces", b"   \n\t "
    yield "a form in parts", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--'
    yield "a bomb of entities", XML_BOMB.encode()
    yield "an object a line", b'{"a": 1}\n{"a": 2}\n'
    yield "a record separator before it", b'\x1e{"a": 1}\n'
    for each in (ENCODINGS, DEEP, LARGE):
        yield from each.items()


def spoilt(body: Json) -> Iterator[tuple[str, bytes]]:
    """The valid body, spoilt in every way there is a name for."""
    field = next(iter(body), "name")
    rest = "".join(f", {json.dumps(n)}: {json.dumps(v)}" for n, v in body.items() if n != field)
    for name, text in fragments():
        yield f"{name}, as a value", f'{{"{field}": {text}{rest}}}'.encode()
        yield f"{name}, inside", f'{{"{field}": [{{"a": {text}}}]{rest}}}'.encode()
        if text.startswith(('"a\\', '"\\u')):
            yield f"{name}, as a key", f'{{{text}: 1, "{field}": 1{rest}}}'.encode()
    yield from wholes()
