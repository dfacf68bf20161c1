/**
 * The catalogue of everything that can go wrong, one entry a stable code.
 * Codes are public: they stand in logs, records, answers, canvases and documentation, and never change meaning.
 *
 * `class` decides what a job does: `never` buries the run; `again` backs off and retries; `renew` asks Benchling for
 * a new export (at most twice); `operator` waits, without burning attempts, until configuration heals.
 * `people` is what a scientist or operator reads; `hint` is the next thing to do. Where the hint is for whoever runs the
 * service, `scientist` is what the person at the canvas can do (`scientist-words.ts` has a sentence for class `operator`).
 * `http` is the status of an answer that carries this code; `exit` the exit status of a command that ends with it.
 */
export type FaultClass = 'never' | 'again' | 'renew' | 'operator'

export type ErrorEntry = {
  readonly class: FaultClass
  readonly people: string
  readonly hint: string
  readonly scientist?: string
  readonly http?: number
  readonly exit?: number
}

const entry = (
  cls: FaultClass,
  people: string,
  hint: string,
  more: { scientist?: string; http?: number; exit?: number } = {},
): ErrorEntry => ({ class: cls, people, hint, ...more })

export const ERRORS = {
  // anything unforeseen
  internal: entry(
    'again',
    'Something unexpected went wrong.',
    'Press Retry. If it stays, send the log lines of this run to whoever maintains the service.',
    {
      scientist: 'Try again. If it stays, tell whoever runs this service, with the code and the time.',
      http: 500,
      exit: 1,
    },
  ),

  // configuration and command line
  'config.invalid': entry(
    'operator',
    'The configuration is not complete or not valid.',
    'Correct the settings named in the message; docs/operations.md lists them all.',
    { exit: 2 },
  ),
  'config.secret_missing': entry(
    'operator',
    'The secret named by BenchlingSecret does not exist.',
    'Create it, or correct BenchlingSecret. The service looks again by itself.',
    { http: 503, exit: 2 },
  ),
  'config.secret_forbidden': entry(
    'operator',
    'The secret named by BenchlingSecret may not be read.',
    'Give the task role secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of its own.',
    { http: 503, exit: 2 },
  ),
  'config.secret_unavailable': entry(
    'again',
    'The secret named by BenchlingSecret could not be read now.',
    'Check that the service reaches Secrets Manager. It looks again by itself.',
    { http: 503, exit: 1 },
  ),
  'config.secret_invalid': entry(
    'operator',
    'The secret named by BenchlingSecret does not hold a complete and valid configuration.',
    'Correct the keys named in the message; docs/operations.md lists them all. The service takes the new value by itself.',
    { http: 503, exit: 2 },
  ),
  'usage.invalid': entry(
    'never',
    'The command was called with something it does not understand.',
    'Run the command with --help.',
    { exit: 2 },
  ),

  // the way out of the house
  'network.certificate_untrusted': entry(
    'operator',
    'Another server showed a certificate that this service does not trust.',
    'If your network has a certificate authority of its own, name it in NODE_EXTRA_CA_CERTS (docs/network.md); else check name and clock.',
  ),
  'network.proxy_refused': entry(
    'operator',
    'The proxy of your network refused to let a request through.',
    'Check the password in HTTPS_PROXY, and that the proxy lets through the hosts of docs/network.md, or name them in NO_PROXY.',
  ),

  // credentials on AWS
  'aws.role_refused': entry(
    'operator',
    'The service may not work under the role it is set to.',
    'Correct what the message names, or QUILT_WRITE_ROLE_ARN; the service goes on by itself. It never works under another role instead.',
  ),
  'aws.sts_unavailable': entry(
    'again',
    'AWS does not hand out credentials at the moment.',
    'It is tried again by itself. If it stays, check AWS_REGION and the way to STS: docs/network.md.',
  ),

  // health
  'health.no_answer': entry(
    'again',
    'A part that this service works with does not answer.',
    'GET /health/ready names the part. Check the way to it: docs/network.md. It is looked at again every few seconds.',
  ),

  // the door
  'webhook.missing_headers': entry(
    'never',
    'The delivery lacks headers that every Benchling webhook carries.',
    'Send webhook-id, webhook-timestamp and webhook-signature unchanged; a proxy in between must pass them on.',
    { http: 403 },
  ),
  'webhook.invalid_signature': entry(
    'never',
    'The delivery is not signed by the configured Benchling app, or is more than five minutes old.',
    'Check BENCHLING_APP_DEFINITION_ID and the clock of this machine, and that no proxy rewrites the body.',
    { http: 403 },
  ),
  'webhook.keys_unavailable': entry(
    'again',
    'The keys to verify deliveries could not be fetched from Benchling.',
    'Check that the service can reach apps.benchling.com; Benchling sends the delivery again.',
    { http: 503 },
  ),
  'webhook.wrong_app': entry(
    'never',
    'The delivery is signed, but for another app or tenant.',
    'Check BENCHLING_TENANT and BENCHLING_APP_DEFINITION_ID.',
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
    'Check DATA_DIR (its disk may be full or gone), or that the DynamoDB table of JOBS_TABLE can be reached. Benchling sends the delivery again.',
    { http: 503 },
  ),

  // jobs
  'jobs.fenced': entry(
    'again',
    'Another process took this run over, because this one gave no sign of life.',
    'Nothing to do: the other worker finishes it.',
  ),
  'jobs.store_unavailable': entry(
    'again',
    'The records of deliveries and jobs cannot be read or written.',
    'Check DATA_DIR (its disk may be full, gone or read-only), or that the DynamoDB table of JOBS_TABLE can be reached and is not throttled.',
    { http: 503 },
  ),
  'jobs.table_refused': entry(
    'operator',
    'The table with the records of deliveries and jobs does not exist, or may not be used.',
    'Check JOBS_TABLE and AWS_REGION, that the task’s own role may use the table and its indexes, and the KMS key that encrypts it.',
    { http: 503 },
  ),
  'jobs.newer_record': entry(
    'operator',
    'A record was written by a newer version of this software, in a form that this one does not know.',
    'Update every process that uses these records to the newer version. Nothing was changed, and the work goes on by itself.',
  ),
  'jobs.deadline': entry(
    'again',
    'The work took longer than it may, or came no further for too long.',
    'It is tried again by itself, three times at most. Then press Retry.',
  ),
  'jobs.unknown_run': entry('never', 'There is no run with this id.', 'List the runs first.', { exit: 1 }),

  // queues
  'queue.unavailable': entry(
    'again',
    'A message queue does not answer properly.',
    'It is tried again by itself. Deliveries are safe meanwhile: the records say what has to be done.',
  ),
  'queue.refused': entry(
    'operator',
    'A message queue does not exist, or the service may not use it.',
    'Check PACKAGING_REQUEST_QUEUE_URL, DEAD_LETTER_QUEUE_URL, PACKAGER_SQS_URL, PACKAGE_EVENT_QUEUE_URL, and the task role’s rights to queue and key.',
  ),

  // Benchling's API
  'benchling.unauthorized': entry(
    'operator',
    'Benchling does not accept the credentials of the app.',
    'Check BENCHLING_CLIENT_ID and BENCHLING_CLIENT_SECRET, or their keys in the secret, and that the app is installed and active in the tenant.',
  ),
  'benchling.forbidden': entry(
    'operator',
    'The app may not read this in Benchling.',
    'Add the app to the project: Benchling, project, settings, collaborators.',
    { scientist: 'Add the app to the project: Benchling, project, settings, collaborators.' },
  ),
  'benchling.not_found': entry(
    'never',
    'Benchling does not know this object, or does not show it to the app.',
    'If the entry exists, add the app to its project.',
  ),
  'benchling.rate_limited': entry(
    'again',
    'Benchling asks us to slow down: the app has used up its requests for now.',
    'It is tried again by itself. If it has given up, press Retry or Update package.',
  ),
  'benchling.unavailable': entry(
    'again',
    'Benchling does not answer properly at the moment.',
    'It is tried again by itself. If it has given up, press Retry or Update package. Benchling tells about outages on its status page.',
  ),
  'benchling.timeout': entry(
    'again',
    'Benchling took too long to answer.',
    'It is tried again by itself. If it has given up, press Retry or Update package.',
  ),
  'benchling.rejected': entry(
    'never',
    'Benchling refused the request.',
    'Read Benchling’s own words in the message, and correct what they name.',
  ),
  'benchling.unexpected_answer': entry(
    'again',
    'Benchling answered in a form this service does not know.',
    'Check BENCHLING_TENANT. If it stays, report the message: Benchling may have changed its API.',
    { scientist: 'It is tried again by itself. If it stays, tell whoever runs this service.' },
  ),
  'benchling.wrong_tenant': entry(
    'operator',
    'The tenant address does not lead to Benchling’s API.',
    'Check BENCHLING_TENANT: it must be the tenant people sign in to.',
  ),

  // canvases
  'canvas.perhaps_made': entry(
    'never',
    'It is not known whether Benchling created the canvas.',
    'Look at the entry or run in Benchling: if there is no canvas, insert it again.',
  ),

  // export tasks and downloads
  'export.failed': entry(
    'renew',
    'Benchling could not make the export.',
    'Press Retry. If it stays, export the entry by hand in Benchling: that shows whether Benchling can make it.',
  ),
  'export.too_slow': entry(
    'renew',
    'Benchling did not finish the export in time.',
    'Press Retry when Benchling is less busy.',
  ),
  'export.link_expired': entry(
    'renew',
    'The link to the export expired before it was read.',
    'A new export is made by itself, twice at most. Then press Retry.',
  ),
  'export.host_refused': entry(
    'never',
    'The export lies at an address this service may not read from.',
    'Ask your administrator to check EXPORT_DOWNLOAD_HOSTS and EXPORT_PRIVATE_NETWORKS.',
    { scientist: 'Tell whoever runs this service, with the code. The entry in Benchling is not touched.' },
  ),
  'export.download_failed': entry(
    'again',
    'The export could not be downloaded.',
    'It is tried again by itself. If it has given up, press Retry or Update package.',
  ),
  'export.too_large_without_ranges': entry(
    'never',
    'The server of the export does not allow reading in parts, and the export is too large to read at once.',
    'Raise EXPORT_MAX_BUFFER_BYTES and MEMORY_BUDGET_BYTES, or ask Benchling support why ranges are refused.',
    { scientist: 'Tell whoever runs this service, with the code: a limit has to be raised.' },
  ),
  'export.changed': entry(
    'renew',
    'The export changed while it was being read.',
    'A new export is made by itself, twice at most. Then press Retry.',
  ),

  // archives
  'archive.not_zip': entry(
    'renew',
    'The export from Benchling is not a ZIP archive.',
    'A new export is made by itself, twice at most. If it stays, report the entry to Benchling.',
  ),
  'archive.truncated': entry(
    'renew',
    'The export from Benchling is incomplete.',
    'A new export is made by itself, twice at most. If it stays, report the entry to Benchling.',
  ),
  'archive.directory_invalid': entry(
    'renew',
    'The export from Benchling is damaged: its table of contents contradicts itself.',
    'A new export is made by itself, twice at most. If it stays, report the entry to Benchling.',
  ),
  'archive.overlap': entry(
    'never',
    'The export from Benchling is damaged: two files claim the same bytes.',
    'Press Retry to ask Benchling for a new export. If it stays, report the entry to Benchling.',
  ),
  'archive.unsupported': entry(
    'never',
    'The export from Benchling uses an archive feature this service does not read.',
    'Report the entry and this message to whoever maintains the service.',
  ),
  'archive.encrypted': entry(
    'never',
    'The export from Benchling is encrypted.',
    'Report the entry to Benchling: exports are never encrypted.',
  ),
  'archive.too_many_members': entry(
    'never',
    'The export holds more files than this service is set to accept.',
    'Raise EXPORT_MAX_MEMBERS, then press Retry.',
    { scientist: 'Ask whoever runs this service to raise the limit, then press Retry.' },
  ),
  'archive.too_large': entry(
    'never',
    'The export unpacks to more bytes than this service is set to accept.',
    'Raise EXPORT_MAX_BYTES, then press Retry.',
    { scientist: 'Ask whoever runs this service to raise the limit, then press Retry.' },
  ),
  'archive.ratio_too_high': entry(
    'never',
    'The export unpacks to far more bytes than it takes, as only an attack or very uniform data does.',
    'If the data is real, raise EXPORT_MAX_RATIO.',
    { scientist: 'If the data is real, ask whoever runs this service to raise the limit, then press Retry.' },
  ),
  'archive.member_invalid': entry(
    'renew',
    'A file in the export does not match its checksum or size.',
    'A new export is made by itself, twice at most. If it stays, report the entry to Benchling.',
  ),
  'archive.name_invalid': entry(
    'never',
    'A file in the export has a name that cannot be kept.',
    'Rename the attachment in Benchling, then press Update package.',
  ),

  // packages and registry
  'package.name_invalid': entry(
    'operator',
    'The package cannot have this name: Quilt allows letters, digits, _ and - only.',
    'Use letters, digits, _ and - in PKG_PREFIX.',
    {
      scientist:
        'Give the entry a display id of letters, digits, _ and - where that is possible; else tell whoever runs this service.',
    },
  ),
  'package.foreign': entry(
    'never',
    'A package with this name exists already and belongs to something else.',
    'Choose another PKG_PREFIX, or rename the other package; nothing of it was touched.',
    { scientist: 'Ask whoever runs this service: the package of that name was not touched.' },
  ),
  'package.metadata_too_large': entry(
    'never',
    'The metadata of the package is larger than Quilt allows.',
    'Report the entry to whoever maintains the service.',
  ),
  'package.conflict': entry(
    'again',
    'Somebody else published a revision at the same moment.',
    'It is tried again by itself. If it has given up, press Retry or Update package.',
  ),
  'manifest.invalid': entry(
    'never',
    'The list of files of a package (its manifest) cannot be read.',
    'Open the package with quilt3 and see whether it can. Older revisions stay readable.',
    {
      scientist:
        'Open an older revision: those stay readable. Tell whoever runs this service, with the code.',
      exit: 1,
    },
  ),
  'package.not_found': entry(
    'never',
    'There is no such package or revision in the registry.',
    'List the packages of the registry first.',
    { scientist: 'Press Refresh. If it stays, the package was removed.', exit: 1 },
  ),
  'package.forbidden': entry(
    'operator',
    'The service may not read the bucket that this package lies in.',
    'Allow the role in QUILT_WRITE_ROLE_ARN to read pointers and manifests there (docs/iam.md), or take the bucket off PACKAGE_ALLOW_LIST.',
    { scientist: 'Ask whoever runs this service to allow it, or open the package in the Quilt catalog.' },
  ),
  'manifest.hash_mismatch': entry(
    'never',
    'The list of files of a package (its manifest) does not match its own checksum.',
    'Somebody or something changed the file. Open the package with quilt3; older revisions stay readable.',
    {
      scientist:
        'Open an older revision: those stay readable. Tell whoever runs this service, with the code.',
      exit: 1,
    },
  ),
  'manifest.too_large': entry(
    'never',
    'The package has more files than can be shown here.',
    'Open it in the Quilt catalog or with quilt3.',
    { scientist: 'Open it in the Quilt catalog.' },
  ),
  'workflow.config_invalid': entry(
    'operator',
    'The workflow configuration of the registry cannot be read.',
    'Correct .quilt/workflows/config.yml.',
  ),
  'workflow.unknown': entry(
    'operator',
    'The configured workflow does not exist in the registry.',
    'Check QUILT_WORKFLOW (workflow of the secret) against .quilt/workflows/config.yml.',
  ),
  'workflow.rejected': entry(
    'never',
    'The package does not meet the rules of the registry’s workflow.',
    'Read in the message what is missing, correct the entry, and press Update package.',
  ),
  'packager.unversioned_bucket': entry(
    'operator',
    'Quilt’s packager needs a bucket that keeps versions, and this one does not.',
    'Switch versioning of the bucket on, or set PACKAGE_PUBLISHER=native.',
  ),
  'packager.prefix_changed': entry(
    'again',
    'Files of the package were overwritten or removed while it was being made.',
    'It is tried again by itself. If it stays, find out what else writes under the prefix of the package.',
    { scientist: 'It is tried again by itself. If it stays, tell whoever runs this service.' },
  ),
  'store.unavailable': entry(
    'again',
    'The registry (bucket or folder) does not answer properly.',
    'It is tried again by itself. If it has given up, press Retry or Update package.',
  ),
  'store.forbidden': entry(
    'operator',
    'The service may not read or write the registry.',
    'Check the rights of the role in QUILT_WRITE_ROLE_ARN and the bucket policy, or the owner of the folder.',
  ),
  'store.kms_refused': entry(
    'operator',
    'The key that encrypts the registry cannot be used.',
    'Allow the role kms:GenerateDataKey and kms:Decrypt on the key, and check that the key (S3_KMS_KEY_ID, or the bucket’s own) exists and is enabled.',
  ),
  'store.not_found': entry(
    'never',
    'The registry does not exist.',
    'Check QUILT_REGISTRY (user_bucket of the secret): the bucket or folder must exist.',
    {
      scientist:
        'Tell whoever runs this service, with the code. Nothing is lost: press Retry when it is there again.',
      exit: 1,
    },
  ),
  'store.object_missing': entry(
    'never',
    'A file of the package is no longer in the registry.',
    'Check the package with quilt3, and who removes objects from the registry.',
    {
      scientist: 'Tell whoever runs this service, with the code. Other files and revisions stay readable.',
      exit: 1,
    },
  ),
  'store.corrupt': entry(
    'again',
    'The registry did not keep what was sent to it.',
    'It is tried again by itself. If it has given up, press Retry or Update package. Check the disk if it comes often.',
    { scientist: 'It is tried again by itself. If it stays, tell whoever runs this service.' },
  ),

  // searching for packages
  'query.unavailable': entry(
    'again',
    'The search for packages does not answer at the moment.',
    'It is tried again by itself. Packages are made and shown meanwhile.',
  ),
  'query.refused': entry(
    'operator',
    'The service may not search for packages, or is set to search in the wrong place.',
    'Check the role’s rights for Athena and Glue, and ICEBERG_DATABASE, ICEBERG_WORKGROUP, ATHENA_USER_DATABASE and ATHENA_USER_WORKGROUP.',
  ),
  'query.failed': entry(
    'again',
    'A search for packages failed.',
    'It is tried again by itself. If it stays, look up the query id of the log line in Athena’s history.',
    { scientist: 'It is tried again by itself. If it stays, tell whoever runs this service.' },
  ),
  'query.timeout': entry(
    'again',
    'A search for packages took too long and was stopped.',
    'It is tried again by itself. If it stays, look at how busy the Athena workgroup is (ICEBERG_WORKGROUP, ATHENA_USER_WORKGROUP).',
    { scientist: 'It is tried again by itself. If it stays, tell whoever runs this service.' },
  ),
  'query.no_tables': entry(
    'operator',
    'The configured databases hold no tables of packages.',
    'Check ICEBERG_DATABASE and ATHENA_USER_DATABASE against the outputs of the Quilt stack, and that the role may see their tables.',
  ),
  'query.value_unsupported': entry(
    'never',
    'Packages cannot be searched for this display id: it is too long, or has control characters.',
    'Give the entry another display id in Benchling.',
  ),
} as const satisfies Record<string, ErrorEntry>

/** Stable: codes are in records, logs and canvases, and never change their meaning. */
export type ErrorCode = keyof typeof ERRORS
