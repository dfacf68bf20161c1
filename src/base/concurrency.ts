/**
 * Runs `work` over `items`, at most `limit` at a time, results in the order of the items. The first throw aborts the
 * signal given to the others, waits for them to settle (so that nothing goes on in the background), and is thrown.
 */
export const mapConcurrent = async <T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  outer?: AbortSignal,
): Promise<R[]> => {
  const inner = new AbortController()
  const signal = outer ? AbortSignal.any([outer, inner.signal]) : inner.signal
  const results: R[] = []
  let failed: { thrown: unknown } | undefined
  const queue = [...items].entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed || signal.aborted) return
      try {
        results[index] = await work(item, signal)
      } catch (thrown) {
        failed ??= { thrown }
        inner.abort(thrown)
        return
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, limit) }, lane))
  if (failed) throw failed.thrown
  outer?.throwIfAborted()
  return results
}
