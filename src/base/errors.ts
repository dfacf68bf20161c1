/**
 * The catalogue of everything that can go wrong, one entry a stable code.
 * Codes are public: they stand in logs, records, answers, canvases and documentation, and never change meaning.
 *
 * `class` decides what a job does: `never` buries the run; `again` backs off and retries; `renew` asks Benchling for
 * a new export (at most twice); `operator` waits, without burning attempts, until configuration heals.
 * `people` is what a scientist or operator reads; `hint` is the next thing to do.
 * `http` is the status of an answer that carries this code; `exit` the exit status of a command that ends with it.
 */
export type FaultClass = 'never' | 'again' | 'renew' | 'operator'

export type ErrorEntry = {
  readonly class: FaultClass
  readonly people: string
  readonly hint: string
  readonly http?: number
  readonly exit?: number
}

const entry = (
  cls: FaultClass,
  people: string,
  hint: string,
  more: { http?: number; exit?: number } = {},
): ErrorEntry => ({ class: cls, people, hint, ...more })

export const ERRORS = {
  // anything unforeseen
  internal: entry(
    'again',
    'Something unexpected went wrong.',
    'Retry; if it stays, send the log lines of this run to your administrator.',
    { http: 500, exit: 1 },
  ),

  // configuration and command line
  'config.invalid': entry(
    'operator',
    'The configuration is not complete or not valid.',
    'Correct the settings named in the message.',
    { exit: 2 },
  ),
  'usage.invalid': entry(
    'never',
    'The command was called with something it does not understand.',
    'Run the command with --help.',
    { exit: 2 },
  ),

  // the door
  'webhook.missing_headers': entry(
    'never',
    'The delivery lacks headers that every Benchling webhook carries.',
    'Send webhook-id, webhook-timestamp and webhook-signature.',
    { http: 403 },
  ),
  'webhook.invalid_signature': entry(
    'never',
    'The delivery is not signed by the configured Benchling app.',
    'Check the app definition id, and that no proxy rewrites the body.',
    { http: 403 },
  ),
  'webhook.keys_unavailable': entry(
    'again',
    'The keys to verify deliveries could not be fetched from Benchling.',
    'Check that the service can reach the JWKS address; Benchling will resend.',
    { http: 503 },
  ),
  'webhook.wrong_app': entry(
    'never',
    'The delivery is signed, but for another app or tenant.',
    'Check tenant and app definition id in the configuration.',
    { http: 403 },
  ),
  'webhook.not_json': entry('never', 'The delivery is not a JSON object.', 'Send the webhook unchanged.', {
    http: 400,
  }),
  'webhook.invalid_envelope': entry(
    'never',
    'The delivery lacks a part that every Benchling webhook has.',
    'Send the webhook unchanged.',
    { http: 400 },
  ),
  'webhook.too_large': entry(
    'never',
    'The delivery is larger than any Benchling webhook.',
    'Send at most 10 MiB.',
    { http: 413 },
  ),
  'webhook.wrong_content_type': entry(
    'never',
    'The delivery is not application/json.',
    'Send content-type: application/json.',
    { http: 415 },
  ),
  'webhook.not_stored': entry(
    'again',
    'The delivery could not be stored.',
    'Nothing is lost: Benchling will resend. Check the jobs store.',
    { http: 503 },
  ),

  // jobs
  'jobs.fenced': entry(
    'again',
    'Another worker took this run over.',
    'Nothing to do: the other worker finishes it.',
  ),
  'jobs.conflict': entry(
    'again',
    'A record changed while it was being written.',
    'Nothing to do: it is tried again.',
  ),
  'jobs.store_unavailable': entry(
    'again',
    'The jobs store does not answer.',
    'Check the database file or table.',
    { http: 503 },
  ),
  'jobs.deadline': entry(
    'again',
    'The work came no further within its time limit.',
    'Nothing to do: it is tried again.',
  ),
  'jobs.unknown_run': entry('never', 'There is no run with this id.', 'List the runs first.', { exit: 1 }),

  // Benchling's API
  'benchling.unauthorized': entry(
    'operator',
    'Benchling does not accept the credentials of the app.',
    'Check client id and client secret, and that the app is installed and active.',
  ),
  'benchling.forbidden': entry(
    'operator',
    'The app may not read this in Benchling.',
    'Add the app to the project: Benchling, project, settings, collaborators.',
  ),
  'benchling.not_found': entry(
    'never',
    'Benchling does not know this object, or does not show it to the app.',
    'If the entry exists, add the app to its project.',
  ),
  'benchling.rate_limited': entry(
    'again',
    'Benchling asks us to slow down.',
    'Nothing to do: it is tried again.',
  ),
  'benchling.unavailable': entry(
    'again',
    'Benchling does not answer properly at the moment.',
    'Nothing to do: it is tried again.',
  ),
  'benchling.timeout': entry(
    'again',
    'Benchling took too long to answer.',
    'Nothing to do: it is tried again.',
  ),
  'benchling.rejected': entry('never', 'Benchling refused the request.', 'Read Benchling’s own message.'),
  'benchling.unexpected_answer': entry(
    'again',
    'Benchling answered in a form we do not know.',
    'Check the tenant address; report it if it stays.',
  ),
  'benchling.wrong_tenant': entry(
    'operator',
    'The tenant address does not lead to Benchling’s API.',
    'Check the tenant in the configuration.',
  ),

  // canvases
  'canvas.perhaps_made': entry(
    'never',
    'It is not known whether Benchling created the canvas.',
    'If there is none, insert it again.',
  ),

  // export tasks and downloads
  'export.failed': entry(
    'renew',
    'Benchling could not make the export.',
    'Retry; if it stays, try the export by hand in Benchling.',
  ),
  'export.too_slow': entry('renew', 'Benchling did not finish the export in time.', 'Retry later.'),
  'export.link_expired': entry(
    'renew',
    'The link to the export expired before it was read.',
    'Nothing to do: a new export is made.',
  ),
  'export.host_refused': entry(
    'never',
    'The export lies at an address this service may not read from.',
    'Ask your administrator to check the download hosts.',
  ),
  'export.download_failed': entry(
    'again',
    'The export could not be downloaded.',
    'Nothing to do: it is tried again.',
  ),
  'export.too_large_without_ranges': entry(
    'never',
    'The server of the export does not allow reading in parts, and the export is too large to read at once.',
    'Raise EXPORT_MAX_BUFFER_BYTES, or ask Benchling support.',
  ),
  'export.changed': entry(
    'renew',
    'The export changed while it was being read.',
    'Nothing to do: a new export is made.',
  ),

  // archives
  'archive.not_zip': entry(
    'renew',
    'The export from Benchling is not a ZIP archive.',
    'Retry; if it stays, report it to Benchling.',
  ),
  'archive.truncated': entry(
    'renew',
    'The export from Benchling is incomplete.',
    'Retry; if it stays, report it to Benchling.',
  ),
  'archive.directory_invalid': entry(
    'renew',
    'The export from Benchling is damaged: its table of contents contradicts itself.',
    'Retry; if it stays, report it to Benchling.',
  ),
  'archive.overlap': entry(
    'never',
    'The export from Benchling is damaged: two files claim the same bytes.',
    'Retry to ask Benchling for a new export.',
  ),
  'archive.unsupported': entry(
    'never',
    'The export from Benchling uses an archive feature this service does not read.',
    'Report it with the code and the entry.',
  ),
  'archive.encrypted': entry('never', 'The export from Benchling is encrypted.', 'Report it to Benchling.'),
  'archive.too_many_members': entry(
    'never',
    'The export holds more files than allowed.',
    'Raise EXPORT_MAX_MEMBERS.',
  ),
  'archive.too_large': entry('never', 'The export holds more bytes than allowed.', 'Raise EXPORT_MAX_BYTES.'),
  'archive.member_invalid': entry(
    'renew',
    'A file in the export does not match its checksum or size.',
    'Retry to ask Benchling for a new export.',
  ),
  'archive.name_invalid': entry(
    'never',
    'A file in the export has a name that cannot be kept.',
    'Rename the attachment in Benchling.',
  ),

  // packages and registry
  'package.name_invalid': entry(
    'operator',
    'The package prefix is not a valid Quilt name.',
    'Use letters, digits, _ and - in PKG_PREFIX.',
  ),
  'package.foreign': entry(
    'never',
    'A package with this name belongs to something else.',
    'Choose another prefix, or rename the other package.',
  ),
  'package.metadata_too_large': entry(
    'never',
    'The metadata of the package is larger than Quilt allows.',
    'Report it with the entry.',
  ),
  'package.conflict': entry(
    'again',
    'Somebody else published a revision at the same moment.',
    'Nothing to do: it is tried again on top of theirs.',
  ),
  'manifest.invalid': entry('never', 'A package manifest cannot be read.', 'Check the package with quilt3.', {
    exit: 1,
  }),
  'package.not_found': entry(
    'never',
    'There is no such package or revision in the registry.',
    'List the packages of the registry first.',
    { exit: 1 },
  ),
  'manifest.hash_mismatch': entry(
    'never',
    'A package manifest does not match its top hash.',
    'Check the package with quilt3.',
    { exit: 1 },
  ),
  'workflow.config_invalid': entry(
    'operator',
    'The workflow configuration of the registry cannot be read.',
    'Correct .quilt/workflows/config.yml.',
  ),
  'workflow.unknown': entry(
    'operator',
    'The configured workflow does not exist in the registry.',
    'Check QUILT_WORKFLOW against .quilt/workflows/config.yml.',
  ),
  'workflow.rejected': entry(
    'never',
    'The package does not meet the rules of the registry’s workflow.',
    'Read what is missing, correct the entry, and press Update.',
  ),
  'store.unavailable': entry(
    'again',
    'The object store does not answer properly.',
    'Nothing to do: it is tried again.',
  ),
  'store.forbidden': entry(
    'operator',
    'The service may not read or write the registry.',
    'Check the bucket policy and the role.',
  ),
  'store.not_found': entry('never', 'The registry does not exist.', 'Check the bucket or folder name.', {
    exit: 1,
  }),
  'store.object_missing': entry(
    'never',
    'A file of the package is no longer in the registry.',
    'Check the package with quilt3, and who removes objects from the registry.',
    { exit: 1 },
  ),
  'store.corrupt': entry(
    'again',
    'The object store did not keep what was sent.',
    'Nothing to do: it is tried again.',
  ),
} as const satisfies Record<string, ErrorEntry>

/** Stable: codes are in records, logs and canvases, and never change their meaning. */
export type ErrorCode = keyof typeof ERRORS
