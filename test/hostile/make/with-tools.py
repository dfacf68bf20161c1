"""
Makes the archives of the corpus that real tools write: `python3 test/hostile/make/with-tools.py` in the root of the
repository, once, on a machine with Info-ZIP, 7-Zip, a JDK, Go, Perl, Git and bsdtar. The archives are committed; what
each must hold is written from the files that went in. `npx node test/hostile/make/write.ts` then renews the table.
"""

import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib

MAKE = pathlib.Path(__file__).resolve().parent
ARCHIVES = MAKE.parent / "archives"
SEVEN = shutil.which("7zz") or shutil.which("7z")

TREE = {
    "data/plate 1.csv": b"well,od\n" + b"".join(b"A%d,0.%d\n" % (n, n * 37 % 100) for n in range(60)),
    "data/raw.bin": bytes(n * 73 % 251 for n in range(300)),
    "empty.txt": b"",
    "Größe µ.txt": "größe".encode(),
    "deep/er/日本.txt": "日本".encode(),
}
ASCII = {name: data for name, data in TREE.items() if name.isascii()}

rows = []


def run(*command, cwd=None, stdin=None):
    return subprocess.run(
        command, cwd=cwd, input=stdin, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    ).stdout


def keep(outcome, what, made, attacks, data, files=None, keys=None, advisory=None):
    name = f"{outcome}--{what}.zip"
    (ARCHIVES / name).write_bytes(data)
    row = {"file": name, "made": made, "attacks": attacks}
    if advisory:
        row["advisory"] = advisory
    rows.append(row)
    if outcome == "good":
        if isinstance(files, dict):
            files = [
                (member, content, (keys or {}).get(member, unicodedata.normalize("NFC", member)))
                for member, content in files.items()
            ]
        listed = [
            {
                "name": member,
                "key": key,
                "size": len(content),
                "crc32": f"{zlib.crc32(content):08x}",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for member, content, key in files
        ]
        (ARCHIVES / name.replace(".zip", ".json")).write_text(
            json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
        )


def plant(folder, tree):
    for name, data in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def marked(stem, ending, original):
    digits = hashlib.sha256(b"0\0" + original.encode("utf-16-le", "surrogatepass")).hexdigest()[:8]
    return f"{stem}-{digits}{ending}"


def info_zip(work):
    tree = plant(work / "tree", TREE)
    out = work / "out.zip"

    def made(*options, cwd=tree, paths=(".",)):
        out.unlink(missing_ok=True)
        run("zip", "-q", "-r", *options, str(out), *paths, cwd=cwd)
        return out.read_bytes()

    tool = "Info-ZIP zip 3.0"
    keep("good", "infozip", tool, "folders, Unix times and owners, UTF-8 names", made(), TREE)
    keep("good", "infozip-stored", f"{tool}, `-0`", "nothing compressed", made("-0"), TREE)
    keep("good", "infozip-best", f"{tool}, `-9 -X -D`", "no extra fields, no folders", made("-9", "-X", "-D"), TREE)
    keep("good", "infozip-zip64", f"{tool}, `-fz`", "ZIP64 forced", made("-fz"), TREE)
    keep("good", "infozip-unicode-escaped", f"{tool}, `-UN=UTF8`", "the UTF-8 flag", made("-UN=UTF8"), TREE)
    keep("good", "infozip-text", f"{tool}, `-l`", "line ends rewritten", made("-l", paths=("data/plate 1.csv",)),
         {"data/plate 1.csv": TREE["data/plate 1.csv"].replace(b"\n", b"\r\n")})
    keep("good", "infozip-streamed", f"{tool}, `zip -r - .` to a pipe", "data descriptors",
         run("zip", "-q", "-r", "-", ".", cwd=tree), TREE)
    keep("good", "infozip-from-stdin", f"{tool}, `zip - -`", "one member named `-`, ZIP64, with a descriptor",
         run("zip", "-q", "-", "-", stdin=b"streamed in\n"), {"-": b"streamed in\n"})
    made()
    run("zip", "-q", "-z", str(out), stdin=b"PK\x05\x06 is how an end record begins\n")
    keep("good", "infozip-comment", f"{tool}, `-z`", "a comment with the signature of an end record", out.read_bytes(), TREE)
    made()
    run("zip", "-q", "-d", str(out), "empty.txt")
    keep("good", "infozip-deleted", f"{tool}, `-d`", "a member deleted", out.read_bytes(),
         {name: data for name, data in TREE.items() if name != "empty.txt"})
    stub = b"#!/bin/sh\nexec unzip -q \"$0\"\n"
    unadjusted = stub + made()
    keep("archive.directory_invalid", "infozip-stub-not-adjusted", f"`cat stub`, {tool}",
         "a stub in front that no offset counts", unadjusted)
    out.write_bytes(unadjusted)
    run("zip", "-q", "-A", str(out))
    keep("good", "infozip-stub-adjusted", f"`cat stub`, {tool}, `-A`", "a self-extracting archive", out.read_bytes(), TREE)
    keep("archive.encrypted", "infozip", f"{tool}, `-P`", "the old encryption", made("-P", "secret"))
    keep("archive.unsupported", "infozip-bzip2", f"{tool}, `-Z bzip2`", "method 12", made("-Z", "bzip2"))
    setuid = tree / "data/raw.bin"
    setuid.chmod(0o6755)
    keep("good", "infozip-setuid", tool, "a setuid file", made(paths=("data/raw.bin",)), {"data/raw.bin": TREE["data/raw.bin"]})
    links = work / "links"
    links.mkdir()
    (links / "link").symlink_to("/etc/passwd")
    keep("archive.unsupported", "infozip-symlink", f"{tool}, `-y`", "a symbolic link", made("-y", cwd=links))
    large = plant(work / "large", {"noise.bin": b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(3000))})
    made("-s", "64k", cwd=large)
    keep("archive.unsupported", "infozip-split-first-part", f"{tool}, `-s 64k`", "the first part of a split archive",
         out.with_suffix(".z01").read_bytes())
    keep("archive.unsupported", "infozip-split-last-part", f"{tool}, `-s 64k`", "the last part of a split archive", out.read_bytes())


