import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { SESSION_LIFE_SECONDS } from '../../src/canvas/session-calls.ts'
import { SESSIONS_PAUSE_MS, SESSIONS_REFUSED_MS } from '../../src/canvas/session-trouble.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { SessionLab } from './session-lab.ts'

const REVISION = { topHash: 'ab'.repeat(32), files: 3, bytes: 1_000, unchangedAt: null }
const HANDED = { topHash: null, packageName: 'benchling/EXP1', messageId: 'msg-1', files: 3, bytes: 1_000 }

const EXPORTS = 'INFO Benchling prepares the export.'
const UPLOADS = 'INFO Uploading the documents of the entry.'
const PUBLISHES = 'INFO Publishing the revision.'
const PACKAGED = 'SUCCESS Packaged as revision ababababab: 3 files, 1.0 kB.'

const startLab = async () => {
  const lab = await SessionLab.start()
  const ends = () => ({ ends: { revision: { ...REVISION, publishedAt: lab.clock.now() } } })
  const says = (id: string, line: string) => lab.until(() => lab.banner(id)?.says.includes(line) === true)
  const is = (id: string, status: string) => lab.until(() => lab.banner(id)?.status === status)
  return { lab, ends, says, is }
}

const pauses = (times: readonly number[]): number[] => times.slice(1).map((at, before) => at - times[before]!)

describe('A run that people notice', () => {
  it('has a banner from its export to its outcome, in five calls', async () => {
    const { lab, ends, says, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    await lab.until(() => lab.shows(id).includes('**Reading**'))
    expect(lab.banner(id)).toBeNull()

    lab.order('exporting')
    await says(id, EXPORTS)
    const { sessionId } = lab.tenant.canvases.get(id)
    expect(lab.tenant.sessions.get(sessionId!)).toMatchObject({
      name: 'Packaging EXP1',
      timeoutSeconds: SESSION_LIFE_SECONDS,
    })
    lab.order('uploading')
    await says(id, UPLOADS)
    lab.order('publishing')
    await says(id, PUBLISHES)
    expect(lab.banner(id)?.status).toBe('RUNNING')
    lab.order(ends())
    await is(id, 'SUCCEEDED')
    expect(lab.banner(id)?.says).toEqual([EXPORTS, UPLOADS, PUBLISHES, PACKAGED])
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'tell 200', 'tell 200', 'end SUCCEEDED 200'])
    expect(lab.tenant.canvases.get(id).sessionId).toBe(sessionId)
  })

  it('has one on each canvas, and the next run has another', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const ids = [await lab.insert(), await lab.insert()]
    const first = new Set<string | null>()
    for (const round of [1, 2]) {
      await lab.ask()
      lab.order('exporting')
      for (const id of ids) await is(id, 'RUNNING')
      lab.order(ends())
      for (const id of ids) {
        await is(id, 'SUCCEEDED')
        await lab.rests(id)
        first.add(lab.tenant.canvases.get(id).sessionId)
      }
      expect(first.size).toBe(2 * round)
    }
    expect(lab.calls.filter((call) => call === 'create 201')).toHaveLength(4)
    expect(lab.calls).toHaveLength(4 * 3)
  })

  it('that finds nothing new at once has none', async () => {
    const { lab, ends } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    await lab.until(() => lab.shows(id).includes('**Reading**'))
    lab.order(ends())
    await lab.until(() => lab.shows(id).includes('**Packaged**'))
    await lab.rests(id)
    expect(lab.calls).toEqual([])
  })

  it('that fails is RUNNING with a warning while it is tried again, each reason told once', async () => {
    const { lab, ends, says, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await says(id, EXPORTS)
    // Waited for so long that the canvas is surely drawn between two tries.
    const fault = () => new Fault('store.forbidden')
    const warning = 'WARNING The service may not read or write the registry. It is tried again.'
    lab.order(fault())
    await says(id, warning)
    for (let tries = 0; tries < 2; tries++) {
      const before = await lab.failedAt()
      lab.order('exporting', fault())
      await lab.until(async () => (await lab.failedAt()) !== before)
      await lab.until(() => lab.shows(id).includes('**Failed**'))
    }
    expect(lab.banner(id)).toEqual({ status: 'RUNNING', says: [EXPORTS, warning] })
    lab.order('exporting', ends())
    await is(id, 'SUCCEEDED')
    expect(lab.banner(id)?.says).toEqual([EXPORTS, warning, PACKAGED])
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'tell 200', 'end SUCCEEDED 200'])
  })

  it('that is given up has FAILED, with the reason and what to do, until somebody presses a button', async () => {
    const { lab, is, ends } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    lab.order(new Fault('archive.encrypted', { bucket: 'arn:aws:s3:::secret' }))
    await is(id, 'FAILED')
    expect(lab.banner(id)?.says).toMatchSnapshot()
    await lab.rests(id)

    const before = lab.calls.length
    await lab.press(id)
    await lab.until(() => lab.banner(id) === null)
    await lab.rests(id)
    expect(lab.calls.slice(before)).toEqual(['detach 200'])
    await lab.press(id)
    await lab.rests(id)
    expect(lab.calls.slice(before)).toEqual(['detach 200'])

    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    lab.order(ends())
    await is(id, 'SUCCEEDED')
  })

  it('that Quilt is asked for waits with its banner, which warns when Quilt is late and goes when it was done', async () => {
    const { lab, is, says, ends } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    const facts = { size: 1, hash: 'x' }
    const at = lab.clock.now()
    lab.order({ ends: { handedOver: { ...HANDED, at, facts, overdue: false } } })
    await says(id, 'INFO Handed to Quilt, which makes the revision.')
    expect(lab.banner(id)?.status).toBe('RUNNING')

    await lab.ask()
    lab.order({ ends: { handedOver: { ...HANDED, at, facts, overdue: true } } })
    await is(id, 'COMPLETED_WITH_WARNINGS')
    await lab.rests(id)

    await lab.ask()
    lab.order({ ends: { handedOver: null, ...ends().ends } })
    await lab.until(() => lab.banner(id) === null)
    expect(lab.shows(id)).toContain('**Packaged**')
  })
})

