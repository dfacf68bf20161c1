import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import { troubleScreen } from '../../src/canvas/screens/trouble.ts'

const screen = (code: ErrorCode, more: Partial<Parameters<typeof troubleScreen>[0]> = {}) =>
  troubleScreen({ fault: new Fault(code), footer: 'lab@catalog Rev 1', ...more })

const STATES: Record<string, ReturnType<typeof screen>> = {
  'access to the registry refused': screen('store.forbidden', { browsing: true }),
  'the registry does not answer': screen('store.unavailable', { browsing: true, again: true }),
  'the role is refused': screen('aws.role_refused', { browsing: true }),
  'the manifest is damaged': screen('manifest.hash_mismatch', { browsing: true }),
  'Benchling does not show the canvas': screen('benchling.forbidden'),
  'Benchling refused the blocks': troubleScreen({
    fault: new Fault('benchling.rejected', {}, { detail: 'blocks[3] is *wrong*' }),
    footer: 'f',
  }),
  'something unforeseen': screen('internal'),
  'the latest packages cannot be listed': screen('internal', { home: { search: false } }),
  'a search from Home meets a registry that does not answer': screen('store.unavailable', {
    home: { search: true },
    again: true,
  }),
  'a package opened from Home cannot be read': screen('store.forbidden', {
    home: { search: false },
    browsing: true,
  }),
}

const ids = (blocks: ReturnType<typeof screen>) =>
  blocks.flatMap((b) => (b.type === 'SECTION' ? b.children.map(({ id }) => id) : []))

describe('the trouble screen', () => {
  it.each(Object.keys(STATES))('shows: %s', (state) => {
    expect(STATES[state]).toMatchSnapshot()
  })

  it('leads back from a screen about a package, and else offers to update', () => {
    expect(ids(screen('store.forbidden', { browsing: true }))).toEqual(['package', 'show'])
    expect(ids(screen('store.forbidden'))).toEqual(['update', 'show'])
  })

  it('offers no update outside of entries, but the list instead of a search', () => {
    expect(ids(screen('internal', { home: { search: false } }))).toEqual(['show'])
    expect(ids(screen('internal', { home: { search: true } }))).toEqual(['clear', 'show'])
    expect(ids(screen('internal', { home: { search: true }, browsing: true }))).toEqual(['package', 'show'])
  })
})
