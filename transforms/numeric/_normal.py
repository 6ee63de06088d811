"""The inverse of the normal distribution function, the same bits for arrays and for one number.

Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", PPND16, relative accuracy about 1e-16, for
probabilities that are not under e**-25 or over 1 - e**-25 (so without its third range).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import values_of

Floats = np.ndarray[Any, np.dtype[np.float64]]

_NEAR: Final = 0.425
# from the highest power to the constant
_A: Final = (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
             1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080)  # fmt: skip
_B: Final = (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867, 5394.1960214247511077,
             687.18700749205790830, 42.313330701600911252, 1.0)  # fmt: skip
_C: Final = (7.74545014278341407640e-4, 2.27238449892691845833e-2, 0.241780725177450611770, 1.27045825245236838258,
             3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734)  # fmt: skip
_D: Final = (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 0.148103976427480074590,
             0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0)  # fmt: skip


def normal_quantile(p: float) -> float:
    """The x with a probability of p below it; e**-25 <= p <= 1 - e**-25."""
    q = p - 0.5
    if -_NEAR <= q <= _NEAR:
        r = 0.180625 - q * q
        x: float = q * _polynomial(_A, r) / _polynomial(_B, r)
        return x
    r = math.sqrt(-math.log(p if q < 0 else 1.0 - p)) - 1.6
    x = _polynomial(_C, r) / _polynomial(_D, r)
    return -x if q < 0 else x


def normal_quantiles(p: Floats) -> Floats:
    """The same of every p, shape (n,); NaN for NaN."""
    q = p - 0.5
    near = np.abs(q) <= _NEAR
    r = 0.180625 - q * q
    out: Floats = q * _polynomial(_A, r) / _polynomial(_B, r)
    far = np.flatnonzero(~near)
    below = q[far] < 0
    logs = values_of(pc.ln(pa.array(np.where(below, p[far], 1.0 - p[far]))))
    r = np.sqrt(-logs) - 1.6
    x = _polynomial(_C, r) / _polynomial(_D, r)
    out[far] = np.where(below, -x, x)
    return out


def _polynomial(coefficients: tuple[float, ...], r: Any) -> Any:
    """Horner's scheme, for a number or an array."""
    value = coefficients[0]
    for c in coefficients[1:]:
        value = value * r + c
    return value
