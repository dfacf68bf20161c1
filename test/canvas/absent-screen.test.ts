import { describe, expect, it } from 'vitest'
import { readButton } from '../../src/canvas/buttons.ts'
import { type Absence, absentScreen } from '../../src/canvas/screens/absent.ts'

const screen = (why: Absence, more: { notice?: string; revisions?: string; home?: boolean } = {}) =>
  absentScreen({
    why,
    notice: more.notice ?? null,
    footer: 'lab@catalog Rev 1',
    revisions: more.revisions ?? null,
    home: more.home ?? false,
  })

const STATES: Record<string, ReturnType<typeof screen>> = {
  'not created yet': screen('not-created'),
  'the first revision is being made': screen('under-way'),
  'the first revision was handed to Quilt': screen('handed-over'),
  'no package bucket': screen('no-bucket'),
  'not linked, or not allowed': screen('not-linked'),
  'outside of entries, not among those listed': screen('not-listed', { home: true }),
  'still searching': screen('searching'),
  'an earlier revision that is gone': screen('gone', { revisions: 'revisions~0a1b2c' }),
  'after a press that came too late': screen('not-created', { notice: 'An *earlier* state.' }),
}

describe('instead of a package that cannot be browsed', () => {
  it.each(Object.keys(STATES))('stands: %s', (state) => {
    expect(STATES[state]).toMatchSnapshot()
  })

  it('there are always buttons that work, and Update only where it makes the package', () => {
    for (const [state, blocks] of Object.entries(STATES)) {
      const ids = blocks.flatMap((b) => (b.type === 'SECTION' ? b.children.map(({ id }) => id) : []))
      expect(
        ids.map((id) => readButton(id).kind),
        state,
      ).not.toContain('unknown')
      expect(ids, state).toEqual(expect.arrayContaining(['show', 'package']))
      expect(ids.includes('update'), state).toBe(/not created|came too late/.test(state))
    }
  })

  it('each absence has words of its own', () => {
    const words = Object.entries(STATES)
      .filter(([state]) => !state.startsWith('after'))
      .map(([, blocks]) => JSON.stringify(blocks.filter(({ id }) => id === 'state')))
    expect(new Set(words).size).toBe(words.length)
  })
})