def seven_zip(work):
    tree = plant(work / "tree", TREE)
    out = work / "out.zip"
    tool = "7-Zip 26.02"

    def made(*options):
        out.unlink(missing_ok=True)
        run(SEVEN, "a", "-tzip", "-bd", *options, str(out), ".", cwd=tree)
        return out.read_bytes()

    keep("good", "7zip", tool, "NTFS times, folders", made(), TREE)
    keep("good", "7zip-utf8", f"{tool}, `-mcu=on`", "the UTF-8 flag everywhere", made("-mcu=on"), TREE)
    keep("good", "7zip-ultra", f"{tool}, `-mx=9 -mfb=258`", "the tightest deflate", made("-mx=9", "-mfb=258"), TREE)
    keep("good", "7zip-stored", f"{tool}, `-mx=0`", "nothing compressed", made("-mx=0"), TREE)
    keep("good", "7zip-all-times", f"{tool}, `-mtc=on -mta=on`", "all times", made("-mtc=on", "-mta=on"), TREE)
    keep("archive.encrypted", "7zip-zipcrypto", f"{tool}, `-p -mem=ZipCrypto`", "the old encryption", made("-psecret", "-mem=ZipCrypto"))
    keep("archive.encrypted", "7zip-aes256", f"{tool}, `-p -mem=AES256`", "AES", made("-psecret", "-mem=AES256"))
    for method in ("Deflate64", "BZip2", "LZMA", "PPMd", "XZ"):
        try:
            data = made(f"-mm={method}")
        except subprocess.CalledProcessError:
            continue
        keep("archive.unsupported", f"7zip-{method.lower()}", f"{tool}, `-mm={method}`", f"{method}", data)


