"""The tables of include/mocket_abi.h, and what mocket.h shares with them, as data."""
import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include/mocket_abi.h"
PUBLIC = ROOT / "include/mocket.h"
TYPE_TEXT = {"NONE": "", "I32": "i", "U32": "i", "I64": "I", "PTR": "i", "OUT": "i"}

Import = collections.namedtuple("Import", "name minor waits result parameters type")
Export = collections.namedtuple("Export", "name result parameters type")
Group = collections.namedtuple("Group", "name title rows")
Table = collections.namedtuple("Table", "module version minor imports exports errors methods groups")

# Enumerations and macros that go together: name, title, (file, enum, prefix of its members).
ENUMS = [
    ("OPTION", "Section 2: keys of `option`.", HEADER, "mocket_abi_option", "MOCKET_ABI_OPTION_"),
    ("REUSE", "Section 2: bits 0 and 1 of the flags of `listen`.", PUBLIC, "mocket_reuse", "MOCKET_REUSE_"),
    ("DIRECTION", "Section 2: directions of `ready`.", HEADER, "mocket_abi_direction", "MOCKET_ABI_"),
    ("CLOCK", "Section 2: clocks of `now`.", HEADER, "mocket_abi_clock", "MOCKET_ABI_"),
    ("LOG", "Section 2: levels of `log`.", PUBLIC, "mocket_log_level", "MOCKET_LOG_"),
    ("REQUEST_WORD", "Section 4: words of a request message.", HEADER, "mocket_abi_request_word", "MOCKET_ABI_REQ_"),
    ("REQUEST_FLAG", "Section 4: bits of word 1.", HEADER, "mocket_abi_request_flag", "MOCKET_ABI_"),
    ("HEAD_WORD", "Section 5: words of a response head.", HEADER, "mocket_abi_head_word", "MOCKET_ABI_HEAD_"),
    ("ROW_WORD", "Sections 4 and 5: words of a row.", HEADER, "mocket_abi_row_word", "MOCKET_ABI_ROW_"),
    ("SOCKET", "Section 7: kinds of messages.", PUBLIC, "mocket_ws_kind", "MOCKET_WS_"),
]
MACROS = [
    ("LISTEN", "Section 2: the flags of `listen`.", ("REUSE_MASK", "STREAM_BODY", "BODY_ERRORS")),
    ("LIMIT", "Sections 4 and 5.", ("UNKNOWN_LENGTH", "HEAD_MAX")),
]


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def rows(text, macro):
    """The rows of an X-macro: plain arguments, and parameters as pairs (type, name)."""
    found = re.search(rf"#define {macro}\(X\)\s*\\\n((?:.*\\\n)*.*\n)", text)
    for arguments in re.findall(r"\bX\((.*)\)\s*\\?$", found[1] if found else "", re.MULTILINE):
        pairs = re.findall(r"\((\w+), ?(\w*)\)", arguments)
        words = [w.strip() for w in re.sub(r"\(.*\)", "", arguments).split(",") if w.strip()]
        yield words, [p for p in pairs if p[0] != "NONE"]


def enum(path, name):
    """Names and values of an enumeration's members."""
    body = re.search(rf"enum {name} \{{(.*?)\}}", without_comments(path.read_text()), re.DOTALL)[1]
    following, members = 0, []
    for member, value in re.findall(r"(MOCKET_\w+)(?: = ([^,\n]+))?", body):
        following = eval(value, {}, {}) if value else following  # "1 << 3", from our own header
        members.append((member, following))
        following += 1
    return members


def macro(text, name):
    return int(re.search(rf"#define MOCKET_ABI_{name} (0x[0-9A-F]+|\d+)", text)[1], 0)


def type_of(result, parameters):
    return "".join(TYPE_TEXT[kind] for kind, _ in parameters) + ":" + TYPE_TEXT[result]


def read():
    text, public = HEADER.read_text(), PUBLIC.read_text()
    imports = [Import(words[0], int(words[1]), words[2] == "WAITS", words[3], parameters,
                      type_of(words[3], parameters)) for words, parameters in rows(text, "MOCKET_ABI_IMPORTS")]
    exports = [Export(words[1], words[2], parameters, type_of(words[2], parameters))
               for words, parameters in rows(text, "MOCKET_ABI_EXPORTS")]
    errors = [(name, int(number), said) for name, number, said in
              re.findall(r"X\((E\w+), (-\d+), \"([^\"]+)\"\)", public)]
    methods = re.findall(r"X\((\w+), (\d)\)", re.search(r"#define MOCKET_ABI_METHODS\(X\).*\\\n.*", text)[0])
    groups = [Group(name, title, [(member.removeprefix(prefix), value) for member, value in enum(path, which)])
              for name, title, path, which, prefix in ENUMS]
    groups += [Group(name, title, [(word, macro(text, word)) for word in words]) for name, title, words in MACROS]
    module = re.search(r'#define MOCKET_ABI_MODULE "(\w+)"', text)[1]
    return Table(module, macro(text, "VERSION"), macro(text, "MINOR"), imports, exports, errors, methods, groups)
