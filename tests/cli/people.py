"""The files of the small project that the tests of the command line work on."""

from __future__ import annotations

JOB = """
import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(sources={"people": fp.read_csv("people*.csv")}, split=fp.split(train=0.7, eval=0.3, by="id"))
def people(people: fp.Table) -> fp.Table:
    people = people.drop_duplicates().filter(col("age") >= fp.param("youngest", "int64", 17), name="of age")
    return people.features(
        age=T.standard_scale(T.impute("age", "median")),
        city=T.one_hot("city"),
        label=fp.label((col("income") == "high").cast("int8")),
        keep=["id"],
    )
"""

PLAIN = "columns: {id: int64, age: int64, city: string, income: string}\n"
"""A contract that the files meet."""

CITIES = ("Rome", "Oslo", "Lima")


def rows(start: int, stop: int) -> str:
    """Lines of a people file: ages 10 to 69, three cities."""
    lines = ["id,age,city,income"]
    lines += [f"{i},{10 + i * 7 % 60},{CITIES[i % 3]},{'high' if i % 4 == 0 else 'low'}" for i in range(start, stop)]
    return "\n".join(lines) + "\n"


def job_with(contract: str) -> str:
    """The job, with a contract."""
    return JOB.replace("split=fp.split", f'contract="{contract}", split=fp.split')


def contract_with(drift: str, income: str = "string") -> str:
    """A contract by which all columns but the id must not drift."""
    return f"columns:\n  id: {{type: int64, drift: false}}\n  age: int64\n  city: string\n  income: {income}\ndrift: {drift}\n"
