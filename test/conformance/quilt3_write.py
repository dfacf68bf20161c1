"""Has the real quilt3 write packages that are hard to read, and prints their top hashes as JSON.

Usage: quilt3_write.py REGISTRY_URL SOURCE_FOLDER large|small
A file:// registry gets them by build() (the files stay in SOURCE_FOLDER), an s3:// one by push().
"""
import json
import os
import sys

import quilt3

FILES = {
    "README.md": b"# Hello\n",
    "data/results.csv": b"a,b\n1,2\n",
    "empty.txt": b"",
    "a b/c+d.txt": b"plus and space",
    "a!/z.txt": b"sorts before a.txt",
    "\u00e9/\u4e2d\u6587 \U0001f600.txt": "unicode \U0001f600".encode(),
    "%41.txt": b"percent",
    "large.bin": bytes(range(251)) * 36000,  # above 8 MiB: two chunks
}

META = {
    "whole_float": 1.0,
    "small": 1e-07,
    "smallish": 0.00001,
    "large": 1e16,
    "negative_zero": -0.0,
    "big": 12345678901234567890123,
    "control": "\x7f\x00\u2028\"\\",
    "nested": [{"\ue000": None, "\U0001f600": [1, 2.5, True]}, {}],
    "": "empty key",
}


def write(name, registry, source, meta, message, keys):
    package = quilt3.Package()
    for key in keys:
        path = os.path.join(source, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(FILES[key])
        package.set(key, path, meta={"of": key, "n": 1.0} if key.endswith(".csv") else None)
    if meta is not ...:
        package.set_meta(meta)
    if registry.startswith("file:"):
        return package.build(name, registry=registry, message=message)
    return package.push(name, registry=registry, message=message, force=True).top_hash


def main(registry, source, sizes):
    keys = sorted(key for key in FILES if sizes == "large" or key != "large.bin")
    made = [
        ("foreign/plain", ..., "first", keys[:3]),
        ("foreign/hard", META, "Gr\u00fc\u00dfe \U0001f600", keys),
        ("foreign/hard", {**META, "revision": 2}, None, keys[2:]),
        ("foreign/null_meta", None, "", keys[:1]),
        ("foreign/empty", {}, None, []),
    ]
    return [
        {"name": name, "topHash": write(name, registry, source, meta, message, some), "files": len(some)}
        for name, meta, message, some in made
    ]


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(main(*sys.argv[1:]), out)
    out.flush()
