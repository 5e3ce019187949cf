"""What is public: listed, importable, documented and typed; and importable without any extra."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from rxstream import testing

MODULES = {"rxstream": rs, "rxstream.operators": ops, "rxstream.handlers": rs.handlers, "rxstream.testing": testing}
EVERY = [(module, name) for module in MODULES.values() for name in module.__all__]
#: rxstream's own; those of reactivex are reactivex's to document.
OWN = [(module, name) for module, name in EVERY if getattr(module, name) is not getattr(rx, name, None)]
FUNCTIONS = [getattr(module, name) for module, name in OWN if inspect.isfunction(inspect.unwrap(getattr(module, name)))]

each_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)


def of(names: list[tuple[ModuleType, str]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize(("module", "name"), names, ids=[name for _, name in names])


def in_the_order_of_case(name: str) -> tuple[bool, bool, str]:
    """As ruff sorts a list of names: constants, then classes, then the rest."""
    return not name.isupper(), not name[0].isupper(), name


@each_module
def test_public_names_are_sorted(module: ModuleType) -> None:
    assert list(module.__all__) == sorted(module.__all__, key=in_the_order_of_case)


@each_module
def test_public_names_are_listed_once(module: ModuleType) -> None:
    assert len(module.__all__) == len(set(module.__all__))


@of(EVERY)
def test_a_public_name_can_be_imported(module: ModuleType, name: str) -> None:
    assert hasattr(module, name)


@of([(module, name) for module, name in OWN if not name.startswith("__")])
def test_a_public_name_is_documented(module: ModuleType, name: str) -> None:
    documented: Any = getattr(module, name)

    assert inspect.getdoc(documented)
    assert not (isinstance(documented, type) and documented.__doc__ is None)


@each_function
def test_a_public_function_has_a_docstring_that_begins_with_a_sentence(function: Callable[..., Any]) -> None:
    first = (function.__doc__ or "").strip().splitlines()[0]

    assert first.endswith((".", ":"))


@each_function
def test_a_public_function_has_type_hints(function: Callable[..., Any]) -> None:
    signature = inspect.signature(function)
    bare = [name for name, given in signature.parameters.items() if given.annotation is inspect.Parameter.empty]

    assert (bare, signature.return_annotation is not inspect.Signature.empty) == ([], True)


@each_function
def test_a_public_function_has_at_most_two_positional_parameters(function: Callable[..., Any]) -> None:
    kinds = [given.kind for given in inspect.signature(function).parameters.values()]
    positional = [kind for kind in kinds if kind in {kind.POSITIONAL_ONLY, kind.POSITIONAL_OR_KEYWORD}]

    assert len(positional) <= 2


@each_function
def test_a_public_function_takes_no_arbitrary_keywords(function: Callable[..., Any]) -> None:
    kinds = {given.kind for given in inspect.signature(function).parameters.values()}

    assert inspect.Parameter.VAR_KEYWORD not in kinds


@pytest.mark.parametrize("name", rs.Stream.__dict__.keys() - {"__module__", "__doc__"})
def test_what_a_stream_can_do_is_documented(name: str) -> None:
    member = getattr(rs.Stream, name)

    assert name.startswith("_") or not callable(member) or inspect.getdoc(member)


# Without extras


# A name that is None among the modules is one that cannot be imported.
_WITHOUT = """
import sys
sys.modules["aiokafka"] = None
import rxstream as rs
try:
    print(rs.collect(rs.from_iterable([1, 2])))
    {call}
except rs.MissingExtraError as error:
    print(isinstance(error, ImportError), error)
"""


def without_aiokafka(call: str) -> list[str]:
    """What a script prints where aiokafka is not installed."""
    script = [sys.executable, "-c", _WITHOUT.format(call=call)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["from_kafka", "to_kafka"])
def test_without_aiokafka_only_kafka_is_missing_and_the_sentence_says_how_to_get_it(name: str) -> None:
    told = f"True {name}: needs aiokafka, which is not installed. Run: pip install 'rxstream[kafka]'"

    assert without_aiokafka(f"rs.{name}('topic', bootstrap_servers='localhost:9092')") == ["[1, 2]", told]


def test_importing_rxstream_imports_no_client_library() -> None:
    script = "import sys, rxstream; print([name for name in sys.modules if name.split('.')[0] == 'aiokafka'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout == "[]\n"


def test_the_version_is_told() -> None:
    assert rs.__version__.count(".") == 2


def test_what_pytest_imports_for_the_plugin_is_nothing_but_the_plugin() -> None:
    imported = "import sys, rxstream._pytest; print(sorted(name for name in sys.modules if 'reactivex' in name))"

    told = subprocess.run([sys.executable, "-c", imported], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


def test_what_is_not_offered_is_missed_in_the_usual_words() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = rs.from_nowhere

    assert str(caught.value) == "module 'rxstream' has no attribute 'from_nowhere'"


def test_the_package_lists_what_it_offers() -> None:
    assert dir(rs) == sorted(rs.__all__)
