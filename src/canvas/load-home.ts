import { asFault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import type { AppCanvas } from '../benchling/ports.ts'
import type { Job, Topic } from '../jobs/ports.ts'
import type { Block } from './blocks.ts'
import { browseScreen } from './browse/browse.ts'
import { type Found, type HomeRow, homePage, homeRows, NOTHING_FOUND } from './browse/home-page.ts'
import { typedSearch, typedText } from './browse/typed-search.ts'
import { whichPackage } from './browse/which-package.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { lastHome } from './follow.ts'
import { passes } from './heals.ts'
import { NO_HOME } from './home.ts'
import type { LinkedNow } from './linked-packages.ts'
import type { Screen } from './load-screen.ts'
import { type BrowseRoute, HOME_ROUTE, isBrowsing, type Route, type RouteTo } from './route.ts'
import { homeScreen } from './screens/home.ts'
import { watchLinked } from './watch-linked.ts'

/**
 * The canvas as it stands in Benchling, where that must be known to draw Home: somebody asked to search for what was
 * typed, or nobody clicked, and who is typing must not lose it. Null where it need not, or cannot. Throws what may pass.
 */
export const asSeen = async (
  job: Job<CanvasState>,
  { benchling }: CanvasPorts,
): Promise<AppCanvas | null> => {
  const { route } = job.state
  const asks = route.screen === 'home' && route.ask === true
  if (isBrowsing(route) || (job.run.forced && !asks)) return null
  try {
    return await benchling.canvas(job.key.slice('canvas:'.length), job.signal)
  } catch (thrown) {
    if (job.signal.aborted || passes(asFault(thrown))) throw thrown
    return null
  }
}

/**
 * Home, or a screen about a package that Home lists. Throws `store.*` and `manifest.*` when the registry cannot be read,
 * and `jobs.store_unavailable`.
 */
export const loadHome = (
  seen: AppCanvas | null,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Screen> => {
  const { route } = job.state
  switch (route.screen) {
    case 'home':
      return listScreen(route, seen, job, ports)
    case 'package':
      return listScreen(HOME_ROUTE, seen, job, ports)
    default:
      return packageOfHome(route, job, ports)
  }
}

/** A route with the words that somebody typed and wants to be searched for: from now on they are known. */
export const withTyped = (route: Route, seen: AppCanvas | null): Route => {
  if (route.screen !== 'home' || !route.ask) return route
  return { ...HOME_ROUTE, search: typedSearch(seen?.blocks ?? []) }
}

const listScreen = async (
  route: RouteTo<'home'>,
  seen: AppCanvas | null,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Screen> => {
  const { search } = route
  const { home = NO_HOME } = ports
  const searched = searchTopics(search)
  await watchLinked(searched, job, ports)
  const found = await find(search, job, ports)
  const look = async () => homePage(homeRows(search, await home.recent(), found), found.linked, route)
  let page = await look()
  const topics = new Set([...searched, ...page.rows.flatMap(topicOf)])
  // Watched before it is read, so that no change is missed in between.
  if (await watchLinked([...topics], job, ports)) {
    page = await look()
    const late = page.rows.flatMap(topicOf).filter((topic) => !topics.has(topic))
    await watchLinked(late, job, ports)
    for (const topic of late) topics.add(topic)
  }
  const blocks = homeScreen({
    page,
    typed: inSearchLine(page.route.search, seen, job),
    service: home.state(),
    at: ports.clock.now(),
    links: ports.links,
    bucket: ports.bucket,
    notice: job.state.notice,
    footer: ports.footer,
    bucketless: ports.bucketless ?? false,
  })
  return {
    blocks,
    status: 'home',
    route: page.route,
    trouble: null,
    again: found.linked?.searching ?? false,
    topics: [...topics],
    same: seen?.enabled === true && shows(seen.blocks, blocks),
  }
}

/** A click draws what was searched for; what comes by itself leaves what somebody is typing. */
const inSearchLine = (
  search: string | null,
  seen: AppCanvas | null,
  { run }: Job<CanvasState>,
): string | null => {
  const typed = seen === null || run.forced ? undefined : typedText(seen.blocks)
  return typed === undefined ? search : typed
}

const packageOfHome = async (
  route: BrowseRoute,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Screen> => {
  const { search } = lastHome(job.state) ?? HOME_ROUTE
  const { home = NO_HOME, bucket } = ports
  const found = await find(search, job, ports)
  const rows = homeRows(search, await home.recent(), found)
  const allowed = allowedOf(rows, found.linked, bucket)
  const at = route.of === null ? null : whichPackage(route.of, allowed.packages, bucket)
  const own = at?.bucket === bucket ? rows.filter(({ packageName }) => packageName === at.name) : []
  const topics: Topic[] = [
    ...searchTopics(search),
    ...own.flatMap(topicOf),
    ...(at?.bucket ? ([`package:${at.bucket}/${at.name}`] as const) : []),
  ]
  await watchLinked(topics, job, ports)
  const from = { entry: null, allowed, notice: job.state.notice }
  const screen = await browseScreen(route, from, ports, job.signal)
  return { ...screen, trouble: null, again: allowed.searching, topics }
}

const find = async (
  search: string | null,
  job: Job<CanvasState>,
  { home = NO_HOME, linked }: CanvasPorts,
): Promise<Found> => {
  if (search === null) return NOTHING_FOUND
  const named = await home.named(search, job.signal)
  return { named, linked: linked?.search(search, named?.name ?? null) ?? null }
}

/** What may be opened from Home, whatever a button says: what it lists, on all its pages. */
const allowedOf = (rows: readonly HomeRow[], linked: LinkedNow | null, bucket: string | null): LinkedNow => ({
  packages: [
    ...rows.map(({ packageName: name }) => ({ bucket, name, topHash: null })),
    ...(linked?.packages ?? []),
  ],
  complete: linked?.complete ?? true,
  searching: linked?.searching ?? false,
  warning: null,
})

const searchTopics = (search: string | null): Topic[] => (search === null ? [] : [`search:${search}`])

const topicOf = ({ entryId }: HomeRow): Topic[] => (entryId === null ? [] : [`entry:${entryId}`])

/** Whether blocks in Benchling say all that ours say; what Benchling adds does not count. */
const shows = (seen: readonly JsonObject[], blocks: readonly Block[]): boolean =>
  seen.length === blocks.length &&
  blocks.every((block, at) =>
    Object.entries(block).every(([name, value]) =>
      Array.isArray(value)
        ? Array.isArray(seen[at]?.[name]) && shows(seen[at][name] as JsonObject[], value as Block[])
        : seen[at]?.[name] === value,
    ),
  )
