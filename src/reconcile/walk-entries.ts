import type { EntryModified } from '../benchling/ports.ts'
import { modifiedCause } from '../packaging/found-cause.ts'
import { examine } from './examine.ts'
import { secondOf } from './instant.ts'
import type { Look } from './look.ts'
import { OVERLAP_S } from './overlap.ts'

/**
 * Follows the entries by the time they were modified, from the mark to `horizon` (the second of the newest change when the run
 * began) and beyond. Returns whether the end was reached.
 *
 * Each question begins anew behind what was read: one page has no gaps, while a change between two pages moves entries
 * from one to the other. A page ends within a second; the next question begins with the second before it.
 */
export const walkEntries = async (look: Look, horizon: number): Promise<boolean> => {
  const { entriesUntil, walk } = look.marks
  const until = walk?.until ?? horizon
  let from = walk?.from ?? Math.min(entriesUntil ?? horizon, horizon) - OVERLAP_S
  for (;;) {
    const page = await read(look, from)
    for (const entry of page.items) await examineModified(look, entry)
    const last = page.items.at(-1)
    if (page.next === null || !last) {
      await look.mark({ walk: null, entriesUntil: until })
      return true
    }
    const behind = secondOf(last.modifiedAt) - 1
    if (behind > from) from = behind
    else {
      await readDenseSeconds(look, from + 1)
      from += 1
    }
    await look.mark({ walk: { from, until } })
    if (look.timeIsUp) return false
  }
}

/**
 * More entries than a page holds were modified from the end of the second before `last` to its own. Their pages are read
 * until two rounds in a row listed the same: an entry can only be hidden by one that was modified after it was read, and
 * that one is missing from the next round. (Were both rounds the same with the same entry hidden from both, something
 * read in the first would have moved away during it and yet be in the second.)
 */
const readDenseSeconds = async (look: Look, last: number): Promise<void> => {
  const examined = new Set<string>()
  let before: Set<string> | null = null
  for (;;) {
    const listed = new Set<string>()
    let token: string | undefined
    do {
      const page = await read(look, last - 1, token)
      for (const entry of page.items) {
        const change = `${entry.id} ${entry.modifiedAt}`
        if (secondOf(entry.modifiedAt) <= last) listed.add(change)
        if (!examined.has(change)) await examineModified(look, entry)
        examined.add(change)
      }
      const beyond = page.items.some(({ modifiedAt }) => secondOf(modifiedAt) > last)
      token = beyond ? undefined : (page.next ?? undefined)
    } while (token !== undefined)
    if (before?.size === listed.size && before.isSubsetOf(listed)) return
    before = listed
  }
}

/** A page with something in it, or the last one: what the app may not see can leave pages empty. */
const read = async (look: Look, since: number, first?: string) => {
  for (let token = first; ; ) {
    const from = token === undefined ? { since } : { since, token }
    const page = await look.ask((benchling, signal) => benchling.entriesModifiedSince(from, signal))
    look.count('notUnderstood', page.left)
    if (page.items.length > 0 || page.next === null) return page
    token = page.next
  }
}

const examineModified = (look: Look, { id, modifiedAt }: EntryModified): Promise<void> =>
  examine(look, {
    entryId: id,
    modifiedAt,
    cause: modifiedCause(look.job.run.id, Date.parse(modifiedAt)),
  })
