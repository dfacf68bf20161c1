"""Has the real quilt3 read every revision of every package of a registry, and prints what it found as JSON.

Usage: quilt3_check.py REGISTRY_URL WORK_FOLDER
"""
import json
import os
import shutil
import sys

import quilt3


def header_of(package):
    return dict(package._meta)


def rebuilt_top_hash(package, files, name, scratch_registry):
    """The top hash of a package that quilt3 itself makes from the same files, metadata and message."""
    header = header_of(package)
    again = quilt3.Package()
    for key, entry in package.walk():
        again.set(key, os.path.join(files, key))
        again[key]._meta = dict(entry._meta)
    if "user_meta" in header:
        again.set_meta(header["user_meta"])
    if "workflow" in header:  # the scratch registry has no configuration that would put it there
        again._meta["workflow"] = header["workflow"]
    return again._build(name, scratch_registry, header.get("message"))


def check_revision(registry, name, top_hash, work):
    package = quilt3.Package.browse(name, registry=registry, top_hash=top_hash)
    seen = {
        "topHash": top_hash,
        "computed": package.top_hash,
        "keys": sorted(key for key, _ in package.walk()),
        "bytes": sum(entry.size for _, entry in package.walk()),
        "userMeta": package.meta,
        "message": header_of(package).get("message"),
        "workflow": header_of(package).get("workflow"),
    }
    if package.top_hash != top_hash:  # quilt3 could not install it under a hash it does not have
        return {**seen, "rebuilt": None, "verified": False, "installed": []}
    files = os.path.join(work, "files")
    shutil.rmtree(files, ignore_errors=True)
    os.makedirs(files)
    quilt3.Package.install(name, registry=registry, top_hash=top_hash, dest=files)
    installed = sorted(
        os.path.relpath(os.path.join(folder, leaf), files).replace(os.sep, "/")
        for folder, _, leaves in os.walk(files)
        for leaf in leaves
    )
    return {
        **seen,
        "rebuilt": rebuilt_top_hash(package, files, name, "file://" + os.path.join(work, "scratch")),
        "verified": bool(package.verify(files)),
        "installed": installed,
    }


def main(registry, work):
    packages = []
    for name in sorted(quilt3.list_packages(registry)):
        versions = list(quilt3.list_package_versions(name, registry))
        found = {top: check_revision(registry, name, top, work) for top in {top for _, top in versions}}
        revisions = [{"pointer": pointer, **found[top]} for pointer, top in versions]
        latest = quilt3.Package.browse(name, registry=registry)
        packages.append({"name": name, "latest": latest.top_hash, "revisions": revisions})
    return {"quilt3": quilt3.__version__, "packages": packages}


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # quilt3 talks on standard output
    json.dump(main(sys.argv[1], sys.argv[2]), out)
    out.flush()
