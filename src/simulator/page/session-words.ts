import type { SessionView } from '../page-contract.ts'

export type SessionStatus = SessionView['status']

/** A session that outlived its time has timed out, also before the tenant is asked again. */
export const statusNow = ({ status, timesOutAt }: SessionView, now: number): SessionStatus =>
  status === 'RUNNING' && now >= timesOutAt ? 'TIMEOUT' : status

export const STATUS_WORDS: Readonly<Record<SessionStatus, string>> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  COMPLETED_WITH_WARNINGS: 'Completed with warnings',
  TIMEOUT: 'Timed out',
}

/** Words of a message, and the ids of Benchling items it refers to as `{id:…}`. */
export type MessagePart = { readonly text: string } | { readonly item: string }

/** `{id:etr_1}` is an item; `\{` and `\}` are braces. */
export const messageParts = (content: string): MessagePart[] =>
  content
    .split(/((?<!\\)\{id:[^{}\s]+\})/)
    .filter((part) => part !== '')
    .map((part) => {
      const item = /^\{id:([^{}\s]+)\}$/.exec(part)?.[1]
      return item === undefined ? { text: part.replace(/\\([{}])/g, '$1') } : { item }
    })

/** A message as plain words. */
export const messageText = (content: string): string =>
  messageParts(content)
    .map((part) => ('item' in part ? part.item : part.text))
    .join('')
