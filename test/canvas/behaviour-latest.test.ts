import { expect, it } from 'vitest'
import { browseScreen } from '../../src/canvas/browse/browse.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import type { BrowseRoute } from '../../src/canvas/route.ts'
import { LATEST_LAG_MS } from '../../src/packaging/current-revision.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import { MemoryRegistry } from '../packaging/memory-registry.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const NAME = packageName('benchling/EXP1')
const NAMED = 'a'.repeat(64) as TopHash
const TOLD = 'b'.repeat(64) as TopHash

/** A package whose pointer is there already, and whose `latest` is not moved yet. */
const lagging = () => {
  const registry = new MemoryRegistry()
  for (const topHash of [NAMED, TOLD])
    registry.published.push({ name: NAME, topHash, header: { version: 'v0' }, entries: [] } as never)
  return { ...registry.port(), latest: async () => NAMED }
}

const drawn = async (route: BrowseRoute, announcedAgo: number | null): Promise<string> => {
  const clock = new FakeClock()
  const announcedAt = announcedAgo === null ? {} : { announcedAt: clock.now() - announcedAgo }
  const revision = { topHash: TOLD, files: 0, bytes: 0, publishedAt: 1, unchangedAt: null, ...announcedAt }
  const state = { ...NEW_ENTRY, packageName: NAME, revision }
  const ports = {
    benchling: new Canvases().benchling,
    subjects: null as never,
    clock,
    links: NO_LINKS,
    footer: 'Rev 1',
    reader: async () => lagging(),
    bucket: 'memory',
  }
  const from = { entry: { state, status: 'idle' as const }, allowed: null, notice: null }
  return JSON.stringify((await browseScreen(route, from, ports, new AbortController().signal)).blocks)
}

const files: BrowseRoute = { screen: 'files', of: null, revision: null, path: [], page: 0 }
const revisions: BrowseRoute = { screen: 'revisions', of: null, page: 0 }

it.each([files, { ...files, screen: 'metadata' } as const])(
  'the revision that an event just told of is current, though latest does not name it yet ($screen)',
  async (route) => {
    const says = await drawn(route, 1_000)
    expect(says).toContain(TOLD.slice(0, 10))
    expect(says).not.toContain(NAMED.slice(0, 10))
  },
)

it('is marked as the current one among all revisions', async () => {
  const marked = (says: string) => /current\*\*\\n\\n\* Revision: ([ab]{10})/.exec(says)?.[1]
  expect(marked(await drawn(revisions, 1_000))).toBe(TOLD.slice(0, 10))
  expect(marked(await drawn(revisions, LATEST_LAG_MS + 1))).toBe(NAMED.slice(0, 10))
})

it.each([LATEST_LAG_MS + 1, null])(
  'what latest names is current when no event told lately (%s ms ago)',
  async (ago) => {
    expect(await drawn(files, ago)).toContain(NAMED.slice(0, 10))
  },
)
