"""An exchange's request as a curl command to paste into a POSIX shell; the key comes from the environment."""

from __future__ import annotations

import base64
import re
import shlex

from treasure_workflow_api._operations import AUTHORIZATION_PREFIX
from treasure_workflow_contract.results.findings import Exchange
from treasure_workflow_contract.results.printable import decoded

# What curl says of itself or works out.
_OWN = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "authorization"}
# What curl would say unasked, where the request said nothing.
_UNASKED = ("accept", "user-agent", "content-type")
_FROM_ENVIRONMENT = (f"{AUTHORIZATION_PREFIX} $TD_API_KEY", "Bearer $TDX_ACCESS_TOKEN")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What curl sends as it is given: no brackets or braces, which it expands, and no dots as a segment, which it resolves.
_AS_GIVEN = re.compile(r"(?!.*/\.{1,2}(?:/|\?|$))[A-Za-z0-9._~/?%&=+,:;@!$'()*-]+")
# What printf prints as it is given.
_LITERAL = re.compile(r"[A-Za-z0-9 /:;=_.,?&-]")
_LONGEST_ARGUMENT = 64 * 1024  # bytes; Linux takes twice that


def curl(exchange: Exchange, base_url: str) -> str:
    """The command on one line. It sends the same bytes, but for what is masked, to `base_url`, which has no path."""
    command = ["curl -i"]
    method = exchange.method
    command.append("--head" if method == "HEAD" else f"-X {shlex.quote(method)}")
    names = dict(exchange.request_headers)
    if "authorization" in names:
        is_token = names["authorization"].startswith("Bearer ")
        command.append(f'-H "Authorization: {_FROM_ENVIRONMENT[is_token]}"')
    for name, value in exchange.request_headers:
        if name not in _OWN and _TOKEN.fullmatch(name):
            # curl takes `name:` for a header to leave out, and `name;` for one that is empty.
            command.append(f"-H {_quoted(f'{name}: {value}' if value else f'{name};')}")
    before, body = _body(exchange)
    command += [f"-H {name}:" for name in _UNASKED if name not in names]
    if "accept-encoding" in names:
        command.append("--compressed")
    if body:
        command.append(body)
    if _AS_GIVEN.fullmatch(exchange.target):
        command.append(shlex.quote(base_url + exchange.target))
    else:
        command.append(f"--request-target {_quoted(exchange.target)} {shlex.quote(base_url)}")
    return before + " ".join(command)


def _body(exchange: Exchange) -> tuple[str, str]:
    """What comes before the command, and what in it gives it the body."""
    body = exchange.request_body
    if not body:
        says_so = ("content-length", "0") in exchange.request_headers
        return "", "--data-raw ''" if says_so else ""
    text = decoded(body)
    # A control character that is pasted is a key that is pressed.
    if text is not None and text.isprintable() and len(body) <= _LONGEST_ARGUMENT:
        return "", f"--data-raw {shlex.quote(text)}"
    return f"printf %s {base64.b64encode(body).decode()} | base64 -d | ", "--data-binary @-"


def _quoted(text: str) -> str:
    """A text of a request's head, whose characters stand for bytes."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    octal = "".join(each if _LITERAL.fullmatch(each) else "".join(f"\\{b:03o}" for b in _bytes(each)) for each in text)
    return f"\"$(printf '{octal}')\""


def _bytes(character: str) -> bytes:
    try:
        return character.encode("latin-1")
    except UnicodeEncodeError:
        return character.encode("utf-8", errors="surrogatepass")
