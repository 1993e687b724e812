# The sources of libavif and of the codec that it wraps, as Debian packages them.
set -e
mkdir -p /lab/avif-sources; cd /lab/avif-sources
apt-get source -q --download-only libavif aom
for name in libavif aom; do
  rm -rf "/lab/libraries/$name"
  dpkg-source --no-check -x "$name"_*.dsc "/lab/libraries/$name"
done
