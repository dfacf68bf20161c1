import { ApiError, badRequest, notFound } from '../api-error.ts'
import { apiTime } from '../entries/api-entry.ts'
import type { SessionView } from '../page-contract.ts'
import { benchlingId, type Random } from '../random.ts'

export type Session = SessionView & {
  readonly appId: string
  readonly timeoutSeconds: number
  readonly createdAt: number
  readonly modifiedAt: number
}

type Message = { readonly content: string; readonly style?: string | undefined }

/** "References to Benchling items (up to 10 per msg)" (Benchling v2 OpenAPI, AppSessionMessageCreate). */
const MAX_REFERENCES = 10

/** The app's sessions. One that runs longer than its timeout ends as TIMEOUT by itself. */
export class SessionStore {
  readonly #sessions = new Map<string, Session>()
  readonly #random: Random
  readonly #now: () => number

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  /** Throws 404. */
  get(id: string): Session {
    const session = this.#sessions.get(id)
    if (!session) throw notFound('Session', id)
    const over = this.#now() >= session.timesOutAt
    return session.status === 'RUNNING' && over ? this.#keep({ ...session, status: 'TIMEOUT' }) : session
  }

  create(of: {
    appId: string
    name: string
    timeoutSeconds: number
    messages?: readonly Message[] | undefined
  }): Session {
    const now = this.#now()
    return this.#keep({
      id: benchlingId(this.#random, 'sesn'),
      appId: of.appId,
      name: of.name,
      status: 'RUNNING',
      messages: styled(of.messages ?? []),
      timeoutSeconds: of.timeoutSeconds,
      createdAt: now,
      modifiedAt: now,
      timesOutAt: now + of.timeoutSeconds * 1000,
    })
  }

  /** `messages` replace the list. Refused after the session ended, and a timeout only grows. */
  change(
    id: string,
    change: {
      messages?: readonly Message[] | undefined
      status?: Session['status'] | undefined
      timeoutSeconds?: number | undefined
    },
  ): Session {
    const session = this.get(id)
    if (session.status !== 'RUNNING')
      throw new ApiError(403, 'invalid_request_error', `Session ${id} has ended as ${session.status}.`)
    if (change.timeoutSeconds !== undefined && change.timeoutSeconds < session.timeoutSeconds)
      throw badRequest('timeoutSeconds can only be increased.')
    const timeoutSeconds = change.timeoutSeconds ?? session.timeoutSeconds
    return this.#keep({
      ...session,
      messages: change.messages ? styled(change.messages) : session.messages,
      status: change.status ?? session.status,
      timeoutSeconds,
      timesOutAt: session.createdAt + timeoutSeconds * 1000,
      modifiedAt: this.#now(),
    })
  }

  #keep(session: Session): Session {
    this.#sessions.set(session.id, session)
    return session
  }
}

const styled = (messages: readonly Message[]) =>
  messages.map(({ content, style }) => {
    if ((content.match(/(?<!\\)\{id:/g) ?? []).length > MAX_REFERENCES)
      throw badRequest('A message may refer to at most 10 items.')
    return { content, style: style ?? 'NONE' }
  })

export const sessionAnswer = (session: Session) => ({
  id: session.id,
  app: { id: session.appId },
  name: session.name,
  status: session.status,
  messages: session.messages,
  timeoutSeconds: session.timeoutSeconds,
  createdAt: apiTime(session.createdAt),
  modifiedAt: apiTime(session.modifiedAt),
})
