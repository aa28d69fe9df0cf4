from importlib.metadata import version

from s3watch.version import __version__


def test_the_installed_package_has_the_version_that_findings_carry():
    assert version("s3watch") == __version__
