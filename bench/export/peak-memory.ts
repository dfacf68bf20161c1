import { readFileSync } from 'node:fs'

/** The most memory this process has had so far, in MiB: VmHWM where the system tells it. */
export const peakMemoryMiB = (): number => {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kib !== undefined) return Number(kib) / 1024
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS / 1024
}
