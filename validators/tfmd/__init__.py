"""What TFDV does, at the level of its messages (tensorflow_metadata.proto.v0): the extra `tfmd`.

    statistics(batches, ...) -> DatasetFeatureStatisticsList
    infer(statistics, ...) -> Schema
    update(statistics, schema, ...) -> Schema
    validate(statistics, schema, ...) -> Anomalies

`contracts` turns contracts into schemas, and schemas into contracts.

The rules are TFDV's, each in a module of its own, which names the file of TFDV that it follows; validators/DEVIATIONS.md lists
what is done otherwise on purpose. Without the extra this imports, and its functions say what is missing.
"""

from featureprep.validators.tfmd.anomalies import validate
from featureprep.validators.tfmd.inferring import infer
from featureprep.validators.tfmd.statistics import statistics
from featureprep.validators.tfmd.updating import update

__all__ = ["infer", "statistics", "update", "validate"]
