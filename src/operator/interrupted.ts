/** Resolves with the signal's name at the first SIGINT or SIGTERM; a second one ends the process as usual. */
export const interrupted = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      resolve(signal)
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
