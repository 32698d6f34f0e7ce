"""`python -m heron_tui` is `heron-tui`."""

import sys

from .cli import main

sys.exit(main())
