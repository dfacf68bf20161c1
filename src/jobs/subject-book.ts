import type { Key, Subject, Topic, Touch } from './ports.ts'
import { newSubject, touchWatcher } from './subject.ts'

/** Subjects and who watches what, as a transaction of a store sees them: with everything it wrote itself so far. */
export interface SubjectBook {
  load(key: Key): Subject | null
  /** `now` (ms) is the time of the transaction. */
  save(subject: Subject, now: number): void
  watch(key: Key, topics: readonly Topic[]): void
  watching(topic: Topic): readonly Key[]
}

/** One subject that watches a topic of which something is announced. */
export type Watcher = readonly [topic: Topic, key: Key]

/** Applies touches in order; returns the keys they touched. */
export const applyTouches = (book: SubjectBook, touches: readonly Touch[], now: number): Key[] =>
  touches.map((touch) => {
    book.save(touch.change(book.load(touch.key) ?? newSubject(touch.key, touch.initial)), now)
    book.watch(touch.key, touch.watch ?? [])
    return touch.key
  })

/** Who watches one of these topics: once for each, and nobody for watching itself. */
export const watchersOf = (book: SubjectBook, topics: readonly Topic[]): Watcher[] =>
  [...new Set(topics)].flatMap((topic) =>
    book.watching(topic).flatMap((key): Watcher[] => (key === topic ? [] : [[topic, key]])),
  )

/** Touches watchers; returns the keys of those that exist. */
export const touchWatchers = (book: SubjectBook, watchers: readonly Watcher[], now: number): Key[] =>
  watchers.flatMap(([topic, key]) => {
    const watcher = book.load(key)
    if (!watcher) return []
    book.save(touchWatcher(watcher, topic, now), now)
    return [key]
  })

/** Touches what watches these topics; returns the keys it touched. */
export const announce = (book: SubjectBook, topics: readonly Topic[], now: number): Key[] =>
  touchWatchers(book, watchersOf(book, topics), now)
