"""A text with `${…}` as the body of the function that makes it, word for word as the service's engine writes it.

Its messages quote lines and columns of that body, and some names of the code that writes it can be used in scripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# `${secret:key}` and its like belong to the operators.
_OPENING = re.compile(r"\$\{(?![a-z]+:)([\s\S]+)|\Z")
_SIMPLE = re.compile(r"\$\{(?![a-z]+:)((?:\{)|[\s\S]+?)\}")
_ESCAPES = {"'": "\\'", "\\": "\\\\", "\r": "\\r", "\n": "\\n", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_START = "with(this){\nvar __t,__p='',__j=Array.prototype.join,print=function(){__p+=__j.call(arguments,'');};\n__p+='"
_END = "';\nreturn __p;\n}\n"


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: `texts[0]`, what `scripts[0]` gives, `texts[1]`, and so on.

    `all`, `match` and `m` (a match with `index` and `input`) are names in which the search for the last `${` leaves
    what it found.
    """

    texts: tuple[str, ...]
    scripts: tuple[str, ...]
    all: str = ""
    match: str | None = None
    index: int = 0
    input: str = ""

    @property
    def body(self) -> str:
        """The body of the function that makes the text."""
        parts = [_START]
        for text, script in zip(self.texts, (*self.scripts, ""), strict=True):
            parts.append(_literal(text))
            if script:
                parts.append(f"'+\n((__t=({script}))==null?'':(typeof __t==\"string\"?__t:JSON.stringify(__t)))+\n'")
        return "".join([*parts, _END])


@lru_cache(maxsize=512)
def take_apart(template: str) -> Template:
    """A text with `${…}`, whose scripts end where their braces close."""
    texts, scripts, position = [""], [], 0
    whole, rest, index, searched = "", None, 0, ""
    while position < len(template):
        searched = template[position:]
        found = _OPENING.search(searched)
        assert found is not None  # at the latest the end is
        whole, rest, index = found[0], found[1], found.start()
        texts[-1] += searched[:index].replace("$$", "$")
        position += index
        if rest is None:
            break
        end = _closing(rest)
        if end is None:
            texts[-1] += whole.replace("$$", "$")
            break
        if script := rest[:end]:
            scripts.append(script)
            texts.append("")
        position += len("${") + end + len("}")
    index = len(searched[:index].encode("utf-16-le", "surrogatepass")) // 2
    return Template(tuple(texts), tuple(scripts), whole, rest, index, searched)


def take_apart_simply(template: str) -> Template:
    """The same where scripts end at the next brace, as the engine's own `template` has it on request."""
    texts, scripts, position = [], [], 0
    for found in _SIMPLE.finditer(template):
        texts.append(template[position : found.start()].replace("$$", "$"))
        scripts.append(found[1])
        position = found.end()
    return Template((*texts, template[position:].replace("$$", "$")), tuple(scripts))


def _closing(rest: str) -> int | None:
    """Where the brace closes that was opened before `rest`; braces inside quotes count too."""
    depth = 0
    for position, character in enumerate(rest):
        if character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return position
            depth -= 1
    return None


def _literal(text: str) -> str:
    return re.sub("['\\\\\r\n\u2028\u2029]", lambda found: _ESCAPES[found[0]], text)
