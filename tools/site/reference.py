#!/usr/bin/env python3
"""Makes the reference of the API, in Markdown, of mocket.h, whose comments are its text.

usage: tools/site/reference.py include/mocket.h

A section of the header, `/* ---- Title ---`, is a section of the page. A comment describes the declarations directly
behind it. At the end an index has every name."""
import html
import re
import sys

SECTION = re.compile(r"^/\* ---- (.*?) -{3,}(?: \*/)?$")
NAMES = [re.compile(r"^#define (MOCKET_[A-Z0-9_]+)"), re.compile(r"\b(mocket_[a-z0-9_]+)\([^)]*", re.S),
         re.compile(r"^(?:typedef )?(?:struct|enum) (mocket_\w+) \{"), re.compile(r"\b(mocket_\w+);")]
MEMBER = re.compile(r"^\s{4}(MOCKET_[A-Z0-9_]+)\b", re.M)


def plain(line, known):
    """A line of text: names are links, code is code, and nothing else means something to Markdown."""
    def piece(found):
        if found[1]:
            return found[0]
        if found[2]:
            return f"[docs/{found[2]}]({found[2]})"
        if found[3]:
            return f"[`{found[3]}`](#{found[3]})" if found[3] in known else f"`{found[3]}`"
        return html.escape(found[0], quote=False).replace("*", "\\*").replace("_", "\\_").replace("[", "\\[")
    return re.sub(r"(`[^`]*`)|docs/([a-z]+\.md)|\b((?:mocket|MOCKET)_\w+)|[^`mMd]+|.", piece, line)


def text_of(comment, known):
    """A comment without its stars, as paragraphs. Lines that are indented more are code; a line that begins with words
    in capitals begins a paragraph."""
    body = comment.removeprefix("/*").removesuffix("*/").strip()
    lines = [re.sub(r"^\s*\* ?", "", line) for line in body.splitlines()]
    out = []
    for line in lines:
        title = re.match(r"([A-Z][A-Z ]+[A-Z])\s{2,}(.*)", line)
        if title:
            out += ["", f"**{title[1].capitalize()}.** {plain(title[2], known)}"]
        elif line.startswith("              "):
            out.append(plain(line.strip(), known))
        else:
            out.append(line if line.startswith("    ") else plain(line, known))
    return "\n".join(out)


def declarations(lines):
    """(section, comment, code) for each comment and what stands directly behind it."""
    section, comment, code = None, "", []
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("/*"):
            block = [line]
            while "*/" not in lines[i]:
                i += 1
                block.append(lines[i])
            if code:
                yield section, comment, "\n".join(code)
                comment, code = "", []
            if title := SECTION.match(block[0]):
                if comment:
                    yield section, comment, ""
                section, comment = title[1], "\n".join(["/*", *block[1:]]) if len(block) > 1 else ""
                yield section, comment, ""
                comment = ""
            else:
                comment = "\n".join(block)
        elif line.strip():
            code.append(line)
        elif code and not any(c.count("{") > c.count("}") for c in ["\n".join(code)]):
            yield section, comment, "\n".join(code)
            comment, code = "", []
        i += 1
    if code:
        yield section, comment, "\n".join(code)


def names_of(code):
    """The names that a piece of code declares, in order."""
    outside = re.sub(r"\{.*?^\}", "{ }", code, flags=re.S | re.M)
    found = []
    for line in outside.split("\n"):
        for pattern in NAMES:
            found += [name for name in pattern.findall(line) if name not in found]
    if re.match(r"(typedef )?enum", code):
        found += [name for name in MEMBER.findall(code) if name not in found]
    return found


def read(path):
    """The introduction, and the rest without what is only for C++."""
    lines = open(path, encoding="utf-8").read().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("#define MOCKET_VERSION"))
    end = next(i for i, line in enumerate(lines) if line == "#ifdef __cplusplus" and lines[i + 1] == "}")
    rest = "\n".join(lines[start - 1:end]).replace('#ifdef __cplusplus\nextern "C" {\n#endif\n', "")
    return "\n".join(lines[:lines.index(" */") + 1]), rest.splitlines()


def main(path):
    introduction, lines = read(path)
    pieces = [piece for piece in declarations(lines) if not piece[2].startswith("#if")]
    known = {name for _, _, code in pieces for name in names_of(code)}
    seen = {}
    print("# API reference\n\nMade of `include/mocket.h`, whose comments are the text. [The index](#index) is at the "
          "end.\n")
    print(text_of(introduction, known) + "\n\n## Version and types\n")
    section = "Version and types"
    for title, comment, code in pieces:
        if title and title != section:
            section = title
            print(f"\n## {section}\n")
        names = [name for name in names_of(code) if name not in seen]
        seen.update((name, section) for name in names)
        print("\n" + "".join(f'<a id="{name}"></a>' for name in names) + "\n")
        if code:
            print(f"```c\n{code}\n```\n")
        if comment:
            print(text_of(comment, known) + "\n")
    print("\n## Index\n\n| name | section |\n|---|---|")
    for name in sorted(seen, key=str.lower):
        print(f"| [`{name}`](#{name}) | {seen[name]} |")


if __name__ == "__main__":
    main(sys.argv[1])
