"""`python -m hushmark`."""

import sys

from .cli.commands import main

sys.exit(main())
