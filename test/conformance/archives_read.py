"""Reads every archive of a folder with zipfile and prints, as JSON, what it finds or why it does not."""

import hashlib
import json
import pathlib
import sys
import warnings
import zipfile

MOST_BYTES = 64 * 1024 * 1024


def digest(archive, info):
    found = hashlib.sha256()
    left = MOST_BYTES
    with archive.open(info) as member:
        while piece := member.read(1 << 20):
            left -= len(piece)
            if left < 0:
                raise OverflowError("more bytes than anything in the corpus holds")
            found.update(piece)
    return found.hexdigest()


def reading(path):
    try:
        with zipfile.ZipFile(path) as archive:
            files = [info for info in archive.infolist() if not info.filename.endswith("/")]
            return {"names": [info.filename for info in files], "digests": [digest(archive, info) for info in files]}
    except Exception as thrown:
        return {"refused": f"{type(thrown).__name__}: {thrown}"}


warnings.simplefilter("ignore")
found = {path.name: reading(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.zip"))}
print(json.dumps(found))
