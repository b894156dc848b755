"""`python -m sentigram`."""

import sys

from sentigram.cli.app import main

sys.exit(main())
