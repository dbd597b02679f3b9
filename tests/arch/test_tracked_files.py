"""What the repository must not carry: registry hosts, and paths that only exist around it."""

import subprocess

import pytest

from tests.arch.sources import ROOT

# put together here, so that this file does not carry them either
REGISTRIES = [
    ".".join(host)
    for host in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("deb", "debian", "org"),
        ("static", "crates", "io"),
        ("proxy", "golang", "org"),
    )
]
OUTSIDE = [f"{parent}/shared" for parent in ("..", "/work")] + [f".{word}" for word in ("library",)]


@pytest.mark.needs("git")
def test_no_file_names_a_registry_or_a_path_outside() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    forbidden = [word.encode() for word in (*REGISTRIES, *OUTSIDE)]
    found = [
        f"{path}: {word.decode()}"
        for path in filter(None, listed.stdout.decode().split("\0"))
        if (ROOT / path).is_file()
        for word in forbidden
        if word in (ROOT / path).read_bytes()
    ]

    assert not found, "\n".join(found)
