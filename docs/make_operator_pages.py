"""Make the page of each operator from its docstring: python docs/make_operator_pages.py."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from rxstream import operators

PAGES: Final = Path(__file__).parent / "operators"

#: rxstream's own operators; those of reactivex have their pages there.
OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    name: operator
    for name in operators.__all__
    if (operator := getattr(operators, name)).__module__.startswith("rxstream.")
}

_TITLES: Final = {"Args": "Arguments"}
_SECTION: Final = re.compile(r"^(Args|Returns|Raises|State|Delivery|Example|See also):", re.MULTILINE)
_DIAGRAM: Final = re.compile(r"^\.\. marble::\n\n(?P<text>(?:    .*\n?)+)", re.MULTILINE)
_LITERAL: Final = re.compile(r"``(.+?)``", re.DOTALL)
_ITEM: Final = re.compile(r"^(\w+): ", re.MULTILINE)

#: What a docstring's example need not import, but a page's does: how it is used, and the line.
_STANDARD: Final = {
    r"asyncio\.": "import asyncio",
    r"UTC\b": "from datetime import UTC, datetime",
    r"Path\(": "from pathlib import Path",
}
_INSTALLED: Final = {
    r"reactivex\.": "import reactivex",
    r"rs\.": "import rxstream as rs",
    r"ops\.": "from rxstream import operators as ops",
}


class Docstring(NamedTuple):
    """What an operator's docstring says, in its parts."""

    summary: str
    diagrams: list[str]
    #: The diagrams and the paragraphs around them.
    body: str
    sections: dict[str, str]

    @property
    def edges(self) -> str:
        """What is said beside the summary and the diagrams."""
        return _DIAGRAM.sub("", self.body).strip()


def read(documented: object) -> Docstring:
    """Take a docstring apart."""
    head, *rest = _SECTION.split(inspect.getdoc(documented) or "")
    summary, _, body = head.partition("\n\n")
    diagrams = [inspect.cleandoc(f"\n{found['text']}") for found in _DIAGRAM.finditer(body)]
    sections = {title: inspect.cleandoc(text) for title, text in zip(rest[::2], rest[1::2], strict=True)}
    return Docstring(summary.strip(), diagrams, body.strip(), sections)


def page(name: str) -> str:
    """The page of one operator."""
    documented = read(OPERATORS[name])
    drawn = _DIAGRAM.sub(
        lambda found: _block("marble", inspect.cleandoc(f"\n{found['text']}")), _prose(documented.body)
    )
    parts = [f"# {name}", _prose(documented.summary), _block("text", _signature(OPERATORS[name])), drawn]
    for title, text in documented.sections.items():
        parts.append(_section(title, text))
    return "\n\n".join(part.strip() for part in [*parts, "[All operators](README.md)"]) + "\n"


def _section(title: str, text: str) -> str:
    match title:
        case "See also":
            return "See also: " + _LITERAL.sub(r"[\1](\1.md)", text)
        case "Example":
            shown = _example(text)
        case "Args" | "Raises":
            shown = _prose(_ITEM.sub(r"- `\1`: ", text).replace("\n    ", "\n  "))
        case _:
            shown = _prose(text[0].upper() + text[1:])
    return f"## {_TITLES.get(title, title)}\n\n{shown}"


def _prose(text: str) -> str:
    return _LITERAL.sub(r"`\1`", text)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```\n"


def _signature(operator: Callable[..., Any]) -> str:
    source = inspect.getsource(operator)
    return source[source.index("def ") : source.index('"""')].strip().removesuffix(":")


def _example(text: str) -> str:
    """What a doctest does, as a program that prints it, and what it prints."""
    examples = doctest.DocTestParser().get_examples(text)
    lines = "\n".join(_printing(example) for example in examples).splitlines()
    said = [line for line in lines if line.startswith(("import ", "from "))]
    code = "\n".join(line for line in lines if line not in said)
    installed = sorted([*said, *_used(_INSTALLED, code)], key=lambda line: (line.startswith("from"), line))
    program = "\n\n".join("\n".join(part) for part in (_used(_STANDARD, code), installed, [code]) if part)
    # Two blank lines around a function.
    spaced = re.sub(r"\n+((?:async )?def .*(?:\n +.*)*)\n", r"\n\n\n\1\n\n\n", program)
    return _block("python", spaced) + "\n" + _block("text", "".join(_printed(examples)))


def _used(imports: dict[str, str], code: str) -> list[str]:
    return [line for used, line in imports.items() if re.search(rf"\b{used}", code)]


def _printing(example: doctest.Example) -> str:
    source = example.source.strip()
    if example.exc_msg:
        error = example.exc_msg.partition(":")[0]
        return f'try:\n    {source}\nexcept {error} as error:\n    print("{error}:", error)'
    return f"print({source})" if example.want and not source.startswith("print(") else source


def _printed(examples: list[doctest.Example]) -> Iterator[str]:
    for example in examples:
        want = (example.exc_msg or example.want).strip()
        # What print shows of text has no quotes.
        shown = ast.literal_eval(want) if want.startswith(("'", '"')) else want
        yield f"{shown}\n" if want else ""


def main() -> None:
    """Write all pages, and take away those of operators that are no more."""
    PAGES.mkdir(exist_ok=True)
    for path in PAGES.glob("*.md"):
        if path.name != "README.md" and path.stem not in OPERATORS:
            path.unlink()
    for name in OPERATORS:
        (PAGES / f"{name}.md").write_text(page(name))


if __name__ == "__main__":
    main()
