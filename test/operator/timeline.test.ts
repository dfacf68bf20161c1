import { describe, expect, it } from 'vitest'
import type { Delivery, RunRecord, StepRecord } from '../../src/jobs/ports.ts'
import { stepWords } from '../../src/operator/commands/demo/step-words.ts'
import { timelineOf } from '../../src/operator/commands/demo/timeline.ts'

const step = (name: string, result: StepRecord['result'] = null, at = 1_000): StepRecord => ({
  name,
  at,
  ms: 5,
  result,
})
const delivery = (id: string, receivedAt: number): Delivery => ({
  id,
  receivedAt,
  type: 'v2.entry.updated.fields',
  outcome: 'accepted',
  facts: {},
})
const run = (id: string, startedAt: number, more: Partial<RunRecord> = {}): RunRecord => ({
  id,
  key: 'entry:etr_1',
  covers: 1,
  forced: false,
  causes: [],
  startedAt,
  endedAt: startedAt + 500,
  attempt: 0,
  outcome: 'done',
  code: null,
  detail: null,
  summary: { status: 'published', topHash: 'a96bf01be6288f8d', files: 1, bytes: 2_000 },
  version: '1.0.0',
  owner: 'tests',
  role: null,
  ...more,
})

describe('a step in words', () => {
  it('is left out when the run only noted it for itself', () => {
    expect(stepWords(step('marks:stored'))).toBeNull()
    expect(stepWords(step('marks:stored@2'))).toBeNull()
    expect(stepWords(step('base', 'a96bf01be6'))).toBeNull()
  })

  it('is left out when it turned out to be nothing', () => {
    expect(stepWords(step('store attachments', { files: 0 }))).toBeNull()
    expect(stepWords(step('name links', { links: 0 }))).toBeNull()
    expect(stepWords(step('compare attachments', { lacking: 0, missing: 0 }))).toBeNull()
    expect(stepWords(step('compare attachments', { lacking: 2, missing: 0 }))?.detail).toBe('2 to fetch')
  })

  it('counts one as one', () => {
    expect(stepWords(step('store members', { files: 1, requests: 1 }))).toEqual({
      title: '1 file stored',
      detail: '1 request · every checksum right',
    })
    expect(stepWords(step('store members', { files: 2_000, requests: 31 }))?.title).toBe('2,000 files stored')
  })

  it('of a renewed export says that it is another one', () => {
    expect(stepWords(step('export@1', { task: '3f152353-aa' }))).toEqual({
      title: 'Another export started',
      detail: 'task 3f152353',
    })
    expect(stepWords(step('open archive@1', { members: 1, archiveBytes: 0 }))?.title).toBe(
      'Archive opened, 1 member',
    )
  })
})

describe('the timeline', () => {
  it('keeps the lines of a run together, after what was delivered meanwhile', () => {
    const items = timelineOf(
      {
        deliveries: [delivery('msg_2', 1_200), delivery('msg_1', 900)],
        runs: [
          { ...run('r2', 1_450), steps: [step('read entry', null, 1_451)] },
          { ...run('r1', 1_000), steps: [step('read entry', null, 1_001), step('publish', {}, 1_400)] },
        ],
        subject: null,
        open: [],
      },
      3_000,
    )
    expect(items.map((item) => item.run ?? item.id)).toEqual([
      'delivery-msg_1',
      'delivery-msg_2',
      'r1',
      'r1',
      'r1',
      'r2',
      'r2',
    ])
  })

  it('says once why a buried run failed, and each attempt before it where it ended', () => {
    const failed = (at: number) => ({
      ...step('failed', { code: 'archive.truncated', class: 'renew' }, at),
      ms: 300,
    })
    const items = timelineOf(
      {
        deliveries: [],
        runs: [
          {
            ...run('r1', 1_000, { outcome: 'buried', code: 'archive.truncated', attempt: 2, summary: {} }),
            steps: [failed(1_000), step('export', { task: 't1' }, 1_010), failed(1_350)],
          },
        ],
        subject: null,
        open: [],
      },
      3_000,
    )
    expect(items.map(({ title, state }) => [title, state])).toEqual([
      ['Export started', 'done'],
      ['The export from Benchling is incomplete.', 'failed'],
      ['The export from Benchling is incomplete.', 'failed'],
    ])
    expect(items.at(-1)?.detail).toBe('archive.truncated · 2 attempts')
  })
})
