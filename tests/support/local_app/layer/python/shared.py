"""What both functions import from the layer."""

import json
import os
from pathlib import Path

RULES = json.loads(Path(os.environ["RULES"]).read_text())
