import { beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { LabConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseSecret } from '../../src/config/secret.ts'
import type { Lab } from '../../src/service/lab.ts'
import { fixedLab, type LabSource } from '../../src/service/lab-source.ts'
import { createLabs, type Labs, withLab } from '../../src/service/labs.ts'
import { LAB_SECRET } from '../support/lab-secret.ts'

const { secret } = loadConfig({ BenchlingSecret: 'lab', JOBS_TABLE: 'jobs' })
const labOf = (prefix: string): LabConfig =>
  parseSecret(JSON.stringify({ ...LAB_SECRET, pkg_prefix: prefix }), secret!)

/** A lab whose parts are made when the test says so. */
type Making = { readonly config: LabConfig; done(): void; fail(fault: Fault): void }

let known: LabConfig | null
let tell: (lab: LabConfig) => void
let making: Making[]
let lines: string[]
let labs: Labs
let heard: string[]

const change = (prefix: string): void => {
  known = labOf(prefix)
  tell(known)
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  known = null
  making = []
  lines = []
  heard = []
  const source: LabSource = {
    ...fixedLab(labOf('x')),
    known: () => {
      if (known) return known
      throw new Fault('config.secret_missing')
    },
    onChange: (listener) => {
      tell = listener
    },
  }
  const maker = {
    make: (config: LabConfig) =>
      new Promise<Lab>((resolve, reject) => {
        making.push({ config, done: () => resolve({ config } as Lab), fail: reject })
      }),
  }
  labs = createLabs(source, maker, createLog('info', { write: (line: string) => void lines.push(line) }))
  labs.onMade(({ config }) => heard.push(config.packages.prefix))
})

describe('the lab that is configured', () => {
  test('is not there while nothing is known of it', async () => {
    await expect(labs.current()).rejects.toMatchObject({ code: 'config.secret_missing' })
    expect(() => labs.made()).toThrow('config.secret_missing')
    change('a')
    expect(() => labs.made()).toThrow('config.secret_unavailable')
  })

  test('is made once for all who ask', async () => {
    change('a')
    const asked = [labs.current(), labs.current(), labs.first]
    making[0]?.done()
    expect(new Set(await Promise.all(asked)).size).toBe(1)
    expect(making).toHaveLength(1)
  })

  test('is the newest of two that follow one another quickly, whichever is made first', async () => {
    change('a')
    change('b')
    making[1]?.done()
    await turn()
    making[0]?.done()
    await turn()
    expect(labs.made().config.packages.prefix).toBe('b')
    expect(heard).toEqual(['b'])
    change('a')
    making[2]?.done()
    await turn()
    expect(labs.made().config.packages.prefix).toBe('a')
  })

  test('whose parts cannot be made is said once and tried again whenever it is asked for; work waits', async () => {
    change('a')
    making[0]?.done()
    await labs.first
    change('b')
    making[1]?.fail(new Fault('config.invalid'))
    await turn()
    for (let at = 2; at < 4; at++) {
      const asked = labs.current()
      making[at]?.fail(new Fault('config.invalid'))
      await expect(asked).rejects.toMatchObject({ code: 'config.invalid' })
    }
    expect(labs.made().config.packages.prefix).toBe('a')
    expect(lines).toHaveLength(1)
    const healed = labs.current()
    making[4]?.done()
    expect((await healed).config.packages.prefix).toBe('b')
    expect(heard).toEqual(['a', 'b'])
  })
})

test('A kind of work keeps its deadline and its lease, and is never given up where it says so', async () => {
  const canvas = { deadlineMs: 1_000, leaseMs: 500, endless: true }
  const labs = { made: () => ({ kinds: { canvas, place: { deadlineMs: 2_000 } } }) } as unknown as Labs
  expect(withLab(labs, 'canvas')).toMatchObject(canvas)
  expect(withLab(labs, 'place')).toMatchObject({ deadlineMs: 2_000, leaseMs: Infinity, endless: false })
})
