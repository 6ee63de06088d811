"""The errors: what, where, hint; exit codes; and the way to another process and back."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from featureprep import errors
from featureprep.errors import ArgumentError, ColumnNotFoundError, FeatureprepError, MissingExtraError, RowRejected

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, FeatureprepError)]
CODES = {"RequestError": 2, "DataError": 1, "WorldError": 3}


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_error(cls: type[FeatureprepError]) -> None:
    error = cls("it broke", where="job.py:3", hint="mend it")
    assert str(error) == "job.py:3: it broke\nHint: mend it"
    assert str(cls("it broke")) == "it broke"
    assert cls.__doc__
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert (again.what, again.where, again.hint) == ("it broke", "job.py:3", "mend it")
    for base, code in CODES.items():
        if issubclass(cls, getattr(errors, base)):
            assert cls.exit_code == code


def test_builtin_handlers_catch_them_too() -> None:
    assert issubclass(errors.ColumnNotFoundError, KeyError)
    assert issubclass(errors.TypeMismatchError, TypeError)
    assert issubclass(errors.MissingExtraError, ImportError)
    assert issubclass(errors.WorldError, OSError)
    assert issubclass(errors.RequestError, ValueError)


def test_a_place_is_named_once() -> None:
    error = ArgumentError("no").at("job.py:1").at("elsewhere")
    assert error.where == "job.py:1"
    with pytest.raises(ArgumentError) as caught:
        raise error.at("again")
    assert caught.value is error


def test_row_rejected_keeps_its_rule_on_the_way() -> None:
    error = RowRejected("the row is rejected", where="job.py:1", rule="of age")
    assert pickle.loads(pickle.dumps(error)).rule == "of age"


@pytest.mark.parametrize(
    "missing, available, what, hint",
    [
        (["agee"], ["age", "name"], "no column 'agee'", "Did you mean one of: 'age'?"),
        (["b", "a"], ["x"], "no columns 'a', 'b'", "The table has: 'x'."),
        (["zzz"], ["f1", "f2", "f3", "f4", "f5", "f6", "f7"], "no column 'zzz'", "The table has: 'f1', 'f2', 'f3', 'f4', 'f5' and 2 more."),
        (["x"], [], "no column 'x'", "The table has: ."),
    ],
)
def test_columns_that_are_not_there(missing: list[str], available: list[str], what: str, hint: str) -> None:
    error = ColumnNotFoundError.of(missing, available, where="job.py:2")
    assert (error.what, error.hint, error.where) == (what, hint, "job.py:2")
    assert str(error).startswith("job.py:2: no column")  # not as KeyError shows itself: in quotes


def test_wordings() -> None:
    assert ArgumentError.of("k", "top", "an int", "x").what == "The 'k' parameter of top must be an int. Got 'x' instead."
    assert MissingExtraError.of("s3", "s3:// sources").hint == "pip install 'featureprep[s3]'"
