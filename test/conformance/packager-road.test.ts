import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createS3PackagePrefix } from '../../src/aws/s3-package-prefix.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import { ownFiles } from '../../src/packaging/own-files.ts'
import { readPackageEvent } from '../../src/packaging/package-event.ts'
import { createPackagerPublisher } from '../../src/registry/packager-publisher.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { inPlace } from '../../src/registry/reuse.ts'
import { bare } from '../packaging/entries.ts'
import { knownSystemFiles } from '../packaging/packager-room.ts'
import { Workshop } from '../packaging/workshop.ts'
import { describePackagePrefix } from '../registry/package-prefix-contract.ts'
import { type Emulator, startMoto, startVersitygw } from './emulators.ts'
import { askPackager, type MadeRevision, startPackager } from './packager.ts'
import { type CheckedPackage, checkRegistry, problemsOf } from './quilt3.ts'
import { scratch, stop } from './tools.ts'

const NAME = 'benchling/EXP1'
const LOOK_MS = 60_000
const { signal } = new AbortController()

const EMULATORS = [
  ['moto', startMoto],
  ['versitygw', startVersitygw],
] as const

const prefixOf = ({ address }: Emulator, bucket: string) =>
  createS3PackagePrefix({ ...address, bucket, clock: systemClock, log: createLog('silent') })

// Not versitygw 1.8 over a folder: there an overwritten object keeps the user metadata of the one before, and an object
// stored again under a hidden key stays hidden. S3 and moto do neither.
describePackagePrefix('A bucket of moto', async () => {
  const emulator = await startMoto()
  const store = await emulator.createBucket('folders', true)
  return { store, prefix: await prefixOf(emulator, 'folders'), stop: emulator.close }
})

/** An entry whose revisions quilt3 builds from the messages we send. */
const openRoad = async (emulator: Emulator, bucket: string) => {
  const store: ObjectStore = await emulator.createBucket(bucket, true)
  const prefix = await prefixOf(emulator, bucket)
  const waiting: string[] = []
  const queue = { send: async (body: string) => `message-${waiting.push(body)}` }
  const room = { store, objects: async () => [], close: async () => {} }
  const shop = new Workshop(room, bare(), (ports) => {
    const registry = createRegistry(store, ports.clock, { workflow: null, reuse: inPlace(prefix) })
    const own = ownFiles(registry)
    const publisher = createPackagerPublisher({ store, prefix, queue, workflow: null, own })
    return { ...ports, registry, publisher }
  })
  const state = async () => (await shop.jobs.subjects.get(shop.key))!.state as unknown as EntryState
  return {
    shop,
    state,
    put: (key: string, text: string) => store.write(`${NAME}/${key}`, Buffer.from(text), null, signal),
    /** Something happened to the entry: what we expect of the revision, and what quilt3 made of our message. */
    packaged: async (): Promise<{ expected: string | null; made: MadeRevision }> => {
      await shop.event()
      await shop.worker.idle()
      const { handedOver } = await state()
      const [made] = await askPackager(waiting.splice(0), emulator.env)
      await shop.world.clock.advance(LOOK_MS)
      await shop.worker.idle()
      return { expected: handedOver!.topHash, made: made! }
    },
  }
}

