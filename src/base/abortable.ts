/** The result of shared work for one of those who wait: its signal ends the waiting, not the work. */
export const abortable = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  work.catch(() => {})
  signal.throwIfAborted()
  let leave: (() => void) | undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, left])
  } finally {
    if (leave) signal.removeEventListener('abort', leave)
  }
}
