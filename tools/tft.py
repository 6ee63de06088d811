"""TensorFlow Transform in a virtualenv of its own, for its pins are not this project's: installed by pip into a cache outside the tree.

    python -m tools.tft

Prints where its Python is. The cache is $XDG_CACHE_HOME/featureprep, or ~/.cache/featureprep; what goes there takes 3 GB.
"""

from __future__ import annotations

import sys

from featureprep.errors import WorldError
from featureprep.venvs import Venv

VENV = Venv("tft", ("tensorflow-transform==1.21.0",))


def main() -> int:
    try:
        print(VENV.install())
    except WorldError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
