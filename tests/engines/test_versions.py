"""What driver and workers must have alike."""

from __future__ import annotations

from featureprep import platform
from featureprep.engines.versions import differences, versions


def test_the_platform_is_among_them() -> None:
    """States that another platform folds would be kept under the driver's: see `versions`."""
    assert platform.record().items() <= versions().items()
    assert versions(pyspark="4.1").items() - versions().items() == {("pyspark", "4.1")}


def test_differences_are_named_whichever_side_has_them() -> None:
    assert differences(versions(), versions()) == []
    driver = {"Python": "3.11", "libc": "glibc 2.36", "numpy": "2.0"}
    worker = {"Python": "3.11", "libc": "glibc 2.31", "pyspark": "4.1"}
    assert differences(driver, worker) == [("libc", "glibc 2.36", "glibc 2.31"), ("numpy", "2.0", None), ("pyspark", None, "4.1")]