describe('Where sessions are refused', () => {
  it('canvases are drawn without; nobody asks again for a while, then they are there', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    lab.tenant.faults.set('sessions-refused', true)
    for (let round = 0; round < 3; round++) {
      await lab.ask()
      lab.order('exporting')
      await lab.until(() => lab.shows(id).includes('**Exporting**') && lab.calls.length > 0)
      lab.order(ends())
      await lab.until(() => lab.shows(id).includes('**Packaged**'))
      await lab.rests(id)
      expect(lab.tenant.canvases.get(id).enabled).toBe(true)
      expect(lab.banner(id)).toBeNull()
    }
    expect(new Set(lab.calls)).toEqual(new Set(['create 403']))
    expect(pauses(lab.times).filter((ms) => ms < SESSIONS_REFUSED_MS)).toEqual([])

    lab.tenant.faults.clear()
    lab.clock.advance(SESSIONS_REFUSED_MS)
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    lab.order(ends())
    await is(id, 'SUCCEEDED')
  })

  it('in the middle of a run, its banner goes, and comes back with the next run', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    await lab.rests(id)
    lab.tenant.faults.set('sessions-refused', 1)
    lab.order('publishing')
    await lab.until(() => lab.banner(id) === null)
    lab.order(ends())
    await lab.until(() => lab.shows(id).includes('**Packaged**'))
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'tell 403', 'detach 200'])
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
  })

  it('a session that Benchling has ended itself is not changed any more, and goes', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    lab.process('one')
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    await lab.rests(id)
    lab.tenant.sessions.change(lab.tenant.canvases.get(id).sessionId!, { status: 'FAILED' })
    lab.order(ends())
    await lab.until(() => lab.banner(id) === null)
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'end SUCCEEDED 403', 'detach 200'])
  })
})

