import type { Json } from '../base/json.ts'
import { kindOf } from '../jobs/lanes.ts'
import { movedAt } from '../jobs/moved.ts'
import type { Cause, Key, Kind, Run, Subject } from '../jobs/ports.ts'
import { waitingSince, waitsForNothing } from '../jobs/waiting.ts'
import { ENTRIES, sortable } from './dynamo-history-items.ts'
import {
  type Item,
  N,
  number,
  numberOrNull,
  optional,
  S,
  text,
  textOrNull,
  unknownOf,
} from './dynamo-item.ts'
import { DUE_INDEX, HISTORY_INDEX } from './dynamo-table.ts'

/** Partitions of the index `due`, two for each kind: what waits for nothing, and what waits until its time. */
export const dueNow = (kind: Kind): string => `${kind}#now`
export const dueAtItsTime = (kind: Kind): string => `${kind}#at`

const KNOWN = new Set([
  ...['pk', 'sk', 'format', 'version', 'tx', 'wanted', 'pressed', 'done', 'fence', 'causes', 'state'],
  ...['dueAt', 'finishedAt', 'run', 'runId', 'runFence', 'runOwner', DUE_INDEX.partition, DUE_INDEX.sort],
  ...[HISTORY_INDEX.partition, HISTORY_INDEX.sort],
])

/**
 * A subject as attributes, with those of a newer release that `before` had. `run` is JSON; what conditions need to know
 * of it stands beside it. Keys, version and the like are added by whoever writes it.
 */
export const subjectToItem = (subject: Subject, before: Item | null, now: number): Item => {
  const { run } = subject
  return {
    ...unknownOf(before, KNOWN),
    wanted: N(subject.wanted),
    pressed: N(subject.pressed),
    done: N(subject.done),
    fence: N(subject.fence),
    causes: S(JSON.stringify(subject.causes)),
    state: S(JSON.stringify(subject.state)),
    ...optional('dueAt', subject.dueAt, N),
    ...optional('finishedAt', subject.finishedAt, N),
    ...(run && { run: S(JSON.stringify(run)), runId: S(run.id), runFence: N(run.fence) }),
    ...optional('runOwner', run?.owner ?? null, S),
    ...dueEntry(subject, before, now),
    ...historyEntry(subject),
  }
}

export const itemToSubject = (key: Key, item: Item): Subject => {
  const run = textOrNull(item, 'run')
  return {
    key,
    wanted: number(item, 'wanted'),
    pressed: number(item, 'pressed'),
    done: number(item, 'done'),
    dueAt: numberOrNull(item, 'dueAt'),
    run: run === null ? null : (JSON.parse(run) as Run),
    fence: number(item, 'fence'),
    causes: JSON.parse(text(item, 'causes')) as Cause[],
    finishedAt: numberOrNull(item, 'finishedAt'),
    state: JSON.parse(text(item, 'state')) as Json,
  }
}

/** The run that `isHeldBy` of `src/jobs/subject.ts` means, as a condition on the item of its subject. */
export const heldBy = (run: Run) => ({
  ConditionExpression: '#runId = :runId AND #runFence = :runFence AND attribute_exists(#runOwner)',
  ExpressionAttributeNames: { '#runId': 'runId', '#runFence': 'runFence', '#runOwner': 'runOwner' },
  ExpressionAttributeValues: { ':runId': S(run.id), ':runFence': N(run.fence) },
})

const dueEntry = (subject: Subject, before: Item | null, now: number): Item => {
  const since = waitingSince(subject, before && numberOrNull(before, DUE_INDEX.sort), now)
  if (since === null) return {}
  const kind = kindOf(subject.key)
  return {
    [DUE_INDEX.partition]: S(waitsForNothing(subject) ? dueNow(kind) : dueAtItsTime(kind)),
    [DUE_INDEX.sort]: N(since),
  }
}

/** Entries only: canvases are drawn far more often than anybody asks for them by time. */
const historyEntry = (subject: Subject): Item => {
  const moved = kindOf(subject.key) === 'entry' ? movedAt(subject) : null
  return moved === null
    ? {}
    : { [HISTORY_INDEX.partition]: S(ENTRIES), [HISTORY_INDEX.sort]: S(sortable(moved)) }
}