describe.each(EMULATORS)('quilt3 as the packager, on %s', (_, start) => {
  let emulator: Emulator
  let road: Awaited<ReturnType<typeof openRoad>>
  let checked: CheckedPackage[]
  const made: MadeRevision[] = []
  const expected: (string | null)[] = []
  const revisions: (string | undefined)[] = []
  const statuses: unknown[] = []

  beforeAll(async () => {
    emulator = await start()
    road = await openRoad(emulator, 'road')
    const { shop } = road
    const next = async (files: Readonly<Record<string, string>>, name: string) => {
      shop.world.exporting(files)
      shop.world.benchling.entryNow = bare({ name })
      const its = await road.packaged()
      made.push(its.made)
      expected.push(its.expected)
      revisions.push((await road.state()).revision?.topHash)
    }
    const files = { 'a.pdf': 'PDF', 'data/Größe µ.csv': 'a,b', 'empty.txt': '', 'gone.csv': 'x' }
    await next(files, 'First')
    const { 'gone.csv': _gone, ...kept } = files
    await next(kept, 'Without a file')
    await road.put('by hand/note.txt', 'from somebody')
    await next({ ...kept, 'a.pdf': 'another PDF' }, 'With a file of somebody else')
    await next({ ...kept, 'a.pdf': 'a third PDF' }, 'Ü 0.00001 😀')
    await shop.event('press')
    await shop.worker.idle()
    statuses.push(...(await shop.runs()).map((run) => run.summary.status))
    checked = await checkRegistry('s3://road', emulator.env)
  })
  afterAll(async () => {
    await road?.shop.close()
    await emulator?.close()
  })

  it('makes of our message exactly the revision we expect, except where files of others are in it', () => {
    const theirs = made.map(({ topHash }) => topHash)
    expect(expected).toEqual([theirs[0], theirs[1], null, theirs[3]])
    expect(new Set(theirs).size).toBe(4)
  })

  it('raises the event before `latest` names the revision', () => {
    for (const { topHash, events } of made) {
      expect(events).toHaveLength(1)
      expect(events[0]!.latest).not.toBe(topHash)
      expect(readPackageEvent(JSON.stringify(events[0]!.event))).toMatchObject({
        bucket: 'road',
        name: NAME,
        topHash,
      })
    }
  })

  it('makes what our record confirms, and is asked for nothing when nothing changed', () => {
    expect(revisions).toEqual(made.map(({ topHash }) => topHash))
    expect(statuses).toEqual([...Array(4).fill(['handedOver', 'confirmed']).flat(), 'unchanged'])
  })

  it('finds no file that the entry lost, and leaves what others put there', () => {
    const has = (key: string) => made.map(({ keys }) => keys.includes(key))
    expect(has('gone.csv')).toEqual([true, false, false, false])
    expect(has('by hand/note.txt')).toEqual([false, false, true, true])
  })

  it('makes revisions that stay whole: every one installs, verifies and has its top hash', () => {
    expect(problemsOf(checked)).toEqual([])
    const pointers = checked[0]!.revisions.filter(({ pointer }) => pointer !== 'latest')
    expect(new Set(pointers.map(({ topHash }) => topHash))).toEqual(
      new Set(made.map(({ topHash }) => topHash)),
    )
    for (const { userMeta } of pointers) expect(userMeta).toMatchObject({ entry_id: 'etr_Bare1' })
  })
})

describe('a package that quilt3 built of what the known system left', () => {
  it('is followed by ours: its canvas is adopted, its files replaced, its revision stays whole', async () => {
    const emulator = await startMoto()
    const road = await openRoad(emulator, 'switch')
    const { shop } = road
    try {
      const left = knownSystemFiles(bare(), { 'a.pdf': 'PDF', 'old name.csv': 'x' }, 'cnvs_Old1')
      for (const [key, text] of Object.entries(left)) await road.put(key, text)
      const message = {
        source_prefix: `s3://switch/${NAME}/`,
        registry: 'switch',
        package_name: NAME,
        metadata_uri: 'entry.json',
        commit_message: 'Benchling v2.canvas.created',
      }
      const [before] = await askPackager([JSON.stringify(message)], emulator.env)
      shop.world.exporting({ 'a.pdf': 'PDF', 'new name.csv': 'x' })
      const { expected, made } = await road.packaged()
      expect(made.topHash).toBe(expected)
      expect(made.keys).not.toContain('old name.csv')
      expect(await shop.jobs.subjects.get('canvas:cnvs_Old1')).toMatchObject({
        state: { entryId: 'etr_Bare1' },
      })
      const checked = await checkRegistry('s3://switch', emulator.env)
      expect(problemsOf(checked)).toEqual([])
      expect(checked[0]!.revisions.map(({ topHash }) => topHash)).toContain(before!.topHash)
    } finally {
      await shop.close()
      await emulator.close()
    }
  })
})

describe('the stand-in for the packager as a process', () => {
  it('takes messages from a queue and sends the events of its pointers to another', async () => {
    const emulator = await startMoto()
    const home = await scratch()
    const sqs = new SQSClient(emulator.address)
    const queueOf = async (name: string) =>
      (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl!
    const [queue, events] = [await queueOf('packager'), await queueOf('events')]
    const store = await emulator.createBucket('polled', true)
    await store.write(`${NAME}/entry.json`, Buffer.from('{"entry_id":"etr_Bare1"}'), null, signal)
    const packager = startPackager(queue, events, home.path, {
      ...emulator.env,
      AWS_ENDPOINT_URL_SQS: String(emulator.address.endpoint),
    })
    try {
      const lines = createInterface({ input: packager.stdout! })
      const message = {
        source_prefix: `s3://polled/${NAME}/`,
        package_name: NAME,
        metadata_uri: 'entry.json',
        commit_message: 'm',
      }
      const printed = once(lines, 'line')
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify(message) }))
      const [line] = await printed
      const { topHash } = JSON.parse(String(line)) as MadeRevision
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: events, WaitTimeSeconds: 5 }))
      expect(readPackageEvent(Messages![0]!.Body!)).toMatchObject({ bucket: 'polled', name: NAME, topHash })
      const registry = createRegistry(store, systemClock, { workflow: null })
      expect((await registry.current(NAME as never, signal))!.topHash).toBe(topHash)
    } finally {
      await stop(packager)
      sqs.destroy()
      await home.remove()
      await emulator.close()
    }
  })
})
