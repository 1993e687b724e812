# rustc, std's own source and the crates that safetensors wants, all of them Debian packages.
set -e
export DEBIAN_FRONTEND=noninteractive
# An apt that was stopped in the middle has to be brought to its end first.
dpkg --configure -a
apt-get install -y -q rustc cargo rust-src librust-pyo3-dev librust-serde-json-dev librust-serde-dev \
  librust-memmap2-dev librust-hashbrown-dev librust-tempfile-dev
