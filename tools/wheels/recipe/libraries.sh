# The sources of the five C libraries, as Debian packages them (apt checks the signatures).
set -e
rm -rf /lab/libraries; mkdir /lab/libraries; cd /lab/libraries
apt-get source -q --download-only zlib libjpeg-turbo libwebp lcms2 tiff
for dsc in *.dsc; do
  dpkg-source --no-check -x "$dsc" "${dsc%%_*}"
done
