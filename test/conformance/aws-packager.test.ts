import type { ChildProcess } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../src/jobs/ports.ts'
import { isPackageName } from '../../src/quilt/names.ts'
import { CANVAS_FEATURE } from '../../src/simulator/notebook.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { cloudEnv } from './cloud.ts'
import { CloudLab } from './cloud-lab.ts'
import { type MadeRevision, olderPackage, startPackager } from './packager.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'
import { scratch, stop } from './tools.ts'

const ID = 'etr_Handed001'
const NAME = 'benchling/EXP501'
const OLDER = { id: 'etr_Older001', displayId: 'EXP502' }
const OLDER_NAME = 'benchling/EXP502'
const [KEPT, GONE] = [file('Größe µ.csv', 'well,od\nA1,0.4\n'), file('gone.fastq', '@r1\nACGT\n+\nIIII\n')]
const ENTRIES = [
  entrySeed(ID, [KEPT, GONE], { displayId: 'EXP501' }),
  entrySeed(OLDER.id, [], { displayId: OLDER.displayId }),
]

const packagedAt = (name: string, topHash: string) =>
  `**Packaged** at revision [${topHash.slice(0, 10)}](https://catalog.example.com/b/lab-data/packages/${name}/tree/${topHash}/)`

/** What happened to the entry: a look for an earlier revision may still have been to come, and was done with it. */
const eventsOf = (run: RunRecord) => run.causes.filter(({ type }) => type !== 'look')

/** The message of peer-service.md §2.6, byte by byte, for a run that one event asked for. */
const messageOf = (run: RunRecord) => {
  const [{ type, at } = { type: '', at: 0 }] = eventsOf(run)
  const second = new Date(at).toISOString().slice(0, 19)
  return `{"source_prefix":"s3://lab-data/${NAME}/","registry":"lab-data","package_name":"${NAME}","metadata_uri":"entry.json","commit_message":"Benchling ${type} at ${second}Z"}`
}

/** Quilt’s packager as a process: what it made so far, and whether it holds back `latest`. */
class Packager implements AsyncDisposable {
  readonly made: MadeRevision[] = []
  readonly #hold: string
  readonly #home: Awaited<ReturnType<typeof scratch>>
  readonly #child: ChildProcess

  private constructor(home: Awaited<ReturnType<typeof scratch>>, hold: string, child: ChildProcess) {
    this.#home = home
    this.#hold = hold
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => this.made.push(JSON.parse(line)))
  }

  static async start({ cloud }: CloudLab): Promise<Packager> {
    const home = await scratch()
    const hold = join(home.path, 'hold')
    await writeFile(hold, '')
    const env = { ...cloudEnv(cloud.moto.url), PACKAGER_HOLD_LATEST: hold }
    return new Packager(home, hold, startPackager(cloud.queues.packager, 'bus', home.path, env))
  }

  holdLatest = () => writeFile(this.#hold, '')
  writeLatest = () => rm(this.#hold)

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#child)
    await this.#home.remove()
  }
}

