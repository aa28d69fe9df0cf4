"""How fast the matcher is, side by side with what else could be used."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREE = "S3WATCH_BENCH_TREE"  # names the checkout whose library is measured (compare.py), else this one
MEASURED = Path(os.environ.get(TREE, ROOT))
# Where SAM wants the library, and the workbench
sys.path[:0] = [str(MEASURED / "layers/core"), str(MEASURED / "cli")]
