"""How fast the matcher is, side by side with what else could be used."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Where SAM wants the library, and the workbench
sys.path[:0] = [str(ROOT / "layers/core"), str(ROOT / "cli")]