describe('The main path over Quilt’s packager', () => {
  let lab: CloudLab
  let packager: Packager
  let canvasId: string
  const pointers = async (name: string) => {
    if (!isPackageName(name)) throw new Error(`${name} is no package name`)
    const all = await lab.registry.revisions(name, new AbortController().signal)
    return all.map(({ topHash }) => topHash)
  }
  const latest = async () => {
    const { signal } = new AbortController()
    return isPackageName(NAME) ? ((await lab.registry.current(NAME, signal))?.topHash ?? null) : null
  }
  /** The revision the canvas shows while `latest` names another one; then `latest` follows. */
  const shownBeforeLatest = async (before: string | null): Promise<MadeRevision> => {
    const [topHash] = await lab.until('there is a new pointer', async () => {
      const [newest] = await pointers(NAME)
      return newest !== undefined && newest !== before && [newest]
    })
    await lab.untilShown(canvasId, packagedAt(NAME, topHash!))
    expect(await latest()).toBe(before)
    const number = packager.made.length
    await packager.writeLatest()
    const made = await lab.until('the packager is done', () => packager.made[number])
    expect(made.topHash).toBe(topHash)
    expect(await latest()).toBe(topHash)
    expect(made.events).toEqual([
      {
        event: expect.objectContaining({
          detail: { version: '0.1', type: 'created', bucket: 'lab-data', handle: NAME, topHash },
        }),
        latest: before,
      },
    ])
    return made
  }

  beforeAll(async () => {
    lab = await CloudLab.start({ entries: ENTRIES })
    const task = await lab.serve({ PACKAGER_SQS_URL: lab.cloud.queues.packager, RECONCILE_SECONDS: '0' })
    await lab.known(task)
  })
  afterAll(async () => {
    await packager?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('says it was handed to Quilt, then shows the revision of the event before latest names it', async () => {
    canvasId = (await lab.tenant.insertCanvas(ID)).canvas.id
    await lab.untilShown(canvasId, '**Handed to Quilt, waiting** since')
    expect(lab.shows(canvasId)).not.toContain('Packaged')
    expect(await pointers(NAME)).toEqual([])
    packager = await Packager.start(lab)
    const made = await shownBeforeLatest(null)
    const [run] = await lab.runs(ID)
    expect(eventsOf(run!).map(({ type }) => type)).toEqual(['v2.canvas.created'])
    expect(run!.summary).toMatchObject({ status: 'handedOver', topHash: made.topHash })
    expect(made.body).toBe(messageOf(run!))
    expect(made.keys).toEqual(expect.arrayContaining([KEPT.name, GONE.name]))
  })

  it('makes the next revision without the attachment that was removed', async () => {
    const [before] = packager.made
    await packager.holdLatest()
    const runs = (await lab.runs(ID)).length
    lab.tenant.entries.removeAttachment(ID, GONE.id)
    lab.tenant.entries.update(ID, { fields: { Project: 'Edited µ' } })
    await lab.tenant.save(ID)
    const made = await shownBeforeLatest(before!.topHash)
    expect(made.keys).toEqual(before!.keys.filter((key) => key !== GONE.name))
    const run = (await lab.runs(ID)).slice(runs).find(({ summary }) => summary.status === 'handedOver')
    expect(eventsOf(run!).map(({ type }) => type)).toEqual(['v2.entry.updated.fields'])
    expect(made.body).toBe(messageOf(run!))
  })

  it('sends nothing when nothing changed', async () => {
    const sent = packager.made.length
    const runs = (await lab.runs(ID)).length
    await lab.rest(ID)
    await lab.tenant.created(ID)
    await lab.untilShown(canvasId, 'unchanged at')
    const since = (await lab.runs(ID)).slice(runs)
    expect(since.map(({ summary }) => summary.status)).toContain('unchanged')
    expect(since.map(({ summary }) => summary.status)).not.toContain('handedOver')
    expect(packager.made).toHaveLength(sent)
  })

  it('adopts the canvas that an older entry.json names when an event of that package comes', async () => {
    const { appId } = lab.tenant.canvases.get(canvasId)
    const older = 'cnvs_Older001'
    lab.tenant.canvases.create({ id: older, appId, featureId: CANVAS_FEATURE, resourceId: OLDER.id })
    const number = packager.made.length
    await lab.cloud.call('sqs', 'AmazonSQS.SendMessage', {
      QueueUrl: lab.cloud.queues.packager,
      MessageBody: await olderPackage(lab.cloud, OLDER, older),
    })
    const made = await lab.until('the older package is made', () => packager.made[number])
    await lab.untilShown(older, packagedAt(OLDER_NAME, made.topHash))
    expect(await lab.runs(OLDER.id)).toEqual([])
  })

  it('made exactly these revisions, and quilt3 finds every one of them whole', async () => {
    await lab.rest(ID)
    const checked = await checkRegistry('s3://lab-data', lab.cloud.s3Env)
    expect(problemsOf(checked)).toEqual([])
    const made = (name: string) => packager.made.filter((one) => one.name === name).map((one) => one.topHash)
    expect(checked.map(({ name, latest }) => [name, latest])).toEqual([
      [NAME, made(NAME)[1]],
      [OLDER_NAME, made(OLDER_NAME)[0]],
    ])
    expect((await pointers(NAME)).toSorted()).toEqual(made(NAME).toSorted())
    expect(await pointers(OLDER_NAME)).toEqual(made(OLDER_NAME))
    expect(packager.made).toHaveLength(3)
    const { wire } = lab.cloud
    const own = wire.calls.filter(({ service }) => service === 'sqs').map(({ accessKey }) => accessKey)
    const registry = wire.calls.filter(({ service }) => service === 's3').map(({ accessKey }) => accessKey)
    expect(own.filter((key) => key.startsWith('ASIA'))).toEqual([])
    expect(registry.filter((key) => !key.startsWith('ASIA'))).toEqual([])
    expect(wire.count('sts', 'AssumeRole')).toBe(1)
  })
})
