"""What texts are spelt like: numbers and dates that no type reads as they stand, and lists; the same however the rows are cut."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError
from featureprep.folds.spellings import AnyText, Seen, Spelling, Spellings

FOLD = Spellings(("n/a", "-"))


def spelling(texts: list[str | None]) -> Spelling:
    return FOLD.finish(FOLD.update(FOLD.init(), pa.array(texts, pa.string())))


@pytest.mark.parametrize(
    "texts, replacements, ambiguous",
    [
        (["14,62", "3", "-0,5"], ((",", "."),), False),
        (["1.234,50", "3"], ((".", ""), (",", ".")), False),
        (["1.234.567", "3"], ((".", ""),), False),
        (["1,234.50", "234.50", "1,234,567"], ((",", ""),), False),
        (["1,234", "12"], ((",", ""),), True),
        (["$1,234.50", "-$3"], (("$", ""), (",", "")), False),
        (["12.5%", "3 %"], (("%", ""),), False),
        (["14,62 €", None, "n/a", "-", " ", "3 €"], (("€", ""), (",", ".")), False),
        (["14.62", "3"], (), False),
        (["99999999999999999999999"], (), False),
        (["14,62", "3", "x"], (), False),
        (["1,2,3"], (), False),
        (["n/a", None, ""], (), False),
        ([], (), False),
    ],
)
def test_numbers(texts: list[str | None], replacements: Any, ambiguous: bool) -> None:
    found = spelling(texts)
    assert (found.replacements, found.ambiguous, found.formats) == (replacements, ambiguous, ())


@pytest.mark.parametrize(
    "texts, formats",
    [
        (["28.11.2021", "1.2.2021", "n/a"], ("%d.%m.%Y",)),
        (["01.02.21"], ("%d.%m.%y",)),
        (["01/02/2023", "11/12/2023"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["01/02/2023", "11/13/2023"], ("%m/%d/%Y",)),
        (["01/02/2023", "13/11/2023"], ("%d/%m/%Y",)),
        (["13/02/2023", "02/13/2023"], ()),
        (["2021/11/28"], ("%Y/%m/%d",)),
        (["01/13/2023 10:11", "1/2/2023 9:05"], ("%m/%d/%Y %H:%M",)),
        (["28-11-2021T10:11:12"], ("%d-%m-%YT%H:%M:%S",)),
        (["01/02/2023", "01.02.2023"], ()),
        (["1.2.10", "1.45.10"], ()),
        (["28.11.2021", "soon"], ()),
        (["2021-11-28"], ()),
    ],
)
def test_dates(texts: list[str | None], formats: tuple[str, ...]) -> None:
    found = spelling(texts)
    assert (found.formats, found.replacements) == (formats, ())


@pytest.mark.parametrize(
    "texts, separator",
    [
        (["a"] * 49 + [f"a|{i}" for i in range(51)], "|"),
        (["a"] * 51 + [f"a|{i}" for i in range(49)], None),
        (["a;b c;d"], ";"),
        (["this is; a sentence that goes on"], None),
        (["a|b"] * 20 + ["a|four words are long"], "|"),
        (["a|b"] * 4 + ["a|four words are long"], None),
    ],
)
def test_lists(texts: list[str | None], separator: str | None) -> None:
    assert spelling(texts).separator == separator
    assert spelling([None, *texts, None]).separator == separator


TEXTS = st.sampled_from(["14,62", "1,234", "3", "$3", "28.11.2021", "01/02/2023", "13/02/2023", "02/14/2023", "a|b", "a", "", "n/a"])


@settings(max_examples=60)
@given(data=st.data())
def test_the_same_however_cut(data: Any, same_bits: Any) -> None:
    few = data.draw(st.lists(TEXTS, max_size=3, unique=True))
    texts = data.draw(st.lists(st.sampled_from(few) | st.none(), max_size=30)) if few else []
    array = pa.array(texts, pa.string())
    assert same_bits(FOLD, (array,), data) == spelling(texts)
    coded = array.dictionary_encode()
    assert FOLD.finish(FOLD.update(FOLD.init(), coded)) == spelling(texts)
    assert same_bits(AnyText("^0", "2023$"), (array,), data) == False  # noqa: E712  (a bool, not what is true)


def test_any_text() -> None:
    fold = AnyText("^0[0-9]", "x$")
    assert fold.update(False, pa.array(["1", None, "01"]))
    assert not fold.update(False, pa.array(["10", "01x", "0"]))
    assert fold.merge(fold.decode(fold.encode(True)), fold.decode(fold.encode(False)))


def test_states_that_are_none() -> None:
    with pytest.raises(CorruptArtefactError):
        FOLD.decode(AnyText("a").encode(False))
    with pytest.raises(CorruptArtefactError):
        AnyText("a").decode(FOLD.encode(FOLD.init()))
    assert FOLD.decode(FOLD.encode(Seen())) == Seen()