describe.each(['benchling.forbidden', 'benchling.rejected'] as const)(
  'Where a canvas takes no session (%s)',
  (code) => {
    it('the session is in the list of the app’s activity only, with its outcome', async () => {
      const { lab, ends } = await startLab()
      await using _ = lab
      lab.process('one', ({ benchling }) => ({
        benchling: {
          updateCanvas: async (id, patch, signal) => {
            if (typeof patch.sessionId === 'string') throw new Fault(code)
            return benchling.updateCanvas(id, patch, signal)
          },
        },
      }))
      const id = await lab.insert()
      await lab.ask()
      lab.order('exporting')
      await lab.until(() => lab.calls.length > 0)
      await lab.rests(id)
      lab.order(ends())
      await lab.until(async () => (await lab.session(id))?.ended !== null)
      expect(lab.calls).toEqual(['create 201', 'end SUCCEEDED 200'])
      expect(lab.tenant.canvases.get(id).enabled).toBe(true)
    })

    it('nor gives one back, a click is answered all the same', async () => {
      const { lab, ends, is } = await startLab()
      await using _ = lab
      lab.process('one', ({ benchling }) => ({
        benchling: {
          updateCanvas: async (id, patch, signal) => {
            if (patch.sessionId === null) throw new Fault(code)
            return benchling.updateCanvas(id, patch, signal)
          },
        },
      }))
      const id = await lab.insert()
      await lab.ask()
      lab.order('exporting')
      await is(id, 'RUNNING')
      lab.order(ends())
      await is(id, 'SUCCEEDED')
      await lab.rests(id)
      await lab.press(id)
      await lab.rests(id)
      expect(lab.tenant.canvases.get(id).enabled).toBe(true)
      expect(lab.shows(id)).toContain('**Packaged**')
      expect(lab.banner(id)?.status).toBe('SUCCEEDED')
    })
  },
)

describe('Where session calls fail for a while', () => {
  it('the canvas is drawn and enabled all the same, and its session ends by itself when they work again', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    let tries = 0
    lab.process('one', ({ benchling }) => ({
      benchling: {
        updateSession: async (...given) => {
          if (++tries < 3) throw new Fault('benchling.unavailable')
          return benchling.updateSession(...given)
        },
      },
    }))
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    lab.order(ends())
    await lab.until(() => lab.shows(id).includes('**Packaged**'))
    expect(lab.tenant.canvases.get(id).enabled).toBe(true)
    const at = lab.clock.now()
    await is(id, 'SUCCEEDED')
    expect(lab.clock.now() - at).toBeGreaterThanOrEqual(SESSIONS_PAUSE_MS)
    await lab.rests(id)
    expect(tries).toBe(3)
  })

  it('a banner that is not true any more is taken away when that works again', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    let refused = 0
    lab.process('one', ({ benchling }) => ({
      benchling: {
        updateCanvas: async (id, patch, signal) => {
          if (patch.sessionId === null && ++refused < 3) throw new Fault('benchling.forbidden')
          return benchling.updateCanvas(id, patch, signal)
        },
      },
    }))
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await is(id, 'RUNNING')
    await lab.rests(id)
    lab.tenant.faults.set('sessions-refused', 1)
    lab.order(ends())
    await lab.until(() => lab.banner(id) === null)
    expect(refused).toBe(3)
    expect(lab.calls.at(-1)).toBe('detach 200')
  })

  it('a session that could not be recorded is attached only when it is', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    let loses = false
    lab.process('one', ({ benchling, subjects }) => ({
      benchling: {
        createSession: async (...given) => {
          const made = await benchling.createSession(...given)
          loses = true
          return made
        },
      },
      subjects: {
        change: async (key, ...given) => {
          if (loses && key.startsWith('canvas:')) {
            loses = false
            throw new Fault('jobs.store_unavailable')
          }
          return subjects.change(key, ...given)
        },
      },
    }))
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await lab.until(async () => (await lab.session(id)) !== null)
    await lab.rests(id)
    expect(await lab.session(id)).toMatchObject({ attached: false })
    expect(lab.calls).toEqual(['create 201'])
    lab.clock.advance(SESSIONS_PAUSE_MS)
    await lab.press(id)
    await is(id, 'RUNNING')
    lab.order(ends())
    await is(id, 'SUCCEEDED')
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'end SUCCEEDED 200'])
  })

  it('a call that does not come back holds up no click for longer than a few seconds', async () => {
    const { lab, ends } = await startLab()
    await using _ = lab
    const asked: number[] = []
    lab.process('one', () => ({
      benchling: {
        createSession: (_session, signal) => {
          asked.push(lab.clock.now())
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          })
        },
      },
    }))
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await lab.until(() => asked.length > 0)
    for (let press = 0; press < 4; press++) {
      const at = lab.clock.now()
      await lab.press(id)
      await lab.rests(id)
      expect(lab.clock.now() - at).toBeLessThan(10_000)
      expect(lab.tenant.canvases.get(id).enabled).toBe(true)
    }
    lab.order(ends())
    await lab.until(() => lab.shows(id).includes('**Packaged**'))
    expect(pauses(asked).filter((ms) => ms < SESSIONS_PAUSE_MS)).toEqual([])
  })
})

