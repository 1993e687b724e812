"""Builds the wheels from source: sdists, Debian's Emscripten, Pyodide's own npm package.

Everything is compiled in a chroot of Debian "forky", which has an Emscripten that fits and the
headers of Python 3.14. The scripts that run in it are in recipe/; this module lists what each of
them needs, and fetches the files from outside. See README.md.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
import tarfile
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from tools.wheels.lock import Lock, WheelError
from tools.wheels.pyconfig import lay_out_pyconfig
from tools.wheels.repack import slim_wheel, write_wheel
from tools.wheels.stages import Job, Stage, run_stages

RECIPE = Path(__file__).resolve().with_name("recipe")
SUITE = "forky"
CHROOT_PACKAGES = (
    "emscripten",
    "python3.14-dev",
    "python3.14-venv",
    "ninja-build",
    "cmake",
    "dpkg-dev",
    "patch",
    "xz-utils",
    "ca-certificates",
)
BUILD_PYTHON = (
    "--python-version=3.14",
    "--implementation=cp",
    "--abi=cp314",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--only-binary=:all:",
)
BUILD_BACKENDS = ("mesonpy.py", "maturin.py", "setuptools/__init__.py", "setuptools/build_meta.py")
C_LIBRARIES = ("zlib", "jpeg", "webp", "lcms2")
AVIF_MODULE = "_avif.cpython-314-wasm32-emscripten.so"
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
# A mount namespace of its own: these mounts go away with the command, however it ends.
ENTER_CHROOT = """
set -e
mkdir -p "$0/lab/recipe"
mount -t proc proc "$0/proc"
mount --bind /dev "$0/dev"
mount --bind "$1" "$0/lab/recipe"
exec chroot "$0" /bin/bash "/lab/recipe/$2"
"""


def debian_mirror(folder: Path = Path("/etc/apt")) -> str:
    """The Debian mirror that this machine uses. Raises WheelError if there is none."""
    for path in sorted([*folder.rglob("*.list"), *folder.rglob("*.sources")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.match(r"(?:deb|URIs:)\s(?:.*\s)?(https?://\S+/debian)/?(?:\s|$)", line)
            if found:
                return found[1]
    raise WheelError(
        f"building the wheels from source needs a Debian mirror, and {folder} names none: add one,"
        " or put the wheels into a folder and its path into HUSHMARK_WHEELS"
    )


def check_machine() -> None:
    """Raises WheelError, in one sentence, if this machine cannot build from source."""
    commands = all(map(shutil.which, ("apt-get", "npm", "node", "unshare")))
    linux = platform.system() == "Linux" and platform.machine() == "x86_64"
    if not (linux and commands and os.geteuid() == 0):
        raise WheelError(
            "building the wheels from source needs root on Debian or Ubuntu (amd64) with node and"
            " npm: run it there, or put the wheels into a folder and its path into HUSHMARK_WHEELS"
        )


def pyodide_version(package: Path) -> str | None:
    """The version of an unpacked pyodide npm package; None if there is none at this path."""
    try:
        description = json.loads((package / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return str(description["version"])


def _texts(*names: str) -> str:
    return "\n".join((RECIPE / name).read_text(encoding="utf-8") for name in names)


def _about_wheel(tag: str) -> bytes:
    return f"Wheel-Version: 1.0\nGenerator: hushmark\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()


class _Builder:
    """The stages, and what they do, in one folder."""

    def __init__(self, lock: Lock, work: Path, packages_dir: Path) -> None:
        self.lock = lock
        self.pins = {pin.name: pin for pin in lock.pins}
        self.downloads = work / "downloads"
        self.chroot = work / "chroot"
        self.lab = self.chroot / "lab"
        self.out = work / "out"
        installed = packages_dir.resolve() / "pyodide"
        self.pyodide_installed = pyodide_version(installed) == lock.pyodide
        self.pyodide = installed if self.pyodide_installed else self.downloads / "package"

    def stages(self, wanted: Collection[str]) -> list[Stage]:
        """All stages; the stage that makes a wheel has the wheel's name."""
        sdists = "\n".join(self.requirement(name) for name, pin in self.pins.items() if pin.sdist)
        toolchain = ("compiler", "python")
        scripts: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
            "compiler": (("chroot", "pyodide"), ("cc", "names.mjs")),
            "python": (("chroot", "pyodide", "build-tools"), ()),
            "libraries": (("chroot",), ()),
            **dict.fromkeys(C_LIBRARIES, (("compiler", "libraries"), ("flags.sh", "cross.cmake"))),
            "tiff": (("compiler", "libraries", "zlib", "jpeg"), ("flags.sh", "cross.cmake")),
            "numpy": ((*toolchain, "sdists"), ("target.sh", "cross.ini")),
            "pillow": ((*toolchain, "sdists", *C_LIBRARIES, "tiff"), ("target.sh",)),
            "avif-sources": (("libraries",), ()),
            "aom": (("compiler", "avif-sources"), ("flags.sh", "cross.cmake")),
            "avif": (("aom",), ("flags.sh", "cross.cmake")),
            "pillow-avif": (("pillow", "avif"), ("target.sh",)),
            # Two simultaneous runs of apt would fail, so this one waits for the other.
            "rust": (("avif-sources" if "pillow-avif" in wanted else "libraries",), ()),
            "safetensors": ((*toolchain, "rust", "sdists"), ("target.sh",)),
        }
        before: dict[str, Callable[[Job], None]] = {
            "compiler": self.list_pyodide_names,
            "python": self.lay_out_python,
            **{name: partial(self.unpack_sdist, name) for name in ("numpy", "pillow")},
            "safetensors": self.unpack_safetensors,
        }
        after: dict[str, Callable[[], None]] = {
            **{name: partial(self.slim, name) for name in ("numpy", "pillow")},
            "pillow-avif": self.pack_avif,
            "safetensors": self.pack_safetensors,
        }

        def stage(name: str) -> Stage:
            needs, also = scripts[name]

            def run(job: Job) -> None:
                if name in before:
                    before[name](job)
                self.run_in_chroot(job, f"{name}.sh")
                if name in after:
                    after[name]()

            return Stage(name, run, needs, _texts(f"{name}.sh", *also))

        return [
            Stage("pyodide", self.fetch_pyodide, inputs=f"{self.lock.pyodide} {self.pyodide}"),
            Stage("sdists", partial(self.fetch_sdists, sdists), inputs=sdists),
            Stage("build-tools", self.fetch_build_tools, inputs=_texts("build-tools.txt")),
            Stage("cbor2", self.fetch_cbor2, inputs=self.requirement("cbor2")),
            Stage("micropip", self.fetch_micropip, inputs=self.requirement("micropip")),
            Stage("chroot", self.make_chroot, inputs=" ".join([SUITE, *CHROOT_PACKAGES])),
            *map(stage, scripts),
            Stage(
                "check",
                partial(self.check, wanted),
                ("pyodide", *wanted),
                _texts("check.mjs", "names.mjs"),
            ),
        ]

    def wheel(self, name: str) -> Path:
        return self.out / self.pins[name].source.file

    # Files from outside

    def requirement(self, name: str) -> str:
        pin = self.pins[name]
        digests = [pin.sdist] if pin.sdist else pin.source.sha256
        return " ".join([f"{name}=={pin.version}", *(f"--hash=sha256:{d}" for d in digests)])

    def pip_download(self, job: Job, requirements: str, to: Path, *options: str) -> None:
        to.mkdir(parents=True, exist_ok=True)
        file = to / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes")
        backends = {"PYTHONPATH": str(self.downloads / "backends")}
        job.run(*pip, "-r", file, "-d", to, *options, env={**os.environ, **backends})

    def fetch_pyodide(self, job: Job) -> None:
        if not self.pyodide_installed:
            self.downloads.mkdir(parents=True, exist_ok=True)
            package = f"pyodide@{self.lock.pyodide}"
            job.run("npm", "pack", "--silent", "--pack-destination", self.downloads, package)
            archive = self.downloads / f"pyodide-{self.lock.pyodide}.tgz"
            with tarfile.open(archive) as file:
                file.extractall(self.downloads, filter="data")

    def fetch_sdists(self, requirements: str, job: Job) -> None:
        for name in BUILD_BACKENDS:
            backend = self.downloads / "backends" / name
            backend.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(RECIPE / "sdist_backend.py", backend)
        no_build = ("--no-build-isolation", "--no-binary=:all:")
        self.pip_download(job, requirements, self.downloads / "sdists", *no_build)

    def fetch_build_tools(self, job: Job) -> None:
        folder = self.downloads / "build-tools"
        self.pip_download(job, _texts("build-tools.txt"), folder, *BUILD_PYTHON)

    def fetch_cbor2(self, job: Job) -> None:
        # Its pure Python wheel, not the one with compiled code for this machine.
        options = ("--platform=any", "--implementation=py", "--abi=none", "--only-binary=:all:")
        self.pip_download(job, self.requirement("cbor2"), self.out, "--python-version=3.14", *options)

    def fetch_micropip(self, job: Job) -> None:
        requirement = self.requirement("micropip")
        self.pip_download(job, requirement, self.out, *BUILD_PYTHON)

    # The chroot

    def make_chroot(self, job: Job) -> None:
        if not shutil.which("mmdebstrap"):
            job.run("apt-get", "update", "-q")
            job.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "mmdebstrap")
        job.run("rm", "-rf", "--one-file-system", self.chroot)
        mirror = debian_mirror()
        job.run(
            "mmdebstrap",
            "--mode=root",
            "--variant=apt",
            f"--include={','.join(CHROOT_PACKAGES)}",
            # A mirror may be a dated snapshot, whose Release file has expired.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=APT::Install-Recommends "false"',
            '--aptopt=APT::Sandbox::User "root"',
            # The chroot is thrown away after the build: no fsync for each file, no manuals.
            "--dpkgopt=force-unsafe-io",
            "--dpkgopt=path-exclude=/usr/share/doc/*",
            "--dpkgopt=path-exclude=/usr/share/man/*",
            # Later stages use apt again.
            "--skip=cleanup/apt/lists",
            SUITE,
            self.chroot,
            f"deb {mirror} {SUITE} main",
            f"deb-src {mirror} {SUITE} main",
        )

    def run_in_chroot(self, job: Job, script: str) -> None:
        jobs = str(os.cpu_count() or 1)
        env = {name: os.environ[name] for name in PROXIES if name in os.environ} | {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/lab",
            "EM_CACHE": "/lab/emcache",
            "EMCC_SKIP_SANITY_CHECK": "1",
            "EMCC_CORES": jobs,
            "JOBS": jobs,
            "SOURCE_DATE_EPOCH": "1700000000",  # libjpeg-turbo has its build date in it
        }
        namespace = ("unshare", "--mount", "/bin/sh", "-c", ENTER_CHROOT)
        job.run(*namespace, self.chroot, RECIPE, script, env=env)

    def list_pyodide_names(self, job: Job) -> None:
        self.lab.mkdir(exist_ok=True)
        job.run("node", RECIPE / "names.mjs", self.pyodide, self.lab / "pyodide-names")

    def lay_out_python(self, job: Job) -> None:
        shutil.copytree(self.downloads / "build-tools", self.lab / "tools", dirs_exist_ok=True)
        shutil.copy(RECIPE / "cross.ini", self.lab)
        lay_out_pyconfig(
            self.pyodide / "python_stdlib.zip",
            self.chroot / "usr/include/x86_64-linux-gnu/python3.14/pyconfig.h",
            self.lab / "sysconfigdata",
            self.lab / "pyconfig.h",
        )

    # The wheels

    def source(self, name: str) -> Path:
        return self.lab / "src" / f"{name}-{self.pins[name].version}"

    def unpack_sdist(self, name: str, job: Job) -> None:
        shutil.rmtree(self.source(name), ignore_errors=True)
        with tarfile.open(self.downloads / "sdists" / f"{self.source(name).name}.tar.gz") as sdist:
            sdist.extractall(self.source(name).parent, filter="data")

    def slim(self, name: str) -> None:
        self.out.mkdir(exist_ok=True)
        pin = self.pins[name]
        (built,) = (self.lab / "whl").glob(f"{name}-{pin.version}-*.whl")
        slim_wheel(built, self.wheel(name))

    def pack_avif(self) -> None:
        """The module that Pillow looks for, as a wheel of its own."""
        pin = self.pins["pillow-avif"]
        dist_info = f"pillow_avif-{pin.version}.dist-info"
        tag = pin.source.file.removeprefix(f"pillow_avif-{pin.version}-").removesuffix(".whl")
        about = f"Metadata-Version: 2.1\nName: pillow-avif\nVersion: {pin.version}\nLicense: BSD-2-Clause\n"
        files = {
            f"PIL/{AVIF_MODULE}": (self.lab / "build-pillow-avif" / AVIF_MODULE).read_bytes(),
            f"{dist_info}/METADATA": about.encode(),
            f"{dist_info}/WHEEL": _about_wheel(tag),
        }
        for library, names in (("libavif", ("LICENSE",)), ("aom", ("LICENSE", "PATENTS"))):
            for name in names:
                text = (self.lab / "libraries" / library / name).read_bytes()
                files[f"{dist_info}/licenses/{library}/{name}"] = text
        self.out.mkdir(exist_ok=True)
        write_wheel(self.wheel("pillow-avif"), files, dist_info)

    def unpack_safetensors(self, job: Job) -> None:
        self.unpack_sdist("safetensors", job)
        for name in ("bindings/python/Cargo.toml", "safetensors/Cargo.toml"):
            manifest = self.source("safetensors") / name
            # cargo resolves every table, and Debian lacks the crates of other systems and of tests.
            unused = r"(?ms)^\[(target\.|dev-dependencies|\[bench\]).*?(?=^\[(?!\[)|\Z)"
            text = re.sub(unused, "", manifest.read_text(encoding="utf-8"))
            manifest.write_text(text, encoding="utf-8")

    def pack_safetensors(self) -> None:
        """maturin's part: the module, the Python files beside it and the metadata in one wheel."""
        source, file = self.source("safetensors"), self.pins["safetensors"].source.file
        release = "bindings/python/target/wasm32-unknown-emscripten/release/safetensors_rust.wasm"
        dist_info = f"{source.name}.dist-info"
        tag = file.removeprefix(f"{source.name}-").removesuffix(".whl")
        files = {
            "safetensors/_safetensors_rust.abi3.so": (source / release).read_bytes(),
            f"{dist_info}/METADATA": (source / "PKG-INFO").read_bytes(),
            f"{dist_info}/WHEEL": _about_wheel(tag),
            f"{dist_info}/licenses/LICENSE": (source / "LICENSE").read_bytes(),
        }
        for path in (source / "py_src/safetensors").glob("*.py"):
            files[f"safetensors/{path.name}"] = path.read_bytes()
        self.out.mkdir(exist_ok=True)
        write_wheel(self.wheel("safetensors"), files, dist_info)

    def check(self, wanted: Collection[str], job: Job) -> None:
        # Pillow's module for AVIF needs Pillow.
        names = dict.fromkeys(("pillow", *wanted) if "pillow-avif" in wanted else wanted)
        job.run("node", RECIPE / "check.mjs", self.pyodide, *map(self.wheel, names))


def build(
    wanted: Collection[str],
    lock: Lock,
    work: Path,
    packages_dir: Path,
    say: Callable[[str], None] = print,
) -> dict[str, Path]:
    """Build the wanted wheels in the folder `work`, and load them in Pyodide as a check.

    A second run goes on where the first one stopped. `packages_dir` is node_modules: the pyodide
    in it is used if it has the lock's version. Raises WheelError if this machine cannot build, or
    BuildError if a stage fails.
    """
    builder = _Builder(lock, work.resolve(), packages_dir)
    if any(builder.pins[name].sdist or builder.pins[name].is_optional for name in wanted):
        check_machine()
    run_stages(builder.stages(wanted), [*wanted, "check"], work, say)
    return {name: builder.wheel(name) for name in wanted}
