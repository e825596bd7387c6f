"""Writes what a release is made of, as CycloneDX 1.6, and validates it against CycloneDX's own schema.

Usage: sbom.py OUT. For each binary in OUT the crates that are linked into it; for each image in OUT and each of its processors Debian's
packages, the agent, and the binary. The same commit gives the same bytes: no time of day and no random number is in them.
"""

import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
from datetime import datetime, timezone
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPO = Path(__file__).resolve().parent.parent
HOME = "https://github.com/codex-k8s/codexctl-action"
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}


def run(*command):
    return subprocess.run(command, cwd=REPO, check=True, capture_output=True, text=True).stdout


def crates(target):
    """The crates of a binary, the crate itself first: (component, the components it needs)."""
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    lock = tomllib.loads((REPO / "Cargo.lock").read_text())["package"]
    sums = {(one["name"], one["version"]): one.get("checksum") for one in lock}
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def needs(crate, kinds):
        return [dep["pkg"] for dep in nodes[crate]["deps"] if any(kind["kind"] in kinds for kind in dep["dep_kinds"])]

    def is_macro(crate):
        return any("proc-macro" in target["kind"] for target in packages[crate]["targets"])

    # What is linked into the binary, and what only helps the compiler: build scripts, macros, and what those need.
    root = metadata["resolve"]["root"]
    linked, helping = set(), set()
    waiting = [(root, True)]
    while waiting:
        crate, is_linked = waiting.pop()
        is_linked = is_linked and not is_macro(crate)
        seen = linked if is_linked else helping
        if crate in seen:
            continue
        seen.add(crate)
        waiting += [(dep, is_linked) for dep in needs(crate, [None])]
        waiting += [(dep, False) for dep in needs(crate, ["build"])]

    def component(crate):
        package = packages[crate]
        name, version = package["name"], package["version"]
        checksum = sums[name, version]
        # Before 2018 two licences to choose from were written with a slash.
        licence = (package["license"] or "").replace("/", " OR ")
        purl = PackageURL("cargo", None, name, version)
        return Component(
            name=name,
            version=version,
            type=ComponentType.APPLICATION if crate == root else ComponentType.LIBRARY,
            bom_ref=purl.to_string(),
            purl=purl,
            scope=None if crate == root else ComponentScope.REQUIRED if crate in linked else ComponentScope.EXCLUDED,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
            licenses=[LicenseExpression(licence)] if licence else [],
        )

    made = {crate: component(crate) for crate in sorted(linked | helping)}
    kinds = {crate: [None, "build"] for crate in made}
    return [(made[root], [made[dep] for dep in needs(root, kinds[root])])] + [
        (made[crate], [made[dep] for dep in needs(crate, kinds[crate])]) for crate in made if crate != root
    ]


def binary(path):
    """What a binary is made of."""
    parts = crates(path.name.removeprefix("codexctl-"))
    root = parts[0][0]
    root.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=sha256(path)))
    bom = new(path.name, root)
    for part, needs in parts:
        if part is not root:
            bom.components.add(part)
    for part, needs in parts:
        bom.register_dependency(part, needs)
    return bom


def images(layout):
    """What each image of a layout is made of, by its processor."""
    index = blob(layout, json.loads((layout / "index.json").read_text())["manifests"][0]["digest"])
    for entry in index["manifests"]:
        yield entry["platform"]["architecture"], image(layout, entry)


def image(layout, entry):
    arch = entry["platform"]["architecture"]
    wanted = {"var/lib/dpkg/status": None, "usr/lib/os-release": None}
    codex = codexctl = None
    for layer in blob(layout, entry["digest"])["layers"]:
        data = (layout / "blobs" / layer["digest"].replace(":", "/")).read_bytes()
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if name in wanted and member.isfile():
                    wanted[name] = tar.extractfile(member).read().decode()
                codex = codex or (name if name == "opt/codex/bin/codex" else None)
                codexctl = codexctl or (name if name == "usr/local/bin/codexctl" else None)
    if not all(wanted.values()) or not codexctl:
        sys.exit(f"release: {layout.name} for {arch} is no Debian with codexctl in it: {[k for k, v in wanted.items() if not v]}")
    release = re.search(r'^VERSION_ID="?([^"\n]+)', wanted["usr/lib/os-release"], re.M).group(1)

    version = json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"][0]["version"]
    digest = entry["digest"].removeprefix("sha256:")
    purl = PackageURL("oci", None, "codexctl-action", f"sha256:{digest}", {"repository_url": "ghcr.io/codex-k8s/codexctl-action", "arch": arch})
    root = Component(
        name=layout.name,
        version=version,
        type=ComponentType.CONTAINER,
        bom_ref=purl.to_string(),
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
    bom = new(f"{layout.name}-{arch}", root)
    for paragraph in wanted["var/lib/dpkg/status"].strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.M))
        if fields["Status"] == "install ok installed":
            purl = PackageURL("deb", "debian", fields["Package"], fields["Version"], {"arch": fields["Architecture"], "distro": f"debian-{release}"})
            bom.components.add(library(fields["Package"], fields["Version"], purl))
    purl = PackageURL("cargo", None, "codexctl-action", version)
    ours = library("codexctl-action", version, purl, ComponentType.APPLICATION)
    path = layout.parent / f"codexctl-{PROCESSORS[arch]}-unknown-linux-musl"
    ours.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=sha256(path)))
    bom.components.add(ours)
    if codex:
        cpu = "x64" if arch == "amd64" else arch
        locked = json.loads((REPO / "image/package-lock.json").read_text())["packages"][f"node_modules/@openai/codex-linux-{cpu}"]
        purl = PackageURL("npm", "@openai", "codex", locked["version"])
        bom.components.add(library("codex", locked["version"], purl, ComponentType.APPLICATION))
    bom.register_dependency(root, bom.components)
    return bom


def library(name, version, purl, kind=ComponentType.LIBRARY):
    return Component(name=name, version=version, type=kind, bom_ref=purl.to_string(), purl=purl)


def new(name, root):
    bom = Bom()
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromtimestamp(int(run("git", "log", "-1", "--format=%ct")), timezone.utc)
    # Of the same commit the same number.
    bom.serial_number = uuid5(NAMESPACE_URL, f"{HOME}/{run('git', 'rev-parse', 'HEAD').strip()}/{name}")
    return bom


def write(path, bom):
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong:
        sys.exit(f"release: {path.name} is not what CycloneDX's schema says: {wrong}")
    path.write_text(text + "\n")
    print(f"release: {path.name} is valid, with {len(bom.components)} components")


def blob(layout, digest):
    return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())


def sha256(path):
    from hashlib import sha256 as algorithm

    return algorithm(path.read_bytes()).hexdigest()


def main(out):
    for path in sorted(out.glob("codexctl-*-unknown-linux-musl")):
        write(out / f"{path.name}.cdx.json", binary(path))
    for layout in sorted(out.glob("image-*/")):
        for arch, bom in images(layout):
            write(out / f"{layout.name}-{arch}.cdx.json", bom)


main(Path(sys.argv[1]))