/** Makes a process die at a moment: no write of it is recorded any more. */
const mortal = (moment: 'created' | 'attached') => {
  let dead = false
  return {
    isDead: () => dead,
    meddle: (({ benchling, subjects }) => {
      const unlessDead = <A extends unknown[], R>(call: (...given: A) => Promise<R>) => {
        return async (...given: A): Promise<R> => {
          if (dead) throw new Fault('jobs.store_unavailable')
          return call(...given)
        }
      }
      return {
        benchling: {
          createSession: async (...given) => {
            const made = await benchling.createSession(...given)
            dead ||= moment === 'created'
            return made
          },
          updateCanvas: async (id, patch, signal) => {
            const canvas = await benchling.updateCanvas(id, patch, signal)
            dead ||= moment === 'attached' && typeof patch.sessionId === 'string'
            return canvas
          },
        },
        subjects: {
          get: unlessDead(subjects.get),
          change: unlessDead(subjects.change),
          touch: unlessDead(subjects.touch),
          due: unlessDead(subjects.due),
        },
      }
    }) satisfies Parameters<SessionLab['process']>[1],
  }
}

describe('A process that dies', () => {
  it('before the session is recorded leaves one without a canvas, which ends by itself', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    const { meddle, isDead } = mortal('created')
    lab.process('one', meddle)
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await lab.until(isDead)
    lab.process('two')
    await lab.worksOn('two')
    lab.order('exporting')
    await is(id, 'RUNNING')
    lab.order(ends())
    await is(id, 'SUCCEEDED')
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'create 201', 'attach 200', 'end SUCCEEDED 200'])
  })

  it('before the rest is recorded leaves its session to the next, which ends it with what came of the run', async () => {
    const { lab, ends, is } = await startLab()
    await using _ = lab
    const { meddle, isDead } = mortal('attached')
    lab.process('one', meddle)
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await lab.until(isDead)
    lab.process('two')
    await lab.worksOn('two')
    await lab.until(async () => (await lab.session(id))?.attached === true)
    lab.order(ends())
    await is(id, 'SUCCEEDED')
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'attach 200', 'end SUCCEEDED 200'])
  })
})

describe('Two processes on the same records', () => {
  it('have one session for a canvas and run between them, however often it is drawn', async () => {
    const { lab, ends, says, is } = await startLab()
    await using _ = lab
    const drawn = new Set<string>()
    for (const name of ['one', 'two'])
      lab.process(name, ({ benchling }) => ({
        benchling: {
          updateCanvas: (id, patch, signal) => {
            drawn.add(name)
            return benchling.updateCanvas(id, patch, signal)
          },
        },
      }))
    const id = await lab.insert()
    await lab.ask()
    lab.order('exporting')
    await says(id, EXPORTS)
    for (let press = 0; press < 20 || drawn.size < 2; press++) {
      await lab.press(id)
      await lab.rests(id)
    }
    lab.order('publishing')
    await says(id, PUBLISHES)
    lab.order(ends())
    await is(id, 'SUCCEEDED')
    await lab.rests(id)
    expect(lab.calls).toEqual(['create 201', 'attach 200', 'tell 200', 'end SUCCEEDED 200'])
  })
})

it('A canvas that was removed ends its session', async () => {
  const { lab, ends, is } = await startLab()
  await using _ = lab
  lab.process('one', ({ benchling }) => ({
    benchling: {
      updateCanvas: async (id, patch, signal) => {
        if (removed && patch.blocks) throw new Fault('benchling.not_found')
        return benchling.updateCanvas(id, patch, signal)
      },
    },
  }))
  let removed = false
  const id = await lab.insert()
  await lab.ask()
  lab.order('exporting')
  await is(id, 'RUNNING')
  removed = true
  lab.order('publishing')
  await is(id, 'COMPLETED_WITH_WARNINGS')
  lab.order(ends())
  const key: Key = `canvas:${id}`
  await lab.rests(id)
  expect((await lab.session(id))?.ended?.as).toBe('removed')
  expect(await lab.jobs.subjects.watching('entry:etr_8Qk2RmZa')).not.toContain(key)
})
