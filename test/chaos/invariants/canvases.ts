import type { EntryState } from '../../../src/packaging/entry-state.ts'
import type { World } from '../world.ts'

/** Digits of a top hash that a canvas shows. */
const SHORT = 10

/** Every canvas can be used, and shows the revision that the registry has, or the failure that the record has. */
export const canvasesAreTruthful = (world: World): string[] =>
  world.tenant.canvases.flatMap(({ id, entryId, enabled, text }) => {
    const { failure } = stateOf(world, entryId) ?? {}
    const latest = latestOf(world, entryId)
    const missing = failure
      ? text.includes(failure.code)
        ? null
        : `the failure ${failure.code}`
      : latest && text.includes(latest.slice(0, SHORT))
        ? null
        : `revision ${latest?.slice(0, SHORT)}`
    return [
      ...(enabled ? [] : [`canvas ${id} is locked`]),
      ...(missing === null ? [] : [`canvas ${id} does not show ${missing}: ${text.slice(0, 600)}`]),
      ...(text.includes('⏳') ? [`canvas ${id} says that work is under way`] : []),
    ]
  })

/** The record of an entry knows the revision that is current in the registry. */
export const recordsAreTruthful = (world: World): string[] =>
  world.tenant.entries.flatMap(({ id }) => {
    const state = stateOf(world, id)
    const latest = latestOf(world, id) ?? null
    if (!state || state.failure || state.revision?.topHash === latest) return []
    return [`entry:${id} knows revision ${state.revision?.topHash}, the registry has ${latest}`]
  })

const stateOf = (world: World, entryId: string): EntryState | undefined =>
  world.records.subjects.find(({ key }) => key === `entry:${entryId}`)?.state as unknown as
    | EntryState
    | undefined

const latestOf = (world: World, entryId: string): string | null | undefined => {
  const name = stateOf(world, entryId)?.packageName
  return world.packages.find((one) => one.name === name)?.latest
}