def java(work):
    tree = plant(work / "tree", TREE)
    tool = "Java 17"
    run("javac", "-d", str(work), str(MAKE / "Zips.java"))
    run("java", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-cp", str(work), "Zips", str(tree), str(work))
    for what, how, attacks, files in (
        ("java-zip-output-stream", "`ZipOutputStream`", "data descriptors, the UTF-8 flag", TREE),
        ("java-stored", "`ZipOutputStream`, stored", "stored members", TREE),
        ("java-folders-deflated", "`ZipOutputStream`, folders too", "folders deflated to two bytes, with descriptors", TREE),
        ("java-zipfs", "`FileSystems.newFileSystem`", "the file system of the JDK", TREE),
        ("java-cp437", "`ZipOutputStream`, IBM437", "names in code page 437", {"Größe.txt": b"x"}),
    ):
        keep("good", what, f"{tool}, {how}", attacks, (work / f"{what}.zip").read_bytes(), files)
    jar = work / "out.jar"
    run("jar", "--create", "--file", str(jar), "--no-manifest", ".", cwd=tree)
    keep("good", "java-jar", f"{tool}, `jar`", "the 0xCAFE field", jar.read_bytes(), TREE)


class Pipe:
    """A file that cannot be gone back in, as an HTTP answer is one."""

    def __init__(self):
        self.written = bytearray()

    def write(self, data):
        self.written += data
        return len(data)

    def flush(self):
        pass


def python(work):
    tool = f"Python {sys.version.split()[0]}"
    out = work / "out.zip"

    def made(write, mode="w", **options):
        if mode == "w":
            out.unlink(missing_ok=True)
        with zipfile.ZipFile(out, mode, **options) as archive:
            write(archive)
        return out.read_bytes()

    def tree(archive, **options):
        for name, data in TREE.items():
            archive.writestr(name, data, **options)

    def streamed(archive, force):
        for name, data in TREE.items():
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=force) as member:
                member.write(data)

    deflated = {"compression": zipfile.ZIP_DEFLATED}
    keep("good", "python-stored", f"{tool}, `zipfile`", "stored members", made(tree), TREE)
    keep("good", "python-deflated", f"{tool}, `zipfile`", "deflated members", made(tree, **deflated), TREE)
    for force in (False, True):
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", **deflated) as archive:
            streamed(archive, force)
        keep("good", "python-streamed-zip64" if force else "python-streamed",
             f"{tool}, `zipfile` to a pipe{', `force_zip64`' if force else ''}",
             f"data descriptors of {24 if force else 16} bytes", bytes(pipe.written), TREE)
    keep("good", "python-force-zip64", f"{tool}, `force_zip64`", "ZIP64 fields in local headers only",
         made(lambda archive: streamed(archive, True)), TREE)

    def windows(archive):
        for name, data in TREE.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            archive.writestr(info, data)

    keep("good", "python-windows", f"{tool}, `create_system = 0`", "made on Windows", made(windows), TREE)
    root = plant(work / "tree", TREE)
    base = shutil.make_archive(str(work / "made"), "zip", root)
    keep("good", "python-make-archive", f"{tool}, `shutil.make_archive`", "folders", pathlib.Path(base).read_bytes(), TREE)

    def commented(archive):
        tree(archive)
        archive.comment = b"made by Python"

    keep("good", "python-comment", f"{tool}, `comment`", "a comment", made(commented, **deflated), TREE)
    out.write_bytes(b"something in front")
    keep("good", "python-appended", f"{tool}, mode `a`", "appended to a file that is no archive", made(tree, "a"), TREE)

    def twice(archive):
        archive.writestr("one.txt", b"first")
        archive.writestr("one.txt", b"second")

    import warnings

    warnings.simplefilter("ignore")
    data = made(twice)
    keep("good", "python-same-name-twice", f"{tool}, `zipfile`", "one name for two files", data,
         [("one.txt", b"first", "one.txt"), ("one.txt", b"second", marked("one", ".txt", "one.txt"))])
    keep("good", "python-many", f"{tool}, `zipfile`", "sixty small members",
         made(lambda archive: [archive.writestr(f"wells/{n:04}.txt", b"%d" % n) for n in range(60)]),
         {f"wells/{n:04}.txt": b"%d" % n for n in range(60)})
    csv = b"well,od,ratio\n" + b"A1,0.42,1.00\n" * 20_000
    keep("good", "python-uniform-csv", f"{tool}, `zipfile`", "a table that compresses 300 to one", 
         made(lambda archive: archive.writestr("plate.csv", csv, compresslevel=9), **deflated), {"plate.csv": csv})
    keep("archive.unsupported", "python-bzip2", f"{tool}, `ZIP_BZIP2`", "method 12", made(tree, compression=zipfile.ZIP_BZIP2))
    keep("archive.unsupported", "python-lzma", f"{tool}, `ZIP_LZMA`", "method 14", made(tree, compression=zipfile.ZIP_LZMA))
    slip = {"../../evil.txt": b"evil", "/etc/cron.d/evil": b"evil"}
    keep("good", "python-zip-slip", f"{tool}, `zipfile`", "names that lead out", made(
        lambda archive: [archive.writestr(name, data) for name, data in slip.items()]), slip,
        {"../../evil.txt": marked("evil", ".txt", "../../evil.txt"), "/etc/cron.d/evil": "etc/cron.d/evil"},
        "CVE-2018-1002203, CVE-2018-1002204")
    for what, mode in (("fifo", stat.S_IFIFO), ("device", stat.S_IFCHR)):
        def special(archive):
            info = zipfile.ZipInfo(what)
            info.external_attr = (mode | 0o644) << 16
            archive.writestr(info, b"")

        keep("archive.unsupported", f"python-{what}", f"{tool}, `external_attr`", f"a {what}", made(special))


