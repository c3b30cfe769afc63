"""The broker's packages are of one version, or nothing is begun."""

import importlib
import sys
from pathlib import Path

import pytest

from broker.domain.errors import InstallationConflict
from broker.storage.packages import check_versions


class TestVersions:
    def test_that_agree_are_accepted(self) -> None:
        check_versions()

    @pytest.mark.parametrize("content", ['__broker__ = "0.0.9"', "", "import no_such_package"])
    def test_that_differ_are_refused(
        self, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another distribution has put a package of the same name in front of ours."""
        (tmp_path / "stacks").mkdir()
        (tmp_path / "stacks" / "__init__.py").write_text(content)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "stacks", raising=False)
        importlib.invalidate_caches()

        with pytest.raises(InstallationConflict) as refusal:
            check_versions()

        monkeypatch.delitem(sys.modules, "stacks", raising=False)
        (finding,) = refusal.value.diagnostics
        assert finding.code == "installation-conflict"
        assert finding.subject == "stacks"
        assert "broker: 0.1.0" in finding.detail
