import { expect, test } from 'vitest'
import { readButton } from '../../src/canvas/buttons.ts'

test.each([
  ['update', { kind: 'update', entryId: null }],
  ['retry', { kind: 'retry', entryId: null }],
  ['show', { kind: 'show', action: 'show', page: null }],
])('our own button %s is known by its short id', (id, press) => {
  expect(readButton(id)).toEqual(press)
})

test.each([
  ['update-package-etr_abc123', { kind: 'update', entryId: 'etr_abc123' }],
  ['update-button-etr_abc123', { kind: 'update', entryId: 'etr_abc123' }],
  ['etr_OtsAuzfT', { kind: 'update', entryId: 'etr_OtsAuzfT' }],
  ['browse-files-etr_abc123-p0-s15', { kind: 'show', action: 'browse-files', page: 0 }],
  ['next-page-etr_abc123-p2-s15', { kind: 'show', action: 'next-page', page: 2 }],
  ['back-to-package-etr_abc123', { kind: 'show', action: 'back-to-package', page: null }],
  ['view-metadata-etr_abc123-p1-s15', { kind: 'show', action: 'view-metadata', page: 1 }],
  ['browse-linked-etr_1-pkg-benchling--exp-001-p0-s15', { kind: 'show', action: 'browse-linked', page: 0 }],
  ['next-page-linked-etr_1-pkg-foo--bar--baz-p2-s20', { kind: 'show', action: 'next-page-linked', page: 2 }],
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
  `update-package-etr_${'a'.repeat(65)}`,
  `browse-linked-etr_1-pkg-${'x'.repeat(2000)}-p0-s15`,
])('%j is unknown, not guessed at', (id) => {
  expect(readButton(id)).toEqual({ kind: 'unknown' })
})
