import { styleText } from 'node:util'

/** State of a line; only this is coloured. */
export type Tone = 'ok' | 'busy' | 'bad' | 'warn' | 'quiet'

export type Line = {
  readonly tone: Tone
  readonly what: string
  /** What it is about: padded to its column. */
  readonly subject: string
  readonly facts: string
  readonly ms?: number
}

const MARKS: Record<Tone, string> = { ok: '✓', busy: '…', bad: '✗', warn: '!', quiet: '·' }
const COLOURS = { ok: 'green', busy: 'blue', bad: 'red', warn: 'yellow', quiet: 'gray' } as const

const WHAT = 11
const SUBJECT = 22
const FACTS = 58

/** One line a fact, aligned, the time at the right: for people who are tired. `out` decides about colour. */
export const formatLine = (line: Line, out: NodeJS.WriteStream): string => {
  const mark = paint(COLOURS[line.tone], MARKS[line.tone], out)
  const left = `${line.what.padEnd(WHAT)} ${pad(line.subject, SUBJECT)} `
  if (line.ms === undefined) return `  ${mark} ${left}${line.facts}`
  return `  ${mark} ${left}${pad(line.facts, FACTS)} ${duration(line.ms).padStart(8)}`
}

export const paint = (
  style: Parameters<typeof styleText>[0],
  value: string,
  out: NodeJS.WriteStream,
): string => styleText(style, value, { stream: out, validateStream: true })

/** `12 ms`, `4.1 s`, `2 min 5 s` */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

const pad = (value: string, width: number): string =>
  value + ' '.repeat(Math.max(0, width - [...value].length))
