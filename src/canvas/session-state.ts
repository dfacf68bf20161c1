/** A line of a session: `key` says what it tells, so that nothing is told twice. */
export type SessionLine = {
  readonly key: string
  readonly style: 'INFO' | 'SUCCESS' | 'WARNING' | 'ERROR'
  readonly content: string
}

/** The app session that stands on a canvas as its banner, as Benchling was last told. */
export type CanvasSession = {
  /** `sesn_…` */
  readonly id: string
  /** The run of the entry that it tells of, or the message by which that run handed its package over. */
  readonly about: string
  /** When it was created, ms. */
  readonly at: number
  readonly lines: readonly SessionLine[]
  readonly attached: boolean
  /** Null while it is open. */
  readonly ended: SessionEnd | null
}

export type SessionEnd = {
  /** The outcome that was told (`Outcome.key`), or `LOST`. */
  readonly as: string
  /** The newest press on the canvas (ms) that its run knew of: a later one takes the banner away. */
  readonly clickedAt: number
}

/** Benchling takes nothing more for it: it was deleted, or ended without us. */
export const LOST = 'lost'

/** True when a person pressed something after the session ended: what it says has been read. */
export const isRead = (session: CanvasSession | null | undefined, clickedAt: number): boolean =>
  session?.attached === true && session.ended !== null && clickedAt > session.ended.clickedAt
