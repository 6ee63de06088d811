"""Census income: who earns more than 50,000 dollars a year? README.md tells where the preparation comes from.

To run it: FEATUREPREP_DATA=<folder> featureprep run examples/census/job.py --store store
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import RequestError


def data() -> Path:
    """The folder adult-census of $FEATUREPREP_DATA."""
    folder = os.environ.get("FEATUREPREP_DATA")
    if not folder:
        raise RequestError(
            "FEATUREPREP_DATA is not set, so there is no census data to read",
            hint="the data set Adult is published by the UCI Machine Learning Repository, doi 10.24432/C5XW20 (CC BY 4.0): put adult.data "
            "and adult.test into <folder>/adult-census and set FEATUREPREP_DATA=<folder>. `make demo` needs no data",
        )
    return Path(folder).absolute() / "adult-census"


COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship", "race", "sex",
    "capital_gain", "capital_loss", "hours_per_week", "country", "income",
)  # fmt: skip

# The coarser categories of the book; a value that no group names stays what it is.
EDUCATION = {
    "Dropout": ["Preschool", "1st-4th", "5th-6th", "7th-8th", "9th", "10th", "11th", "12th"],
    "High School grad": ["HS-grad", "Some-college"],
    "Associates": ["Assoc-acdm", "Assoc-voc"],
    "Prof-School": ["Prof-school"],
}
OCCUPATION = {
    "Admin": ["Adm-clerical"],
    "Military": ["Armed-Forces"],
    "Blue-Collar": ["Craft-repair", "Farming-fishing", "Handlers-cleaners", "Machine-op-inspct", "Transport-moving"],
    "White-Collar": ["Exec-managerial"],
    "Service": ["Other-service", "Priv-house-serv"],
    "Professional": ["Prof-specialty"],
    "Other": ["Protective-serv", "Tech-support"],
}
COUNTRY = {
    "British-Commonwealth": ["Canada", "England", "India", "Ireland", "Scotland"],
    "China": ["China", "Hong", "Taiwan"],
    "Euro_1": ["France", "Germany", "Holand-Netherlands", "Italy"],
    "Euro_2": ["Greece", "Hungary", "Poland", "Portugal", "South"],
    "Latin-America": [
        "Dominican-Republic", "Guatemala", "Haiti", "Honduras", "Jamaica", "Mexico", "Nicaragua", "Outlying-US(Guam-USVI-etc)",
        "Puerto-Rico", "Trinadad&Tobago",
    ],
    "SE-Asia": ["Cambodia", "Laos", "Philippines", "Thailand", "Vietnam"],
    "South-America": ["Columbia", "Ecuador", "El-Salvador", "Peru"],
    "Other": ["Cuba", "Iran", "Japan"],
}  # fmt: skip
MARITAL_STATUS = {
    "Never-Married": ["Never-married"],
    "Married": ["Married-AF-spouse", "Married-civ-spouse"],
    "Separated": ["Divorced", "Married-spouse-absent", "Separated"],
}


def grouped(column: str, groups: Mapping[str, Sequence[str]]) -> fp.Expr:
    """A column whose values are replaced by the name of the group they are in."""
    return col(column).map_values({value: name for name, values in groups.items() for value in values}, keep_unmapped=True)


def standardised(column: str) -> fp.Expr:
    """Median for what is missing, then mean 0 and standard deviation 1."""
    return T.standard_scale(T.impute(column, "median"))


def encoded(column: str | fp.Expr) -> fp.Expr:
    """One element a category; "?" is one, as in the book. A category that the fit has not seen is all zeros."""
    return T.one_hot(column, missing="?")


@fp.job(
    # the first line of adult.test is no record: with "quarantine" it is set aside, and the rest is read
    sources={"people": fp.read_csv(data() / "adult.data", names=COLUMNS, separator=", ", null_values=["?"], on_error="quarantine")},
    contract="contract.yaml",
    split=fp.split(train=0.8, eval=0.2, by="row"),
)
def census(people: fp.Table) -> fp.Table:
    """Features of a person, and whether the income is above 50,000 dollars."""
    people = people.drop("fnlwgt", "education_num")  # a sampling weight, and education once more as a number
    return people.features(
        age=standardised("age"),
        capital_gain=standardised("capital_gain"),
        capital_loss=standardised("capital_loss"),
        hours_per_week=standardised("hours_per_week"),
        workclass=encoded("workclass"),
        education=encoded(grouped("education", EDUCATION)),
        marital_status=encoded(grouped("marital_status", MARITAL_STATUS)),
        occupation=encoded(grouped("occupation", OCCUPATION)),
        relationship=encoded("relationship"),
        race=encoded("race"),
        sex=encoded("sex"),
        country=encoded(grouped("country", COUNTRY)),
        # adult.test writes its labels with a full stop
        label=fp.label(col("income").is_in([">50K", ">50K."]).cast("int8")),
    )
