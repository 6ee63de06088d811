"""What went wrong in Spark, in one sentence: the causes that are known by their words, else Spark's own first line."""

from __future__ import annotations

import re

from featureprep.engines.spark.hello import ADDRESS, NO_MASTER
from featureprep.engines.spark.task import UNFIT
from featureprep.errors import FeatureprepError, WorldError

_MEMORY = (
    "give Spark's workers more memory (spark.executor.memory, spark.executor.memoryOverhead), or cut the input smaller: --partitions n"
)
_STOPPED = r"SparkContext was shut down|stopped SparkContext|Cannot call methods on a stopped"
_KNOWN = [
    (
        r"PYTHON_VERSION_MISMATCH|different version of Python|Python in worker has different version",
        "the workers run another Python than this process",
        "set PYSPARK_PYTHON (spark.pyspark.python) to a Python of the same minor version on every worker",
    ),
    (
        r"Cannot run program \"([^\"]+)\"",
        "the workers find no Python: {0}",
        "set PYSPARK_PYTHON (spark.pyspark.python) to the workers' Python, which needs featureprep[spark]",
    ),
    (
        r"No module named '?(?:pyspark|cloudpickle|pyarrow|pandas|numpy)",
        "the workers' Python lacks what Spark needs of it",
        "pip install 'featureprep[spark]' on every worker, in the environment that PYSPARK_PYTHON names",
    ),
    (
        r"spark\.driver\.maxResultSize",
        "the states of this job are larger than spark.driver.maxResultSize",
        "raise spark.driver.maxResultSize",
    ),
    (r"java\.lang\.OutOfMemoryError|OutOfMemoryError", "Spark ran out of Java memory", _MEMORY),
    (
        r"Python worker exited unexpectedly|\(crashed\)|ExecutorLostFailure|exit code 137|SIGKILL",
        "Spark workers died again and again, probably for lack of memory",
        _MEMORY,
    ),
    (r"All masters are unresponsive", NO_MASTER, ADDRESS),
    (
        _STOPPED,
        "the Spark application was ended from outside",
        "look at the cluster",
    ),
    (
        r"UNAVAILABLE|failed to connect|Connection refused|SESSION_CLOSED|INVALID_HANDLE\.SESSION|Py4JNetworkError|Answer from Java side is empty",
        "the connection to Spark is lost",
        "look at the cluster",
    ),
]


def spark_failure(error: BaseException, where: str) -> BaseException:
    """The error to raise for what Spark raised; featureprep's own, interrupts and exits are as they were.

    Parameters
    ----------
    where : str
        The cluster.
    """
    if isinstance(error, FeatureprepError) or not isinstance(error, Exception):
        return error
    text = str(error)
    unfit = re.search(rf"{re.escape(UNFIT)}([^\n]*)", text)
    if unfit is not None:
        hint = (
            "the workers need the driver's versions of Python and packages, and its OS and C library: "
            "pip install 'featureprep[spark]' in the environment that PYSPARK_PYTHON names, or start the run from the workers' image"
        )
        return WorldError(f"{UNFIT}{unfit[1]}", where=where, hint=hint)
    for pattern, what, hint in _KNOWN:
        found = re.search(pattern, text)
        if found is not None:
            return WorldError(what.format(*found.groups()), where=where, hint=hint)
    return WorldError(f"Spark failed: {_first_line(text) or type(error).__name__}", where=where)


def connect_failure(error: BaseException, where: str) -> BaseException:
    """As `spark_failure`, while an engine connects: an application on a standalone cluster that ends then has found no master."""
    if isinstance(error, Exception) and where.startswith("spark://") and re.search(_STOPPED, str(error)):
        return WorldError(NO_MASTER, where=where, hint=ADDRESS)
    return spark_failure(error, where)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"(Error|Exception)\b", line) and not line.startswith("at ")]
    return (told or lines or [""])[0][:500]
