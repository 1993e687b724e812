"""Replaces mesonpy, maturin and setuptools while pip downloads sdists.

`pip download` runs an sdist's build backend to get its metadata, and the backend would need a
compiler and a Rust tool chain. But the sdist already has the metadata, as PKG-INFO.
"""

import email
from pathlib import Path


class Backend:
    """A class, since Pillow's own backend derives from the one of setuptools."""

    def prepare_metadata_for_build_wheel(
        self, metadata_directory: str, config_settings: object = None
    ) -> str:
        text = Path("PKG-INFO").read_text(encoding="utf-8")
        fields = email.message_from_string(text)
        folder = Path(metadata_directory, f"{fields['Name']}-{fields['Version']}.dist-info")
        folder.mkdir()
        (folder / "METADATA").write_text(text, encoding="utf-8")
        (folder / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n", encoding="utf-8")
        return folder.name

    def build_wheel(
        self,
        wheel_directory: str,
        config_settings: object = None,
        metadata_directory: str | None = None,
    ) -> str:
        raise NotImplementedError("this backend only reads metadata")


backend = Backend()
prepare_metadata_for_build_wheel = backend.prepare_metadata_for_build_wheel
build_wheel = backend.build_wheel
