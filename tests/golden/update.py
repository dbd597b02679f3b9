"""``python -m tests.golden.update``: take all pictures again; read their diff before committing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hub.store.opening import open_store
from tests.golden.picture import CORPUS, EXPECTED, expected_path, render, take_picture


def main() -> None:
    for old in EXPECTED.iterdir():
        old.unlink()
    for events in CORPUS:
        with TemporaryDirectory() as folder:
            store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
            picture = take_picture(store, events)
            store.close()
        expected_path(events).write_text(render(picture), "utf-8")
        print(expected_path(events).relative_to(Path.cwd()))


if __name__ == "__main__":
    main()
