"""Install Errbot, the bot framework that one test runs against, where it does not touch our own packages.

It names exact versions of what it needs, which are older than ours: hence an environment of its own.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.own_environment import install_lock  # noqa: E402 - run as a script, too

ERRBOT = ROOT / "var" / "errbot" / "bin" / "errbot"


if __name__ == "__main__":
    install_lock("errbot")
