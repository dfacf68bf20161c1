import type { Signer } from '../../test/support/signer.ts'

/** Signed requests as they go over the wire, each with an id of its own that begins with `prefix`. */
export const prepareDeliveries = (signer: Signer, count: number, prefix: string): Buffer[] =>
  Array.from({ length: count }, (_, i) => {
    const body = JSON.stringify({
      version: '0',
      baseURL: 'https://bench.benchling.com',
      tenantId: 'ten_Bench',
      app: { id: 'app_Bench' },
      appDefinition: { id: 'appdef_Bench', versionNumber: '1.0.0' },
      channel: 'events',
      message: {
        id: `evt_${i}`,
        type: 'v2.entry.updated.fields',
        createdAt: '2026-05-04T09:15:42.118309+00:00',
        resourceId: `etr_Bench${i % 1000}`,
        schema: { id: 'ts_Bench' },
        updates: ['fields.Cell Line'],
        deprecated: false,
      },
    })
    const headers = Object.entries(signer.headers(`msg_${prefix}_${i}`, Date.now(), body))
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const length = Buffer.byteLength(body)
    return Buffer.from(
      `POST /event HTTP/1.1\r\nhost: bench\r\n${lines}content-length: ${length}\r\n\r\n${body}`,
    )
  })
