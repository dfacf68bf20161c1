import type { Clock } from '../base/clock.ts'
import { checkDeliverySize } from '../jobs/delivery-size.ts'
import type { Subjects } from '../jobs/ports.ts'
import { announce, applyTouches } from '../jobs/subject-book.ts'
import { storeFault } from './sqlite-errors.ts'
import type { GroupCommit } from './sqlite-group-commit.ts'
import type { HistoryRows } from './sqlite-history-rows.ts'
import type { SubjectRows } from './sqlite-subject-rows.ts'

/** The records of all work in SQLite. */
export const sqliteSubjects = (o: {
  readonly commits: GroupCommit
  readonly rows: SubjectRows
  readonly history: HistoryRows
  readonly clock: Clock
}): Subjects => {
  const { commits, rows, history, clock } = o
  return {
    record: async (delivery, touches) => {
      checkDeliverySize(delivery)
      return commits.run(() => {
        const now = clock.now()
        const seq = history.addDelivery(delivery)
        if (seq === null) return 'seen'
        const keys = applyTouches(rows, touches, now)
        history.addDeliveryKeys(seq, keys)
        announce(rows, keys, now)
        return 'new'
      })
    },
    touch: (touches, topics = []) =>
      commits.run(() => {
        const now = clock.now()
        const touched = applyTouches(rows, touches, now)
        return [...new Set([...touched, ...announce(rows, [...topics, ...touched], now)])]
      }),
    get: async (key) => reading(() => rows.load(key)),
    change: (key, f, { announce: topics = [], ended, touches = [] } = {}) =>
      commits.run(() => {
        const now = clock.now()
        const before = rows.load(key)
        const after = before && f(before)
        if (!after) return null
        rows.save(after, now)
        if (ended) history.addRun(ended)
        const touched = applyTouches(rows, touches, now)
        announce(rows, [...topics, ...touched], now)
        return touched.includes(key) ? rows.load(key) : after
      }),
    due: async (now, limit, kind) => reading(() => rows.due(now, limit, kind)),
    watch: (key, topics) => commits.run(() => rows.watch(key, topics)),
    unwatch: (key, topics) => commits.run(() => rows.unwatch(key, topics)),
    watching: async (topic) => reading(() => rows.watching(topic)),
    recentEntries: async (limit) => reading(() => rows.recentEntries(limit)),
  }
}

/** Reads go past the group commit: they see what is committed. */
export const reading = <T>(read: () => T): T => {
  try {
    return read()
  } catch (thrown) {
    throw storeFault(thrown)
  }
}
