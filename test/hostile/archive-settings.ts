/** Settings under which some archives of the corpus are tried: limits low enough for small files to pass them. */
export const ARCHIVE_SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'archive.too_large--bomb-that-says-so.zip': { EXPORT_MAX_BYTES: '1MiB' },
  'archive.too_large--sum-of-members.zip': { EXPORT_MAX_BYTES: '1MiB' },
  'archive.too_many_members--files.zip': { EXPORT_MAX_MEMBERS: '40' },
  'archive.too_many_members--folders.zip': { EXPORT_MAX_MEMBERS: '40' },
  'archive.too_many_members--nameless.zip': { EXPORT_MAX_MEMBERS: '40' },
  'good--bomb-within-the-limits.zip': { EXPORT_MAX_BYTES: String(1024 * 1024 + 26) },
  'good--many-members.zip': { EXPORT_MAX_MEMBERS: '40' },
}
