import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { bodyOf } from '../api/body.ts'
import { badRequest } from '../api-error.ts'
import type { AppParts } from '../app-parts.ts'
import { bufferSource, makeAll } from '../archive/byte-source.ts'
import type { TenantContext } from '../context.ts'
import { FAULT_NAMES } from '../faults.ts'
import { mediaType } from '../media-type.ts'
import { MAX_UPLOAD_BYTES, type SaveResult, type Snapshot } from '../page-contract.ts'
import { JANE, PEOPLE } from '../samples/people.ts'
import { changeOf } from './edit.ts'
import { addGuard } from './guard.ts'
import { Places } from './places.ts'
import { viewSafely } from './safe-view.ts'
import { addServiceRoutes } from './service-routes.ts'
import { addStream } from './stream.ts'
import { canvasView, entrySummary, entryView } from './views.ts'

const DELIVERIES_SHOWN = 100

const text = z.string().max(100_000)
const newEntry = z.strictObject({ name: z.string().trim().min(1).max(255) })
const edit = z.strictObject({
  name: z.string().trim().min(1).max(255).optional(),
  fields: z.record(z.string(), z.union([text, z.number(), z.boolean()]).nullable()).optional(),
  notes: z
    .array(
      z.strictObject({
        day: z.number().int().min(0),
        index: z.number().int().min(0),
        text: text.optional(),
        checked: z.boolean().optional(),
        cells: z
          .array(z.strictObject({ row: z.number().int().min(0), column: z.number().int().min(0), text }))
          .optional(),
      }),
    )
    .optional(),
  append: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('text'), text }),
        z.strictObject({
          kind: z.literal('table'),
          name: text,
          columns: z.array(text),
          rows: z.array(z.array(text)),
        }),
      ]),
    )
    .optional(),
})
const click = z.strictObject({ buttonId: z.string(), userId: z.string().optional() })
const inserting = z.strictObject({ userId: z.string().optional() })
const place = z.strictObject({
  kind: z.enum(['home', 'run']),
  userId: z.string().optional(),
  another: z.boolean().optional(),
})
const inputs = z.strictObject({
  values: z.record(z.string(), z.union([z.string(), z.array(z.string())]).nullable()),
})
const fault = z.strictObject({
  name: z.enum(FAULT_NAMES as [(typeof FAULT_NAMES)[number]]),
  on: z.union([z.boolean(), z.number().int().min(0)]),
})

type ById = { Params: { id: string } }
type ByFile = { Params: { id: string; file: string } }

/** The page's own API (page-contract.ts). Deliveries go out in the background: the stream tells how they end. */
export const addControlApi = (app: FastifyInstance, tenant: TenantContext, parts: AppParts): void => {
  const { entries, canvases, faults } = tenant
  const { notebook, service } = parts
  const places = new Places(tenant, notebook)
  const inBackground = (work: Promise<unknown> | null) => {
    work?.catch(() => {})
  }
  addGuard(app)
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: MAX_UPLOAD_BYTES },
    (_request, body, done) => done(null, body),
  )

  app.get(
    '/state',
    async (): Promise<Snapshot> => ({
      tenant: {
        host: tenant.credentials.tenant,
        appName: tenant.appName,
        webhookUrl: parts.webhookUrl(),
        routing: tenant.routing,
        legacy: tenant.legacy,
        now: tenant.clock.now(),
      },
      entries: entries
        .list()
        .map(entrySummary)
        .toSorted((a, b) => (a.displayId < b.displayId ? 1 : -1)),
      places: places.list(),
      people: PEOPLE,
      deliveries: tenant.outbox.deliveries.slice(-DELIVERIES_SHOWN).reverse(),
      faults: faults.all(),
      keys: parts.keysView(),
      service: service ? await service.ready() : null,
    }),
  )

  app.post('/entries', async ({ body }) => {
    const { name } = bodyOf(newEntry, body)
    const entry = entries.create({ name })
    inBackground(notebook.created(entry.api.id))
    return entryView(tenant, entry)
  })
  app.get<ById>('/entries/:id', async ({ params }) => {
    const entry = entries.get(params.id)
    await makeAll([...entry.attachments.values()].map(({ content }) => content))
    return entryView(tenant, entry)
  })
  app.post<ById>('/entries/:id/save', async ({ params, body }): Promise<SaveResult> => {
    const wanted = bodyOf(edit, body)
    entries.update(params.id, changeOf(entries.get(params.id), wanted))
    const before = tenant.outbox.deliveries.length
    inBackground(notebook.save(params.id))
    return {
      entry: entryView(tenant, entries.get(params.id)),
      deliveryId: tenant.outbox.deliveries[before]?.id ?? null,
    }
  })

  app.post<ById & { Querystring: { name?: string } }>(
    '/entries/:id/attachments',
    { bodyLimit: MAX_UPLOAD_BYTES },
    async ({ params, query, body }) => {
      if (!query.name || !Buffer.isBuffer(body)) throw badRequest('Give a name and the bytes of the file.')
      const { name } = query
      entries.addAttachment(params.id, { name, type: mediaType(name), content: bufferSource(body) })
      return entryView(tenant, entries.get(params.id))
    },
  )
  app.get<ByFile>('/entries/:id/attachments/:file', async ({ params }, reply) => {
    const { name, content } = entries.attachment(params.id, params.file)
    viewSafely(reply, name).header('content-length', content.size)
    return reply.send(Readable.from(content.read(0, content.size)))
  })
  app.delete<ByFile>('/entries/:id/attachments/:file', async ({ params }) => {
    entries.removeAttachment(params.id, params.file)
    return entryView(tenant, entries.get(params.id))
  })

  app.post<ById>('/entries/:id/canvases', async ({ params, body }) => {
    const { userId } = bodyOf(inserting, body ?? {})
    const canvas = notebook.placeCanvas(params.id)
    inBackground(notebook.announceCanvas(canvas, userId))
    return canvasView(canvas, tenant.sessions)
  })
  app.post<ById>('/canvases/:id/click', async ({ params, body }) => {
    const { buttonId, userId } = bodyOf(click, body)
    const canvas = canvases.press(params.id, buttonId, tenant.objects.nameOf(userId ?? JANE.id))
    inBackground(notebook.announceClick(params.id, buttonId, userId))
    return canvasView(canvas, tenant.sessions)
  })
  app.post<ById>('/canvases/:id/inputs', async ({ params, body }) =>
    canvasView(canvases.fill(params.id, bodyOf(inputs, body).values), tenant.sessions),
  )

  app.post('/places', async ({ body }) => {
    const { kind, userId, another } = bodyOf(place, body)
    return places.open(kind, { userId, another })
  })

  app.post('/faults', async ({ body }) => {
    const { name, on } = bodyOf(fault, body)
    faults.set(name, on)
    return faults.all()
  })
  app.post('/keys/rotate', async () => parts.rotateKeys())

  addStream(app, tenant, parts)
  if (service) addServiceRoutes(app, service)
}
