import type { Clock } from '../base/clock.ts'
import type { CanvasStore } from './canvases/canvas-store.ts'
import type { SessionStore } from './canvases/session-store.ts'
import type { LinkSigner } from './downloads/link-signer.ts'
import type { EntryStore } from './entries/entry-store.ts'
import type { LinkedObjects } from './entries/objects.ts'
import type { EventLog } from './event-log.ts'
import type { Exports } from './exports.ts'
import type { FaultBoard } from './faults.ts'
import type { KeyRing } from './keys.ts'
import type { TenantCredentials } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { PageEvent } from './page-contract.ts'
import type { Random } from './random.ts'
import type { RateWindow } from './rate-window.ts'
import type { Tokens } from './tokens.ts'

/** Everything a tenant is made of, as its HTTP routes see it. */
export type TenantContext = {
  readonly credentials: TenantCredentials
  readonly appName: string
  readonly legacy: boolean
  readonly routing: 'suffixed' | 'stable'
  readonly clock: Clock
  readonly random: Random
  readonly entries: EntryStore
  readonly objects: LinkedObjects
  readonly canvases: CanvasStore
  readonly sessions: SessionStore
  readonly exports: Exports
  readonly events: EventLog
  readonly faults: FaultBoard
  readonly keys: KeyRing
  readonly links: LinkSigner
  readonly outbox: Outbox
  readonly rate: RateWindow
  readonly tokens: Tokens
  /** `http://127.0.0.1:<port>`, the origin of download links; known once the server listens. */
  readonly origin: () => string
  /** `https://acme.benchling.test` */
  readonly tenantOrigin: string
  readonly tell: (event: PageEvent) => void
}
