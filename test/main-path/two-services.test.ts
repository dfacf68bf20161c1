import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { readRouteData } from '../../src/canvas/route.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Service, startService } from '../../src/service/start.ts'
import { AwsAccount } from './support/aws-account.ts'
import { environmentFor, Lab, type LabOptions } from './support/lab.ts'
import { MortalClock } from './support/mortal-clock.ts'
import { entrySeed, file } from './support/seeds.ts'

const ENTRIES = ['etr_Both001', 'etr_Both002']
/** A click that a crash killed is promised to be repaired within half a minute: sooner than a lease of other work ends. */
const REPAIRED_WITHIN_MS = 25_000

type Process = { readonly service: Service; readonly clock: MortalClock }

let account: AwsAccount | null
let lab: Lab
let processes: readonly [Process, Process]
/** Answers to people that are under way, by canvas, and the most there ever were of one. */
let drawing: Map<string, number>
let most: number
/** Asked at every attempt to draw a canvas: true when the tenant breaks the connection. */
let breaks: (canvasId: string) => boolean

const start = async (env: Record<string, string>, more: Pick<LabOptions, 'clock'>): Promise<void> => {
  drawing = new Map()
  most = 0
  breaks = () => false
  let clock: MortalClock | null = null
  lab = await Lab.start({
    env,
    ...more,
    seen: (of) => {
      clock = new MortalClock(of)
      return clock
    },
    tenant: {
      entries: ENTRIES.map((id) => entrySeed(id, [file('a.csv', 'a\n1\n')])),
      intercept: (request, response) => {
        const id = /\/app-canvases\/(\w+)$/.exec(request.url ?? '')?.[1]
        if (request.method !== 'PATCH' || id === undefined) return false
        if (breaks(id)) {
          response.destroy()
          return true
        }
        const now = (drawing.get(id) ?? 0) + 1
        drawing.set(id, now)
        most = Math.max(most, now)
        response.once('close', () => drawing.set(id, drawing.get(id)! - 1))
        return false
      },
    },
  })
  const other = new MortalClock(lab.clock)
  const config = loadConfig({ ...environmentFor(lab.tenant, lab.dir), ...env })
  const service = await startService(config, { log: createLog('silent'), clock: other })
  processes = [
    { service: lab.service, clock: clock! },
    { service, clock: other },
  ]
}

const STORES: [string, () => Promise<void>][] = [
  ['one SQLite file', () => start({}, {})],
  [
    'one DynamoDB table',
    async () => {
      account = await AwsAccount.start()
      await start(account.env(), { clock: account.clock })
    },
  ],
]

/** Two canvases in each entry, drawn. */
const canvases = async (): Promise<string[]> => {
  const inserted = []
  for (const id of [...ENTRIES, ...ENTRIES]) inserted.push((await lab.tenant.insertCanvas(id)).canvas.id)
  await rest()
  return inserted
}

const rest = (): Promise<void> => lab.rest(processes[1].service)

/** A press, also on a button of an earlier screen or on a canvas that is locked, whose delivery goes to this process. */
const press = async (canvasId: string, buttonId: string, to: Process): Promise<void> => {
  lab.tenant.webhookUrl = to.service.url
  lab.tenant.canvases.change(canvasId, { enabled: false })
  const { attempts } = await lab.tenant.deliver({
    type: 'v2.canvas.userInteracted',
    canvasId,
    featureId: 'quilt_entry',
    buttonId,
  })
  expect(attempts.map(({ status }) => status)).toEqual([202])
}

const expectShown = async (canvasId: string, text: string): Promise<void> => {
  const { enabled, data } = lab.tenant.canvases.get(canvasId)
  expect(enabled).toBe(true)
  expect(lab.shows(canvasId)).toContain(text)
  expect(readRouteData(data)).toEqual((await lab.canvas(canvasId)).state.route)
}

describe.each(STORES)('Two services on %s', (_, open) => {
  beforeEach(async () => {
    account = null
    await open()
  })
  afterEach(async () => {
    await processes[1].service.stop(0)
    await lab[Symbol.asyncDispose]()
    await account?.[Symbol.asyncDispose]()
  })

  test('answer clicks on one canvas one at a time, whoever was told of them, and the newest wins', async () => {
    const ids = await canvases()
    const presses = ['metadata', 'files', 'revisions', 'metadata', 'revisions', 'files']
    for (const [at, button] of presses.entries())
      for (const id of ids) await press(id, button, processes[at % 2]!)
    await rest()
    for (const id of ids) await expectShown(id, '## Files')
    expect(most).toBe(1)
    const runs = await lab.service.history.runs({ limit: 500 })
    expect(new Set(runs.map(({ owner }) => owner)).size).toBe(2)
  })

  test('answer a click whose process died within 30 s, and go on without it', async () => {
    const [id = '', sibling = ''] = await canvases()
    const drawer = new Map<string, Process>()
    for (const process of processes)
      process.service.onActivity(({ key, kind }) => {
        if (kind === 'claimed') drawer.set(key, process)
      })
    const killed = new Promise<Process>((resolve) => {
      breaks = (canvasId) => {
        const process = drawer.get(`canvas:${id}`)
        if (canvasId !== id || !process) return false
        breaks = () => false
        process.clock.dead = true
        // What it would hear without any clock is lost, too.
        account?.sqs.drop('bell.fifo')
        resolve(process)
        return true
      }
    })
    await press(id, 'files', processes[0])
    const dead = await killed
    const died = lab.clock.now()
    const alive = processes.find((one) => one !== dead)!
    await press(sibling, 'metadata', alive)
    await drawn(id)
    expect(lab.clock.now() - died).toBeLessThanOrEqual(REPAIRED_WITHIN_MS)
    await rest()
    await expectShown(id, '## Files')
    await expectShown(sibling, '## Metadata')
    await press(id, 'revisions', alive)
    await rest()
    await expectShown(id, '## Revisions')
  })
})

const drawn = (canvasId: string): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (!lab.tenant.canvases.get(canvasId).enabled) return
      lab.tenant.events.off('activity', look)
      resolve()
    }
    lab.tenant.events.on('activity', look)
    look()
  })