def others(work):
    tree = plant(work / "tree", TREE)
    program = work / "go"
    program.mkdir()
    shutil.copy(MAKE / "zips.go.txt", program / "main.go")
    (program / "go.mod").write_text("module zips\n\ngo 1.21\n")
    data = run("go", "run", ".", str(tree), cwd=program)
    keep("good", "go", "Go 1.26, `archive/zip`", "data descriptors, extended times", data, TREE)

    for step in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"]):
        run("git", *step, cwd=tree)
    keep("good", "git-archive", "`git archive`", "a comment with the commit", run("git", "archive", "--format=zip", "HEAD", cwd=tree), TREE)
    shutil.rmtree(tree / ".git")

    perl = r"""
      use IO::Compress::Zip qw(:all);
      my @files = @ARGV; my $first = shift @files;
      my $z = IO::Compress::Zip->new('-', Name => $first, Stream => 1, Zip64 => $ENV{LONG}) or die;
      for my $name ($first, @files) {
        $z->newStream(Name => $name) unless $name eq $first;
        open my $in, '<:raw', $name or die; local $/; print $z scalar <$in>;
      }
      close $z;
    """
    for long in ("0", "1"):
        os.environ["LONG"] = long
        keep("good", "perl-streamed-zip64" if long == "1" else "perl-streamed", "Perl, `IO::Compress::Zip`",
             "data descriptors" + (" of 24 bytes, ZIP64 fields" if long == "1" else ""),
             run("perl", "-e", perl, *ASCII, cwd=tree), ASCII)
    keep("good", "bsdtar", "bsdtar 3.6 (libarchive)", "what macOS makes on the command line: descriptors, private fields",
         run("bsdtar", "--format", "zip", "-cf", "-", *TREE, cwd=tree), TREE)
    keep("good", "bsdtar-stored", "bsdtar 3.6, `zip:compression=store`", "stored members with descriptors",
         run("bsdtar", "--format", "zip", "--options", "zip:compression=store", "-cf", "-", *TREE, cwd=tree), TREE)
    mac = plant(work / "mac", {
        unicodedata.normalize("NFD", "Größe é.csv"): b"a,b\n",
        "__MACOSX/" + unicodedata.normalize("NFD", "._Größe é.csv"): b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ",
        ".DS_Store": b"\0\0\0\x01Bud1",
    })
    names = {str(path.relative_to(mac)): path.read_bytes() for path in sorted(mac.rglob("*")) if path.is_file()}
    keep("good", "bsdtar-mac-names", "bsdtar 3.6 (libarchive)", "names in form D, AppleDouble companions",
         run("bsdtar", "--format", "zip", "-cf", "-", *names, cwd=mac), names)


for maker in (info_zip, seven_zip, java, python, others):
    with tempfile.TemporaryDirectory() as scratch:
        maker(pathlib.Path(scratch))
rows.sort(key=lambda row: row["file"])
(MAKE / "tool-made.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
print(len(rows), "archives")
