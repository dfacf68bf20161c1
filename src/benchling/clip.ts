import { Fault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import {
  CANVAS_DATA_MAX_BYTES,
  CANVAS_LABEL_MAX,
  SESSION_MESSAGE_MAX,
  SESSION_MESSAGE_MIN,
  SESSION_MESSAGE_REFERENCES_MAX,
  SESSION_MESSAGES_MAX,
  SESSION_NAME_MAX,
  SESSION_NAME_MIN,
  SESSION_TIMEOUT_MAX_SECONDS,
} from './limits.ts'
import type { SessionMessage } from './ports.ts'

/** At most `max` characters (code points), an ellipsis for what is gone. */
export const clip = (text: string, max: number): string => {
  const characters = [...text]
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`
}

const atLeast = (text: string, min: number): string => text + '…'.repeat(Math.max(0, min - [...text].length))

/** A session's name: 3–100 characters. */
export const sessionName = (name: string): string =>
  atLeast(clip(name.trim(), SESSION_NAME_MAX), SESSION_NAME_MIN)

/** 1 second to 30 days, whole seconds. */
export const sessionTimeout = (seconds: number): number =>
  Math.min(SESSION_TIMEOUT_MAX_SECONDS, Math.max(1, Math.ceil(seconds)))

/** The newest ten messages of 3–200 characters each; empty ones are left out. A reference `{id:…}` is never cut in two. */
export const sessionMessages = (messages: readonly SessionMessage[]): JsonObject[] =>
  messages
    .map(({ content, style }) => ({ content: content.trim(), style }))
    .filter(({ content }) => content !== '')
    .slice(-SESSION_MESSAGES_MAX)
    .map(({ content, style }) => ({ content: messageText(content), ...(style && { style }) }))

const messageText = (content: string): string => {
  const text = fewReferences(content)
  const cut = clip(text, SESSION_MESSAGE_MAX)
  if (cut === text) return atLeast(text, SESSION_MESSAGE_MIN)
  const whole = cut.replace(/(?<!\\)\{(?:[^{}\\]|\\.)*\\?…$/u, '…').replace(/\\…$/u, '…')
  return atLeast(whole, SESSION_MESSAGE_MIN)
}

/** References beyond the tenth of a message lose their braces and stay as plain ids. */
const fewReferences = (content: string): string => {
  let seen = 0
  return content.replace(/(?<!\\)\{id:([^{}]*)\}/g, (reference, id: string) =>
    ++seen > SESSION_MESSAGE_REFERENCES_MAX ? id : reference,
  )
}

/** The same blocks with labels of at most 50 characters, also inside sections. */
export const clippedBlocks = (blocks: readonly JsonObject[]): JsonObject[] =>
  blocks.map((block) => ({
    ...block,
    ...(typeof block.label === 'string' && { label: clip(block.label, CANVAS_LABEL_MAX) }),
    ...(Array.isArray(block.children) && { children: clippedBlocks(block.children as JsonObject[]) }),
  }))

/** Canvas data is JSON text below 5 kB and cannot be cut: throws `benchling.rejected` before Benchling would. */
export const canvasData = (data: string | null): string | null => {
  if (data === null) return null
  const bytes = Buffer.byteLength(data)
  const refuse = (detail: string) =>
    new Fault('benchling.rejected', { operation: 'canvas data', bytes }, { detail })
  if (bytes >= CANVAS_DATA_MAX_BYTES)
    throw refuse(`The state of a canvas must stay below ${CANVAS_DATA_MAX_BYTES} bytes.`)
  try {
    JSON.parse(data)
  } catch {
    throw refuse('The state of a canvas must be JSON.')
  }
  return data
}
