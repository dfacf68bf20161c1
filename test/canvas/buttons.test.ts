import { expect, test } from 'vitest'
import { readButton } from '../../src/canvas/buttons.ts'

const files = (of: string | null, page: number) => ({
  screen: 'files' as const,
  of,
  revision: null,
  path: [],
  page,
})

test.each([
  ['update', { kind: 'update', entryId: null }],
  ['retry', { kind: 'retry', entryId: null }],
  ['show', { kind: 'step', step: { kind: 'show' }, stamp: null }],
  ['next~0a1b2c', { kind: 'step', step: { kind: 'next' }, stamp: '0a1b2c' }],
  ['open.0a1b2c3d', { kind: 'step', step: { kind: 'open', tag: '0a1b2c3d' }, stamp: null }],
  [
    'into.0a1b2c3d4e5f~0a1b2c',
    { kind: 'step', step: { kind: 'into', tag: '0a1b2c3d4e5f' }, stamp: '0a1b2c' },
  ],
  ['at.1764305000', { kind: 'step', step: { kind: 'at', seconds: 1_764_305_000 }, stamp: null }],
])('our own button %s is known by its short id', (id, press) => {
  expect(readButton(id)).toEqual(press)
})

test.each([
  ['update-package-etr_abc123', { kind: 'update', entryId: 'etr_abc123' }],
  ['update-button-etr_abc123', { kind: 'update', entryId: 'etr_abc123' }],
  ['etr_OtsAuzfT', { kind: 'update', entryId: 'etr_OtsAuzfT' }],
  ['browse-files-etr_abc123-p0-s15', { kind: 'go', route: files(null, 0) }],
  ['next-page-etr_abc123-p2-s15', { kind: 'go', route: files(null, 2), turns: true }],
  ['back-to-package-etr_abc123', { kind: 'go', route: { screen: 'package' } }],
  ['view-metadata-etr_abc123-p1-s15', { kind: 'go', route: { ...files(null, 0), screen: 'metadata' } }],
  [
    'browse-linked-etr_1-pkg-benchling--exp-001-p0-s15',
    { kind: 'go', route: files('=benchling--exp-001', 0) },
  ],
  [
    'next-page-linked-etr_1-pkg-foo--bar--baz-p2-s20',
    { kind: 'go', route: files('=foo--bar--baz', 2), turns: true },
  ],
])('%s, drawn by the known system, still works', (id, press) => {
  expect(readButton(id)).toEqual(press)
})

test.each([
  '',
  'button_1',
  'my_button_id',
  'constructor',
  'update-package-',
  'update-package-bfi_1',
  'update-package-etr_../secret',
  'format-disk-etr_abc123',
  'foo-bar-12',
  'browse-linked-etr_1-p0-s15',
  'next-page-linked-etr_1-p1-s15',
  'browse-files-etr_1-pkg-benchling--exp-001-p0-s15',
  'next.0a1b2c3d',
  'open.0a1b',
  'into.0a1b2c3d~0a1b2c',
  'at.0',
  'at.1764305000~',
  'show~0A1B2C',
  'fly',
  `update-package-etr_${'a'.repeat(65)}`,
  `browse-linked-etr_1-pkg-${'x'.repeat(2000)}-p0-s15`,
])('%j is unknown, not guessed at', (id) => {
  expect(readButton(id)).toEqual({ kind: 'unknown' })
})
