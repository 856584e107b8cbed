import shutil
import tempfile
from pathlib import Path

import pytest

from wittyagent.run.embedded.server import socket_folder


@pytest.fixture
def data():
    """A data folder of one's own. Not tmp_path: as root its servers run as nobody, who cannot enter that."""
    folder = Path(tempfile.mkdtemp(prefix="witty-test-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder)
    shutil.rmtree(socket_folder(folder / "var"), ignore_errors=True)
