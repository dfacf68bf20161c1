import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { knownSystemFiles } from '../packaging/packager-room.ts'
import { BUCKET, type Cloud } from './cloud.ts'
import { python, pythonEnvironment } from './quilt3.ts'
import { scratch, start, tool } from './tools.ts'

const SCRIPT = 'packager_stand_in.py'

/** A revision that the stand-in for Quilt's packager made. */
export type MadeRevision = {
  readonly name: string
  readonly topHash: string
  /** The message as it was received, where it came from a queue. */
  readonly body?: string
  readonly keys: string[]
  /** The event of its pointer, and what `latest` held when it was raised. */
  readonly events: readonly { readonly event: unknown; readonly latest: string | null }[]
}

/** Has quilt3 build what these messages ask for, one after the other. Throws what quilt3 says. */
export const askPackager = async (
  messages: readonly string[],
  env: Record<string, string>,
): Promise<MadeRevision[]> => {
  const home = await scratch()
  try {
    return (await python(SCRIPT, ['once', ...messages], home.path, env)) as MadeRevision[]
  } finally {
    await home.remove()
  }
}

/**
 * Starts the packager as a process of its own, which takes messages from one SQS queue and sends the events of its pointers
 * to another; it prints a JSON line for each message. `env` names the endpoints, and may name a file as
 * `PACKAGER_HOLD_LATEST`: while that exists, `latest` is not written. End it with `stop`.
 */
export const startPackager = (
  queueUrl: string,
  eventQueueUrl: string,
  home: string,
  env: Record<string, string>,
): ChildProcess =>
  start(tool('python'), ['-I', join(import.meta.dirname, SCRIPT), 'poll', queueUrl, eventQueueUrl], {
    ...pythonEnvironment(home),
    ...env,
  })

/** Puts down what the known system leaves of an entry, and gives the message it would send (peer-service.md §2.3, §2.6). */
export const olderPackage = async (
  cloud: Cloud,
  entry: { readonly id: string; readonly displayId: string },
  canvasId: string,
): Promise<string> => {
  const name = `benchling/${entry.displayId}`
  const log = createLog('silent')
  const store = await createS3Store({ ...cloud.s3Address, bucket: BUCKET, clock: systemClock, log })
  const files = knownSystemFiles(entry, { 'notes.pdf': 'PDF' }, canvasId)
  const { signal } = new AbortController()
  for (const [key, text] of Object.entries(files))
    await store.write(`${name}/${key}`, Buffer.from(text), null, signal)
  return JSON.stringify({
    source_prefix: `s3://${BUCKET}/${name}/`,
    registry: BUCKET,
    package_name: name,
    metadata_uri: 'entry.json',
    commit_message: 'Benchling v2.canvas.created',
  })
}
