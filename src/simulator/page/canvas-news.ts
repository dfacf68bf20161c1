import type { CanvasView } from '../page-contract.ts'
import { messageText, STATUS_WORDS, statusNow } from './session-words.ts'

/** Why a locked canvas waits, in words; `me` is told only that it waits. */
export const waitingWords = (canvas: CanvasView, app: string, me: string): string => {
  const { pressed } = canvas
  const other = pressed !== null && pressed.by !== null && pressed.by !== me
  return `${other ? `${pressed.by} pressed “${pressed.text}”. ` : ''}Waiting for ${app} …`
}

/** What changed on a canvas, for those who hear the page; null where nothing worth a word did. */
export const canvasNews = (
  before: CanvasView,
  after: CanvasView,
  { app, me, now }: { readonly app: string; readonly me: string; readonly now: number },
): string | null => {
  const news = [lockNews(before, after, app, me), sessionNews(before, after, now)].filter(
    (words) => words !== null,
  )
  return news.length > 0 ? news.join(' ') : null
}

const lockNews = (before: CanvasView, after: CanvasView, app: string, me: string): string | null => {
  if (before.enabled && !after.enabled) return waitingWords(after, app, me)
  return !before.enabled && after.enabled ? `The canvas of ${app} is ready.` : null
}

const sessionNews = (before: CanvasView, after: CanvasView, now: number): string | null => {
  const words = sessionSays(after, now)
  return words === sessionSays(before, now) ? null : words
}

const sessionSays = ({ session }: CanvasView, now: number): string | null =>
  session === null
    ? null
    : [
        `${session.name}: ${STATUS_WORDS[statusNow(session, now)]}.`,
        ...session.messages.map(({ content }) => messageText(content)),
      ].join(' ')
