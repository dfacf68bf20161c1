import { describe, expect, it } from 'vitest'
import { pageLinks } from '../../src/operator/commands/demo/page-links.ts'
import {
  addressAs,
  entryAddress,
  packageAddress,
  parseAddress,
  personIn,
  placeAddress,
} from '../../src/simulator/page/address.ts'
import { csvRows } from '../../src/simulator/page/csv.ts'
import { happenings, placeHappenings } from '../../src/simulator/page/happenings.ts'
import type { DeliveryView } from '../../src/simulator/page-contract.ts'
import type { TimelineItem } from '../../src/simulator/service-view.ts'

describe('the address of the page', () => {
  it('names a package with its revision, whatever the name holds', () => {
    const address = packageAddress('lab/EXP 1&2', 'a96bf01be6')
    expect(parseAddress(address)).toEqual({
      kind: 'package',
      name: 'lab/EXP 1&2',
      revision: 'a96bf01be6',
      file: null,
    })
    expect(parseAddress(packageAddress('lab/x', null))).toMatchObject({ name: 'lab/x', revision: null })
  })

  it('names a file as the links of the canvas do', () => {
    const links = pageLinks('http://127.0.0.1:1')
    for (const key of ['README.md', 'a folder/b&c=d#e.csv', '日本/ß%41.txt']) {
      const { hash } = new URL(links.file('lab/x', 'f00', key) ?? '')
      expect(parseAddress(hash)).toEqual({ kind: 'package', name: 'lab/x', revision: 'f00', file: key })
    }
  })

  it('names entries and places outside of entries, and who looks at them', () => {
    expect(parseAddress(entryAddress('etr_1'))).toEqual({ kind: 'entry', entryId: 'etr_1' })
    expect(parseAddress(placeAddress('home'))).toEqual({ kind: 'place', place: 'home' })
    const { search, hash } = new URL(addressAs('tokafor', '#place=run'), 'http://127.0.0.1/?as=jdoe#entry=x')
    expect([personIn(search), hash]).toEqual(['tokafor', '#place=run'])
  })

  it('means nothing when it names nothing', () => {
    for (const hash of ['', '#', '#entry', '#entry=', '#package=&revision=abc', '#place=moon'])
      expect(parseAddress(hash)).toBeNull()
  })
})

describe('a CSV file', () => {
  it('keeps separators, quotes and line ends inside quotes', () => {
    expect(csvRows('\ufeffa,b\r\n"x, ""y""","1\n2"\r\n', ',', 10)).toEqual([
      ['a', 'b'],
      ['x, "y"', '1\n2'],
    ])
  })

  it('is read no further than asked', () => {
    expect(csvRows('1\n2\n3\n4', ',', 2)).toEqual([['1'], ['2']])
  })
})

describe('what is happening', () => {
  const recorded = (id: string, at: number, run: string | null): TimelineItem => ({
    id,
    at,
    ms: null,
    state: 'done',
    title: id,
    detail: 'recorded',
    run,
    progress: null,
  })
  const sent = (id: string, at: number, more: Partial<DeliveryView> = {}): DeliveryView => ({
    id,
    type: 'v2.entry.created',
    entryId: 'etr_1',
    at,
    attempts: [{ at, status: 200, ms: 7 }],
    nextAt: null,
    state: 'delivered',
    ...more,
  })

  it('joins a recorded delivery with how it was answered', () => {
    const [item] = happenings([recorded('delivery-msg_1', 5, null)], [sent('msg_1', 4)], 'etr_1')
    expect(item).toMatchObject({ detail: 'recorded · 200', ms: 7 })
  })

  it('shows a delivery that was refused before the run it did not cause, never inside one', () => {
    const items = [recorded('a', 10, 'r1'), recorded('b', 30, 'r1'), recorded('c', 50, 'r2')]
    const refused = sent('msg_9', 20, {
      state: 'waiting',
      attempts: [{ at: 20, status: 503, ms: 3 }],
      nextAt: 90,
    })
    const shown = happenings(
      items,
      [refused, sent('msg_8', 20, { entryId: 'etr_2', state: 'waiting' })],
      'etr_1',
    )
    expect(shown.map(({ id }) => id)).toEqual(['a', 'b', 'delivery-msg_9', 'c'])
    expect(shown[2]).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('answered 503 · sent again at'),
    })
  })

  it('outside of entries is what was delivered about canvases there, oldest first', () => {
    const shown = placeHappenings([
      sent('msg_3', 30, { entryId: null, type: 'v2.canvas.userInteracted' }),
      sent('msg_2', 20),
      sent('msg_1', 10, { entryId: null, type: 'v2.canvas.initialized', state: 'given-up' }),
    ])
    expect(shown.map(({ id, state }) => [id, state])).toEqual([
      ['delivery-msg_1', 'failed'],
      ['delivery-msg_3', 'done'],
    ])
  })
})
