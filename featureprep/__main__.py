"""`python -m featureprep`: the command line."""

from __future__ import annotations

from featureprep.cli import main

if __name__ == "__main__":
    main()
