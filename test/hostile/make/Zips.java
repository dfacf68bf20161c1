import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Archives as Java programs write them. Called by with-tools.py: `Zips <tree> <where to>`. */
class Zips {
  static Path tree;
  static Path out;

  static List<Path> files() throws Exception {
    try (var all = Files.walk(tree)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static String name(Path file) {
    return tree.relativize(file).toString();
  }

  static ZipOutputStream open(String what, Charset charset) throws Exception {
    OutputStream file = Files.newOutputStream(out.resolve(what + ".zip"));
    return new ZipOutputStream(file, charset);
  }

  public static void main(String[] args) throws Exception {
    tree = Path.of(args[0]);
    out = Path.of(args[1]);
    try (var zip = open("java-zip-output-stream", StandardCharsets.UTF_8)) {
      for (var file : files()) {
        zip.putNextEntry(new ZipEntry(name(file)));
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
    try (var zip = open("java-stored", StandardCharsets.UTF_8)) {
      for (var file : files()) {
        var bytes = Files.readAllBytes(file);
        var crc = new CRC32();
        crc.update(bytes);
        var entry = new ZipEntry(name(file));
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
      }
    }
    try (var zip = open("java-folders-deflated", StandardCharsets.UTF_8)) {
      var folders = new TreeSet<String>();
      for (var file : files())
        for (var up = tree.relativize(file).getParent(); up != null; up = up.getParent()) folders.add(up + "/");
      for (var folder : folders) {
        zip.putNextEntry(new ZipEntry(folder));
        zip.closeEntry();
      }
      for (var file : files()) {
        zip.putNextEntry(new ZipEntry(name(file)));
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
    try (var zip = open("java-cp437", Charset.forName("IBM437"))) {
      zip.putNextEntry(new ZipEntry("Gr\u00f6\u00dfe.txt"));
      zip.write('x');
      zip.closeEntry();
    }
    var uri = URI.create("jar:" + out.resolve("java-zipfs.zip").toUri());
    try (FileSystem zip = FileSystems.newFileSystem(uri, Map.of("create", "true"))) {
      for (var file : files()) {
        var target = zip.getPath(name(file));
        if (target.getParent() != null) Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}
