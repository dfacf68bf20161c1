import type { World } from '../world.ts'

/** Nothing is wanted, waited for or held any more. */
export const nothingStuck = ({ records }: World): string[] =>
  records.subjects.flatMap(({ key, wanted, done, dueAt, run }) => [
    ...(wanted === done ? [] : [`${key}: generation ${wanted} is wanted, ${done} is done`]),
    ...(run === null ? [] : [`${key}: run ${run.id} is not over`]),
    ...(dueAt === null ? [] : [`${key} waits, and for nothing`]),
  ])

/** What got a 2xx is recorded, and so is nothing that was never sent, or twice. Nothing was refused for good. */
export const acknowledgedSurvives = ({ records, tenant }: World): string[] => {
  const recorded = new Map<string, number>()
  for (const { id } of records.deliveries) recorded.set(id, (recorded.get(id) ?? 0) + 1)
  const sent = new Set(tenant.deliveries.map(({ id }) => id))
  return [
    ...tenant.deliveries.flatMap(({ id, type, statuses }) => {
      const refused = statuses.filter((status) => status !== null && !isGood(status) && status !== 503)
      return [
        ...(statuses.some(isGood) ? [] : [`${id} (${type}) was never acknowledged`]),
        ...(recorded.has(id) ? [] : [`${id} (${type}) is not in the records`]),
        ...(refused.length === 0 ? [] : [`${id} (${type}) was answered ${refused.join(', ')}`]),
      ]
    }),
    ...[...recorded].flatMap(([id, times]) => (times === 1 ? [] : [`${id} is recorded ${times} times`])),
    ...[...recorded.keys()].flatMap((id) => (sent.has(id) ? [] : [`${id} is recorded and was never sent`])),
  ]
}

/** However often it was sent, a delivery asks for one generation of its entry. */
export const askedForOnce = ({ records, tenant }: World): string[] =>
  tenant.entries.flatMap(({ id }) => {
    const asked = tenant.deliveries.filter(({ entryId }) => entryId === id).length
    const wanted = records.subjects.find(({ key }) => key === `entry:${id}`)?.wanted ?? 0
    return wanted === asked ? [] : [`entry:${id}: ${asked} deliveries asked for ${wanted} generations`]
  })

/** Ended runs of one subject cover ever newer generations. */
export const noGenerationTwice = ({ records }: World): string[] => {
  const covered = new Map<string, number>()
  return records.runs.flatMap(({ key, id, covers }) => {
    const before = covered.get(key) ?? 0
    covered.set(key, Math.max(before, covers))
    return covers > before ? [] : [`${key}: run ${id} did generation ${covers} again, after ${before}`]
  })
}

/** Runs are buried for the faults of the tenant only, and nothing failed in a way nobody foresaw. */
export const failuresAreExcused = ({ records, excused }: World): string[] => [
  ...records.runs.flatMap(({ key, outcome, code }) =>
    outcome === 'buried' && !excused.includes(code ?? '') ? [`${key} was buried with ${code}`] : [],
  ),
  ...records.steps.flatMap(({ run, name, result }) => {
    const { code } = (name === 'failed' ? result : {}) as { code?: string }
    return code === 'internal' || code?.startsWith('jobs.') ? [`run ${run} failed with ${code}`] : []
  }),
]

/** From asking for an export to its task in the journal: usually some milliseconds, more on a busy machine. */
const ASKING_MS = 5_000

/**
 * A crash uses its export again. Every export is the recorded step of a run, except those a kill caught between the
 * question and the journal: begun right before it, at most one for each entry that was worked on.
 */
export const exportsAreUsedAgain = ({ records, tenant, killedAt, workers }: World): string[] => {
  const recorded = new Set(
    records.steps
      .filter(({ name }) => /^export(@\d+| .*)?$/.test(name))
      .map(({ result }) => (result as { task: string }).task),
  )
  const caught = new Map<number, number>()
  return tenant.entries
    .flatMap(({ exports }) => exports)
    .filter(({ id }) => !recorded.has(id))
    .flatMap(({ id, startedAt }) => {
      const kill = killedAt.find((at) => at >= startedAt && at - startedAt <= ASKING_MS)
      if (kill === undefined) return [`export ${id} was asked for and forgotten without a kill`]
      caught.set(kill, (caught.get(kill) ?? 0) + 1)
      return (caught.get(kill) ?? 0) <= workers
        ? []
        : [`export ${id} was forgotten by a kill as one of too many`]
    })
}

const isGood = (status: number | null): boolean => status !== null && status >= 200 && status < 300
