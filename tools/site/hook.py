"""Names of the API in the text of a page become links to the reference; links to files of the repository, which are not
pages, become their names."""
import posixpath
import re

LINK = re.compile(r"\[([^\]\n]*)\]\((\.\./[^)\s]+)\)")
CODE = re.compile(r"<code>((?:struct |enum )?(mocket_[a-z0-9_]+|MOCKET_[A-Z0-9_]+)(?:\([^<]*\))?)</code>")
known = set()


def on_files(files, config):
    """Which names the reference has."""
    with open(f"{config['docs_dir']}/reference.md", encoding="utf-8") as page:
        known.update(re.findall(r'id="(\w+)"', page.read()))
    return files


def on_page_markdown(markdown, page, config, files):
    def name(found):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), found[2].partition("#")[0]))
        if not place.startswith("../"):
            return found[0]
        place = place.removeprefix("../")
        return f"`{place}`" if found[1].strip("`") == place else f"{found[1]} (`{place}`)"
    return LINK.sub(name, markdown)


def on_page_content(html, page, config, files):
    """Code outside of headings and links; a page does not link to itself."""
    if page.file.src_uri == "reference.md":
        return html
    up = "../" * page.file.dest_uri.count("/")

    def link(found):
        return (f'<a href="{up}reference.html#{found[2]}">{found[0]}</a>' if found[2] in known else found[0])

    pieces = re.split(r"(<h\d.*?</h\d>|<a .*?</a>|<pre.*?</pre>)", html, flags=re.S)
    return "".join(piece if i % 2 else CODE.sub(link, piece) for i, piece in enumerate(pieces))
