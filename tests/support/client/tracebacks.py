"""What tools that show local variables show of an exception: pytest, rich, and services that collect errors."""

from __future__ import annotations

import io
import traceback


class Unseen(str):  # has to be a str to the code that is tested
    """A key as a caller gives it, whose own text in the test's frames does not count."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'a key given by the test'" if type(self) is Unseen else super().__repr__()


def shown_with_locals(error: BaseException) -> str:
    """The traceback of an exception and of all that it came from, with the variables of every frame of ours."""
    text = io.StringIO()
    seen: set[int] = set()
    todo = [error]
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        todo += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
        text.write(f"{each!r} {each} {each.args!r} {vars(each)!r}\n")
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                text.write(f"{frame.f_code.co_qualname} {dict(frame.f_locals)!r}\n")
    return text.getvalue()
