"""Statistics and contracts of the sources: scans of their own, or states that an exchange folds while it reads the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.jobs.json_columns import with_json_columns
from featureprep.jobs.prepare import Prepared, profile_label
from featureprep.jobs.publish import Findings
from featureprep.jobs.riding import rides
from featureprep.jobs.sources import BoundSource, pseudo_schema
from featureprep.plan.physical import Exchange, Input, Pipe
from featureprep.run.levels import FoldItem, finish_items, fold_item
from featureprep.run.riding import RidingInput
from featureprep.run.rows import SourceInput
from featureprep.run.scan import EVERY, ScanSpec, ScanState
from featureprep.validators import statistics as stats
from featureprep.validators.contract import SourceContract, check_of
from featureprep.validators.outcome import Outcome

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver


class SourceProfiles:
    """The profiles of one run's sources, but for the one that the fit's first scan reads anyway."""

    def __init__(self, driver: Driver, prepared: Prepared, findings: Findings, shared: str | None) -> None:
        self.driver = driver
        self.prepared = prepared
        self.findings = findings
        self.shared = shared
        self.known: dict[str, Mapping[str, Any]] = {}
        self.judged: dict[str, BoundSource] = {}
        self.rides = rides(prepared, shared) if driver.cache is not None else {}
        self.waiting = [name for name in prepared.sources if name != shared and self.items(name)]

    def items(self, name: str) -> dict[str, FoldItem]:
        """What is folded over all rows of a source, by the name the statistics or the contract gave it."""
        prepared = self.prepared
        items: dict[str, FoldItem] = {}
        source = prepared.sources[name]
        if prepared.source_statistics:
            for key, (fold, nodes) in stats.column_folds(source.schema, shapes=True).items():
                items[f"statistics/{key}"] = fold_item(fold, nodes)
        contract = prepared.contracts.get(name)
        if contract is not None:
            assert prepared.contract is not None  # noqa: S101  (its sections are there)
            referenced = prepared.contract.referenced(name)
            wanted = contract.folds(prepared.request.environment, pseudo_schema(source, contract), referenced=referenced)
            for key, (fold, nodes) in wanted.items():
                items[f"contract/{key}"] = fold_item(fold, nodes)
        return items

    def begin(self) -> None:
        """Scan the sources that no exchange reads."""
        for name in [name for name in self.waiting if name not in self.rides]:
            self._take(name, profile_label(self.prepared, name))
        self._check()

    def over(self, exchange: Exchange, source: SourceInput, otherwise: SourceInput) -> SourceInput:
        """How an exchange reads a source: all of it with its states riding along, where they wait for that; else as it would."""
        if source.name not in self.waiting or self.rides.get(source.name) != exchange.name or self.driver.cache is None:
            return otherwise
        spec, cache = self._spec(source.name), self.driver.cache
        fragments = self.prepared.sources[source.name].fragments
        known = sum(cache.get(spec.keys(piece.key)[EVERY], trusted=True) is not None for piece in fragments)
        self.driver.fragments_known += known
        self.driver.fragments_read += len(fragments) - known
        return RidingInput(source.source, source.name, source.schema, source, spec, cache)

    def with_those_that_ride(self, title: str, exchange: Exchange) -> str:
        """The name of the pass of an exchange, with what rides on it."""
        labels = [profile_label(self.prepared, name) for name in self._riding(exchange)]
        return f"{title} with {' and '.join(labels)}" if labels else title

    def arrive(self, exchange: Exchange) -> None:
        """Take the states that rode on an exchange."""
        for name in self._riding(exchange):
            self._take(name, exchange.step)
        self._check()

    def _riding(self, exchange: Exchange) -> list[str]:
        return [name for name in self.waiting if self.rides.get(name) == exchange.name]

    def settle(self) -> None:
        """Scan what still waits, so that the contract has the first word over an error.

        Raises
        ------
        ContractError
        """
        for name in [*self.waiting]:
            self._take(name, profile_label(self.prepared, name))
        self._check()

    def finish(self, name: str, items: Mapping[str, FoldItem], state: ScanState) -> None:
        """Make statistics and outcomes of the states of a source."""
        prepared, findings = self.prepared, self.findings
        results = finish_items(items, state.states)
        source = prepared.sources[name]
        if prepared.source_statistics:
            mine = {key.removeprefix("statistics/"): value for key, value in results.items() if key.startswith("statistics/")}
            findings.statistics["sources"][name] = stats.finish(mine, source.schema, sensitive=prepared.sensitive(name), shapes=True)
        contract = prepared.contracts.get(name)
        if contract is not None:
            self.known[name] = {key.removeprefix("contract/"): value for key, value in results.items() if key.startswith("contract/")}
            for other in self.known:  # one may refer to a source that is known only now
                if other == name or any(check_of(rule).elsewhere(rule) for rule in prepared.contracts[other].declared(None)):
                    findings.outcomes[other] = self._judged(other, prepared.contracts[other])

    def _judged(self, name: str, contract: SourceContract) -> list[Outcome]:
        request, driver = self.prepared.request, self.driver
        if name not in self.judged:
            bound = self.prepared.sources[name]
            self.judged[name] = with_json_columns(bound, contract, request.environment, driver.engine, driver.cache, request.partitions)
        source = self.judged[name]
        return contract.evaluate(
            self.known[name], environment=request.environment, present=source.present, unlisted=source.unlisted,
            schema=pseudo_schema(source, contract),
            allow_not_evaluated=request.allow_not_evaluated, now=self.findings.now, others=self.known,
        )  # fmt: skip

    def _take(self, name: str, label: str) -> None:
        self.waiting.remove(name)
        state = self.driver.scan(self.prepared, self._spec(name), label, counted=label == profile_label(self.prepared, name))
        self.finish(name, self.items(name), state)

    def _spec(self, name: str) -> ScanSpec:
        schema: pa.Schema = pseudo_schema(self.prepared.sources[name], self.prepared.contracts.get(name))
        pipe = Pipe(Input("source", name), schema, (), {}, (f"read {name}",))
        return self.driver.spec(self.prepared, pipe, list(self.items(name).values()), [])

    def _check(self) -> None:
        """Once all sources are known, hold them against the contract, in their order."""
        if self.waiting:
            return
        order = [name for name in self.prepared.sources if name in self.findings.outcomes]
        self.findings.outcomes = {name: self.findings.outcomes[name] for name in order}
        if self.shared is None:
            self.findings.check()
