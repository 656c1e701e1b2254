"""The document of the API beside what the server does, asked by Schemathesis."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Served

pytestmark = pytest.mark.flow

# A question of the right form may still name what the model has not: that is 422, as are limits
# that no plan keeps to. A body of the wrong form may be refused by its size before its form.
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""


def test_the_server_does_what_its_document_says(served: Served, tmp_path: Path) -> None:
    """No server error, undocumented answer, accepted nonsense or way around the key is found."""
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")),
            *("--config-file", str(settings)),
            *("run", f"{served.url}/v1/openapi.json", "--seed", "1", "--max-examples", "10"),
            *("-H", f"Authorization: Bearer {served.keys['all']}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: 15" in done.stdout
