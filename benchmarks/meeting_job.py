"""The benchmark's jobs whose rows meet by key: two joins and two group-bys over `benchmarks.meeting_data`, written as they come out."""

from __future__ import annotations

from pathlib import Path

import featureprep as fp

SUMMARY = ("rows", "total", "mean", "least", "most", "spread", "units")


def make_job(case: str, folder: Path | str) -> fp.Job:
    """The job of one of the cases of `comparisons.CASES`."""
    tables = {name: fp.read_parquet(f"{folder}/{name}/*.parquet") for name in ("facts", "things", "owners")}

    @fp.job(sources={name: tables[name] for name in ("facts", "things")})
    def small_join(facts: fp.Table, things: fp.Table) -> fp.Table:
        return facts.join(things, on="key").features(keep=["key", "owner", "amount", "units", "size", "family"])

    @fp.job(sources={name: tables[name] for name in ("facts", "owners")})
    def large_join(facts: fp.Table, owners: fp.Table) -> fp.Table:
        return facts.join(owners, on="owner").features(keep=["key", "owner", "amount", "units", "score", "since"])

    @fp.job(sources={"facts": tables["facts"]})
    def keys(facts: fp.Table) -> fp.Table:
        return _summary(facts, "key")

    @fp.job(sources={"facts": tables["facts"]})
    def owners(facts: fp.Table) -> fp.Table:
        return _summary(facts, "owner")

    return {"small-join": small_join, "large-join": large_join, "keys": keys, "owners": owners}[case]


def _summary(facts: fp.Table, key: str) -> fp.Table:
    amount = "amount"
    made = facts.group_by(key).agg(
        rows=fp.agg.count(),
        total=fp.agg.sum(amount),
        mean=fp.agg.mean(amount),
        least=fp.agg.min(amount),
        most=fp.agg.max(amount),
        spread=fp.agg.std(amount),
        units=fp.agg.sum("units"),
    )
    return made.features(keep=[key, *SUMMARY])
