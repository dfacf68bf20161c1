import type { Job } from '../jobs/ports.ts'
import type { Revision } from '../registry/ports.ts'
import { compareAttachments } from './attachments.ts'
import { commitMessage } from './commit-message.ts'
import { contentFiles } from './content.ts'
import { contentDigest } from './content-digest.ts'
import { currentRevision } from './current-revision.ts'
import { DOCUMENT_KEYS } from './documents/document-keys.ts'
import { renderEntryData } from './documents/entry-data.ts'
import { renderDocuments } from './documents/render.ts'
import { renderTable } from './documents/table-csv.ts'
import { allReferences } from './entry-links.ts'
import type { EntryState, HandOver } from './entry-state.ts'
import { notebookTables } from './entry-tables.ts'
import { exportTask } from './export-task.ts'
import { noteOlderCanvas } from './first-contact.ts'
import { nothingDelivered } from './found-cause.ts'
import { awaited, confirms, handOverOf, isOverdue } from './hand-over.ts'
import { holds } from './holds.ts'
import { layOut } from './layout.ts'
import { linkNames } from './link-names.ts'
import { ownedRevision, packageNameFor } from './naming.ts'
import { alreadyPackaged, type Outcome, stillWaiting } from './outcome.ts'
import type { PackagingPorts } from './ports.ts'
import { createRunProgress } from './run-progress.ts'
import { sameButForTime } from './same-but-for-time.ts'
import { createShelf } from './shelf.ts'
import { storeAttachments } from './store-attachments.ts'
import { storeDocuments } from './store-documents.ts'
import { storeMembers } from './store-members.ts'

/**
 * The story of the product: a notebook entry becomes a revision of its package. Whatever goes wrong is thrown and judged
 * by the worker; a run that is started again after a crash continues with what its journal holds.
 */
export const packageEntry = async (job: Job<EntryState>, ports: PackagingPorts): Promise<Outcome> => {
  const { benchling, registry, publisher, clock, limits, config } = ports
  const { run, steps, signal } = job
  const progress = createRunProgress(job, clock)
  const entryId = job.key.slice('entry:'.length)

  // What does the entry say, and is that what its package says already?
  const entry = await steps.timed('read entry', () => benchling.entry(entryId, signal))
  const name = packageNameFor(config.prefix, entry)
  await progress.read(entry, name)
  const current = ownedRevision(entry, await currentRevision(name, job.state, ports, signal))
  const base = await steps.once('base', async () => current?.topHash ?? null)
  await noteOlderCanvas(job, name, current, ports)
  const facts = renderEntryData(entry)
  const digest = contentDigest(entry)
  const shelf = createShelf({ registry, name, current, run: run.id, steps, onFile: progress.stored })
  const handedOver = awaited(job, name, { facts, digest })
  // What Quilt was asked for meanwhile may still come, and say something else.
  const exactly = !handedOver && job.state.handedOver?.packageName === name
  const saysSo = async (revision: Revision) =>
    holds(revision, DOCUMENT_KEYS.entryData, facts) ||
    (!exactly && nothingDelivered(run.causes) && (await sameButForTime(registry, revision, facts, signal)))
  const isMade = async (revision: Revision, its: HandOver) =>
    confirms(revision, its) || (revision.topHash !== its.replaced && (await saysSo(revision)))
  if (!run.forced && current && (await (handedOver ? isMade(current, handedOver) : saysSo(current)))) {
    await shelf.clear(current.entries, signal)
    return alreadyPackaged(current, entry.displayId, { base, handedOver })
  }
  if (handedOver)
    return stillWaiting({ ...handedOver, overdue: isOverdue(handedOver, clock.now()) }, name, entry.displayId)
  await publisher.ready(signal)

  // Benchling makes the export; its directory says what is in it.
  await progress.phase('exporting')
  const task = await exportTask(steps, facts, () => benchling.startExport(entry.id, signal))
  const { download } = await steps.timed(
    'wait for export',
    () => benchling.finishedExport(task, signal),
    ({ polls }) => ({ polls }),
  )
  using archive = await steps.timed(
    'open archive',
    () => ports.openArchive(download, limits, signal),
    ({ members, archiveBytes }) => ({ members: members.length, archiveBytes }),
  )
  const attachments = await steps.timed(
    'compare attachments',
    () => compareAttachments(entry, archive.members, benchling, signal),
    ({ lacking, missing }) => ({ lacking: lacking.length, missing: missing.length }),
  )
  const layout = layOut(archive.members, attachments.lacking, notebookTables(entry))

  // Every file goes into the store, hashed and checked while it flows.
  await progress.uploading({
    files: layout.members.length + layout.attachments.length,
    bytes: [...archive.members, ...attachments.lacking].reduce((sum, { size }) => sum + (size ?? 0), 0),
  })
  const exported = await steps.timed(
    'store members',
    () => storeMembers({ archive, placed: layout.members, task, ports, shelf }, signal),
    (objects) => ({ files: objects.length, requests: archive.requests }),
  )
  const fetched = await steps.timed(
    'store attachments',
    () => storeAttachments({ entryId, placed: layout.attachments, ports, shelf }, signal),
    (objects) => ({ files: objects.length }),
  )
  await steps.flush()

  // Documents say what the package is and what it can be found by.
  const tables = layout.tables.map(({ table, key }) => ({ key, bytes: renderTable(table), table }))
  const names = await steps.timed(
    'name links',
    () => linkNames(allReferences(entry), current, benchling, signal),
    (all) => ({ links: all.size }),
  )
  const { meta, documents } = renderDocuments({
    entry,
    name,
    facts,
    files: [
      ...contentFiles([...exported, ...fetched]),
      ...tables.map(({ key, bytes }) => ({ key, size: bytes.length })),
    ],
    exported: exported.length,
    fetched: contentFiles(fetched),
    missing: attachments.missing,
    tables: tables.map(({ key, table }) => ({ key, name: table.name, rows: table.rows.length })),
    renamed: layout.renamed,
    linkNames: names,
    registry,
    tenantHost: config.tenantHost,
    pkgKey: config.pkgKey,
  })
  const written = await steps.timed('store documents', () =>
    storeDocuments([...tables, ...documents], shelf, ports, signal),
  )

  // A revision makes all of it visible at once, or says that nothing is new. Nothing else stays.
  await progress.phase('publishing')
  const entries = [...exported, ...fetched, ...written].map((object) => ({ ...object, meta: {} }))
  const message = commitMessage(run.causes)
  await shelf.clear(entries, signal)
  const draft = { name, run: run.id, message, meta, entries, current }
  const published = await steps.timed(
    'publish',
    () => publisher.publish(draft, signal, shelf.publishing, (step, work) => steps.once(step, work)),
    ({ status, topHash }) => ({ status, topHash }),
  )
  const common = {
    package: name,
    displayId: entry.displayId,
    files: published.files,
    bytes: published.bytes,
    export: {
      taskId: task,
      archiveBytes: archive.archiveBytes,
      members: archive.members.length,
      requests: archive.requests,
      attachmentsFetched: fetched.length,
      attachmentsMissing: attachments.missing.length,
      renamed: layout.renamed.length,
    },
  }
  if (published.status === 'handedOver') {
    const handOver = handOverOf(published, { name, facts, digest, replaced: base, at: clock.now() })
    return { ...common, status: 'handedOver', topHash: handOver.topHash, handOver }
  }
  const { topHash } = published
  const isOld = published.status === 'unchanged' && topHash === base
  return { ...common, status: isOld ? 'unchanged' : 'published', topHash }
}
