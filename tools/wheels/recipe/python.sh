# The build's Python: Debian's 3.14 with the pinned build tools, which the host's pip has fetched.
set -e
rm -rf /lab/venv
python3.14 -m venv /lab/venv
PIP_CONFIG_FILE=/dev/null /lab/venv/bin/pip install -q --no-compile --no-index --no-deps /lab/tools/*.whl
# Debian's pyconfig.h only dispatches on the architecture: give it a branch for Emscripten.
header=/usr/include/python3.14/pyconfig.h
[ -f $header.debian ] || cp $header $header.debian
{ printf '#if defined(__EMSCRIPTEN__)\n# include "/lab/pyconfig.h"\n#else\n'; cat $header.debian; echo '#endif'; } > $header
