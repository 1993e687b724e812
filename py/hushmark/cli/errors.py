"""Errors as the command line prints them: the sentence, and which options may help."""

from ..errors import HushmarkError

_OPTIONS = {
    "already-marked": "--again does that.",
    "mark-unreadable": "--strength and --quality do that; --force writes it all the same.",
    "output-exists": "--force replaces it.",
    "output-several": "Or mark the first one alone: --first.",
    "folder-empty": "--recursive looks into its folders, too.",
    "message-missing": "Then go on: --resume.",
    "run-exists": "Or go on with it: --resume.",
    "engine-failed": "--resume goes on with the rest.",
    "file-kind": "Or send what it holds to standard input, which - stands for.",
}
"""By the code of the error."""


def sentence(error: HushmarkError) -> str:
    """The sentence that is printed for an error."""
    option = _OPTIONS.get(error.code)
    if error.code == "picture-unsupported" and error.facts.get("found") == "HEIC":
        option = "Or let Hushmark read it: pip install 'hushmark[heif]'."
    return " ".join(filter(None, (str(error), option)))
