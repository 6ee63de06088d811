"""What a class promises holds for data: contracts and CSV drops at random, judged by a real validation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.validate import validate
from featureprep.validators.changes.compare import compare_contracts
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.report import ValidationReport

ENGINE = PandasEngine(1)
NUMBERS = ("int8", "int32", "int64", "uint32", "float32", "float64", '"decimal(5, 2)"', '"decimal(7, 3)"')
CELLS = st.one_of(
    st.sampled_from(["0", "1", "2"]), st.sampled_from(["", "0", "1", "5", "-1", "200", "3000000000", "0.7000000001", "1.239", "x", "nan"])
)
POLICY = st.sampled_from(
    ["", ", severity: warn", ", action: drop", ", severity: warn, action: quarantine", ", at_most: 1", ", at_most: 50%"]
)
MAYBE = st.booleans()


@st.composite
def column(draw: st.DrawFn, kinds: tuple[str, ...]) -> str:
    dtype = draw(st.sampled_from(kinds))
    parts = [f"type: {{is: {dtype}{draw(st.sampled_from(['', '', ', severity: warn', ', action: drop']))}}}"]
    nulls = draw(st.sampled_from(["", "nullable: {is: false%s}", "null_fraction: %s"]))
    if nulls:
        parts.append(nulls % (draw(POLICY) if "nullable" in nulls else draw(st.sampled_from(["0", "0.3", "0.5"]))))
    if draw(MAYBE):
        low, high = sorted([draw(st.integers(0, 5)), draw(st.integers(0, 5))])
        parts.append(f"range: {{min: {low}{draw(POLICY)}}}" if draw(MAYBE) else f"range: {{min: {low}, max: {high}{draw(POLICY)}}}")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"values: {{of: {draw(st.sampled_from(['[0, 1]', '[0, 1, 2]', '[2, 5]']))}{draw(POLICY)}}}")
    parts += [text for text in ("unique: true", "required: false", "not_in: [TRAINING]") if draw(st.integers(0, 4)) == 0]
    return f"{{{', '.join(parts)}}}"


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two contracts that have much in common."""
    kinds = (draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(NUMBERS)))
    columns = {name: draw(column(kinds[:1])) for name in draw(st.sampled_from(["a", "ab"]))}
    expression = draw(st.sampled_from(["", "", "a < 3", "a - 1 < 2"]))
    extra = draw(st.sampled_from(["allow", "warn", "error"]))
    texts = []
    for side in range(2):
        if side:
            changed = draw(st.sampled_from(["a", "b", "extra", "expression", "column"]))
            extra = draw(st.sampled_from(["allow", "warn", "error"])) if changed == "extra" else extra
            expression = draw(st.sampled_from(["", "a < 3"])) if changed == "expression" else expression
            if changed in columns:
                columns = {**columns, changed: draw(column(kinds))}
            elif changed == "column" and len(columns) == 2:
                del columns["b"]
            elif changed == "column":
                columns["b"] = draw(column(kinds))
        stated = f"expressions: [{{expr: {expression}{draw(POLICY)}}}]\n" if expression else ""
        texts.append(f"columns: {{{', '.join(f'{n}: {c}' for n, c in columns.items())}}}\nextra_columns: {extra}\n{stated}")
    return texts[0], texts[1]


def judged(contract: Contract, path: Path) -> ValidationReport:
    return validate({"t": fp.read_csv(str(path))}, contract, None, ENGINE)


def passes(report: ValidationReport, *, strict: bool) -> bool:
    """As --fail-on warn where `strict`; a column more that is only warned of passes."""
    named = [o for o in report.outcomes if not (o.check == "extra_columns" and o.severity == Severity.WARN)]
    return replace(report, sources={"t": named}, fail_on=Severity.WARN if strict else Severity.ERROR).ok


def taken(report: ValidationReport) -> int:
    """Rows that are taken away, where one rule at most does that."""
    taking: list[Outcome] = [o for o in report.outcomes if o.action != Action.FAIL and o.count]
    return taking[0].count or 0 if len(taking) == 1 else -1 if taking else 0


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drops") / "drop.csv"


@settings(max_examples=250)
@given(pair=pairs(), rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), header=st.sampled_from(["a,b", "a,b", "a,z", "b,z"]))
def test_no_data_that_passed_fails_unless_it_is_said(pair: tuple[str, str], rows: list[tuple[str, str]], header: str, drop: Path) -> None:
    one, other = (load_contract(text) for text in pair)
    there, back = compare_contracts(one, other), compare_contracts(other, one)
    assert sorted((c.backward, c.forward, c.column) for c in there) == sorted((c.forward, c.backward, c.column) for c in back)
    drop.write_text("".join(f"{line}\n" for line in [header, *(f"{a},{b}" for a, b in rows)]), encoding="utf-8")
    reports = judged(one, drop), judged(other, drop)
    for changes, (before, after) in ((there, reports), (back, reports[::-1])):
        if not all(change.backward for change in changes):
            continue
        event("backward")
        for strict in (False, True):
            if passes(before, strict=strict):
                event("backward and passed")
                assert passes(after, strict=strict), after.render_text()
        if passes(before, strict=False) and -1 not in (taken(before), taken(after)):
            assert taken(after) <= taken(before)
