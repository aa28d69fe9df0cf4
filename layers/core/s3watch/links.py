r"""Finds what mail programs, phones and chat clients make a link of, and breaks it.

Callers choose object keys, user agents and session names freely, so a key such as `evil.com/login` must not
become a link in an alert. Linkifiers take a bare host name by its top-level domain, of which there are some
1,500, and new ones every year. So every ending of a name is taken for one, except the common endings of files
that none has: `q3.csv` stays readable, `archive[.]zip` is broken.

The rules are those of linkify-it (https://github.com/markdown-it/linkify-it) and of Android
(https://developer.android.com/reference/android/util/Patterns); Outlook links `\\host\share`, too.
"""

from __future__ import annotations

import re
import unicodedata

# Common endings of files, in lower case, none of them a top-level domain
# (https://data.iana.org/TLD/tlds-alpha-by-domain.txt). zip, mov, py, sh, md and others are missing: they are.
_FILES = """
    apk avro bak bat bin bmp cfg cmd conf crt csv dat db dcm diff dll dmp doc docx dump eml enc epub err exe
    feather gif gpg gz html ini ipynb iso jar jpeg jpg js json jsonl jsonld kdbx keystore lock log lz lzo
    mdb msgpack msi ndjson npy npz odp ods odt orc out parquet patch pcap pdf pem pfx php pickle pkl png ppt
    pptx psv rar rtf sav sha sig snappy sql sqlite svg tar tfstate tgz tif tiff tmp toml tsv txt wav
    webp xls xlsm xlsx xml xsd xz yaml yml zst zstd
"""
FILES = frozenset(_FILES.split())
LONGEST = 20  # characters of an ending that is left: a longer one may be cut where lines are broken

_DOTS = ".\u3002\uff0e\uff61"  # the last three are dots in internationalized domain names, too
_ENDING = re.compile(rf"(?<=[^\s{_DOTS}\[\]()<>\"'`,;:/\\])[{_DOTS}](?=([^\W_]+)(.?))", re.DOTALL)
_ATOM = re.compile(rf"[{_DOTS}][^\W_]{{1,{LONGEST}}}|.", re.DOTALL)
_CUT_ENDING = re.compile(rf"[{_DOTS}][^\W_]{{0,{LONGEST}}}$")
_ADDRESS = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.(?=\d)")
_SCHEMES = ("mailto", "tel", "sms", "callto", "skype", "facetime")
_OTHERS = re.compile(
    r"(?<=[a-z0-9+-])(?<!\bs3)://"  # they know no s3://
    r"|(?<!:)//(?=[^/\s\[\]])"
    rf"|(?:{'|'.join(f'(?<={name})' for name in _SCHEMES)}):"
    rf"|(?:(?<=www)|(?<=ftp))[{_DOTS}](?=[^\s{_DOTS}])"
    r"|(?<=\\)\\(?=[^\s\\])",
    re.IGNORECASE,
)


def find_links(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each part of a text without which nothing in it becomes a link."""
    endings = [found.span() for found in _ENDING.finditer(text) if not _is_harmless(*found.groups())]
    addresses = [(found.end() - 1, found.end()) for found in _ADDRESS.finditer(text)]
    others = [found.span() for found in _OTHERS.finditer(text)]
    return sorted({*endings, *addresses, *others})


def _is_harmless(ending: str, after: str) -> bool:
    """Return whether no host name ends so: with a file's ending, one letter, or a digit as no domain does.

    A mark after the letters is a part of the ending, as in भारत, and no file's ending has one.
    """
    if after and unicodedata.category(after).startswith("M"):
        return False
    if len(ending) < 2 or ending.lower() in FILES:
        return True
    return len(ending) <= LONGEST and any(char.isdecimal() for char in ending)


def defang(text: str) -> str:
    """Put brackets around what would make a link: `evil[.]com/login`, `https[://]evil[.]com`."""
    parts, end = [], 0
    for start, after in find_links(text):
        parts += [text[end:start], f"[{text[start:after]}]"]
        end = after
    return "".join([*parts, text[end:]])


def atoms(text: str) -> list[str]:
    """Split a text into the parts between which a line may be broken: characters, and endings of names."""
    return _ATOM.findall(text)


def place_to_cut(text: str, at: int) -> int:
    """Return where to cut a text: at `at`, or before an ending, since a part of `evil.html` is `evil.ht`."""
    if 0 < at < len(text) and text[at].isalnum() and (found := _CUT_ENDING.search(text[:at])):
        return found.start() or at
    return at
