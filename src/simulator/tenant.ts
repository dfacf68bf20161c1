import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { webhookAddress } from './address.ts'
import { buildApp } from './app.ts'
import { CanvasStore } from './canvases/canvas-store.ts'
import { SessionStore } from './canvases/session-store.ts'
import type { TenantContext } from './context.ts'
import { canvasView } from './control/views.ts'
import { LinkSigner } from './downloads/link-signer.ts'
import { EntryStore } from './entries/entry-store.ts'
import { LinkedObjects } from './entries/objects.ts'
import { EventLog } from './event-log.ts'
import { Exports } from './exports.ts'
import { FaultBoard } from './faults.ts'
import { KeyRing } from './keys.ts'
import { Notebook } from './notebook.ts'
import type { TenantCredentials, TenantOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { DeliveryView, KeysView, PageEvent } from './page-contract.ts'
import { type Random, seededRandom } from './random.ts'
import { APP_RATE, RateWindow } from './rate-window.ts'
import { sampleEntries } from './samples/index.ts'
import { JANE, SAMPLE_OBJECTS } from './samples/people.ts'
import { Tokens } from './tokens.ts'

export type { TenantOptions } from './options.ts'

/** What of an app's credentials can be replaced. */
export type AppIdentity = Pick<TenantCredentials, 'clientId' | 'clientSecret' | 'appDefinitionId'>

/** A running tenant: its stores, the acts of the people in it, and its address. */
export type Tenant = Pick<
  TenantContext,
  'entries' | 'canvases' | 'sessions' | 'exports' | 'objects' | 'faults' | 'tokens'
> &
  Pick<
    Notebook,
    | 'insertCanvas'
    | 'openRun'
    | 'openHome'
    | 'click'
    | 'save'
    | 'created'
    | 'deliver'
    | 'deliverBody'
    | 'redeliver'
  > & {
    /** `http://127.0.0.1:<port>`: what BENCHLING_SIMULATOR_URL points at; the page is at `/`. */
    readonly url: string
    readonly credentials: TenantCredentials
    /** Where deliveries go; null: nowhere. */
    webhookUrl: string | null
    /** Every delivery so far with its attempts, oldest first. */
    readonly deliveries: readonly DeliveryView[]
    /** Resolves when a delivery was accepted or given up. */
    settled(deliveryId: string): Promise<DeliveryView>
    rotateKeys(): KeysView
    /** Gives the app other credentials: the old ones are refused from now on. Tokens that are out stay good. */
    replaceCredentials(change: Partial<AppIdentity>): void
    /** Everything that happens, as `activity`. */
    readonly events: EventEmitter<{ activity: [PageEvent] }>
    close(): Promise<void>
  }

/** Starts a simulated Benchling tenant on loopback. */
export const startTenant = async (options: TenantOptions = {}): Promise<Tenant> => {
  const events = new EventEmitter<{ activity: [PageEvent] }>()
  events.setMaxListeners(0)
  let url = ''
  let webhookUrl = options.webhookUrl ?? null
  let rotatedAt: number | null = null
  const tenant = assemble(options, {
    origin: () => url,
    webhookUrl: () => webhookUrl,
    tell: (event) => events.emit('activity', event),
  })
  for (const object of options.objects ?? SAMPLE_OBJECTS) tenant.objects.add(object)
  for (const seed of options.entries ?? (await sampleEntries())) tenant.entries.create(seed)

  const notebook = new Notebook(tenant)
  const keysView = (): KeysView => ({ rotatedAt, keyIds: tenant.keys.ids })
  const rotateKeys = (): KeysView => {
    tenant.keys.rotate()
    rotatedAt = tenant.clock.now()
    tenant.tell({ kind: 'keys', keys: keysView() })
    return keysView()
  }
  const app = await buildApp(tenant, {
    notebook,
    service: options.service,
    page: options.page ?? true,
    webhookUrl: () => webhookUrl,
    keysView,
    rotateKeys,
    events,
    onExchange: options.onExchange,
    intercept: options.intercept,
  })
  await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 })
  const address = app.server.address() as AddressInfo
  url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`

  return {
    url,
    credentials: tenant.credentials,
    entries: tenant.entries,
    canvases: tenant.canvases,
    sessions: tenant.sessions,
    exports: tenant.exports,
    objects: tenant.objects,
    faults: tenant.faults,
    tokens: tenant.tokens,
    events,
    insertCanvas: notebook.insertCanvas,
    openRun: notebook.openRun,
    openHome: notebook.openHome,
    click: notebook.click,
    save: notebook.save,
    created: notebook.created,
    deliver: notebook.deliver,
    deliverBody: notebook.deliverBody,
    redeliver: notebook.redeliver,
    rotateKeys,
    replaceCredentials: (change) => void Object.assign(tenant.credentials, change),
    get webhookUrl() {
      return webhookUrl
    },
    set webhookUrl(value) {
      webhookUrl = value
    },
    get deliveries() {
      return tenant.outbox.deliveries
    },
    settled: (id) => tenant.outbox.settled(id),
    close: async () => {
      tenant.outbox.close()
      tenant.exports.close()
      await app.close()
    },
  }
}

type Outside = {
  origin: () => string
  webhookUrl: () => string | null
  tell: (event: PageEvent) => void
}

/** Durations of exports, from a seed: 1 to 3 s unless said otherwise. */
const durations = (random: Random, wanted: TenantOptions['exportMs'] = [1_000, 3_000]) => {
  const [from, to] = typeof wanted === 'number' ? [wanted, wanted] : wanted
  return () => Math.round(from + random() * (to - from))
}

const assemble = (options: TenantOptions, outside: Outside): TenantContext => {
  const { origin, webhookUrl, tell } = outside
  const clock = options.clock ?? systemClock
  const now = () => clock.now()
  const random = seededRandom(options.seed ?? 1)
  const tenantHost = options.tenantHost ?? 'acme.benchling.test'
  const tenantOrigin = `https://${tenantHost}`
  const credentials: TenantCredentials = {
    tenant: tenantHost,
    appId: options.appId ?? 'app_DRBigxGEyr2BzW4T',
    appDefinitionId: options.appDefinitionId ?? 'appdef_PRhebXCvtw',
    clientId: options.clientId ?? 'simulated-client',
    clientSecret: options.clientSecret ?? 'simulated-secret',
  }
  const routing = options.routing ?? 'suffixed'
  const sessions = new SessionStore(random, now)
  const faults: FaultBoard = new FaultBoard(() => tell({ kind: 'faults', faults: faults.all() }))
  const keys = new KeyRing(seededRandom((options.seed ?? 1) + 1))
  const canvases = new CanvasStore(random, now, (canvas) =>
    tell({ kind: 'canvas', canvas: canvasView(canvas, sessions) }),
  )
  const entries = new EntryStore({
    random,
    now,
    origin: tenantOrigin,
    author: JANE,
    changed: (entryId) => tell({ kind: 'entry', entryId, at: clock.now() }),
  })
  const exports = new Exports({
    entries,
    faults,
    random,
    clock,
    duration: durations(seededRandom((options.seed ?? 1) + 2), options.exportMs),
    changed: ({ id, entryId, state }) =>
      tell({
        kind: 'export',
        entryId,
        taskId: id,
        state: state.status === 'RUNNING' ? 'running' : state.status === 'FAILED' ? 'failed' : 'succeeded',
        at: clock.now(),
        bytes: state.status === 'SUCCEEDED' ? state.archive.size : null,
      }),
  })
  const outbox = new Outbox({
    clock,
    random,
    keys,
    faults,
    address: (type) => {
      const base = webhookUrl()
      return base === null ? null : webhookAddress(base, routing, type)
    },
    changed: (delivery) => tell({ kind: 'delivery', delivery }),
  })
  return {
    credentials,
    appName: options.appName ?? 'benchling-webhook',
    legacy: options.legacy ?? false,
    routing,
    clock,
    random,
    entries,
    objects: new LinkedObjects(),
    canvases,
    sessions,
    exports,
    events: new EventLog(),
    faults,
    keys,
    links: new LinkSigner(),
    outbox,
    rate: new RateWindow(options.rate ?? APP_RATE, now),
    tokens: new Tokens(credentials, random, now),
    origin,
    tenantOrigin,
    tell,
  }
}
