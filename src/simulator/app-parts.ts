import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from './api/exchanges.ts'
import type { Notebook } from './notebook.ts'
import type { KeysView, PageEvent } from './page-contract.ts'
import type { ServiceView } from './service-view.ts'

/** What the HTTP side of a tenant needs beside its stores. */
export type AppParts = {
  readonly notebook: Notebook
  readonly service: ServiceView | undefined
  readonly page: boolean
  readonly webhookUrl: () => string | null
  readonly keysView: () => KeysView
  readonly rotateKeys: () => KeysView
  readonly events: EventEmitter<{ activity: [PageEvent] }>
  readonly onExchange: ((exchange: Exchange) => void) | undefined
  readonly intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
}
