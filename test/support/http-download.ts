import { Agent, get, type IncomingMessage } from 'node:http'
import type { ByteRange, Download, DownloadAnswer } from '../../src/base/download.ts'
import { Fault } from '../../src/base/fault.ts'
import { singleUse } from '../../src/base/single-use.ts'

const CONNECTIONS = 16

async function* pieces(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  for await (const piece of response as AsyncIterable<Buffer>) yield singleUse(piece)
}

const rangeHeader = (range: ByteRange): string =>
  'last' in range ? `bytes=-${range.last}` : `bytes=${range.start}-${range.end}`

/** The plainest download there is: one request, no retries, no renewal. For tests and measurements on loopback. */
export class HttpDownload implements Download {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

  constructor(url: string) {
    this.#url = url
  }

  async get(range: ByteRange | null, signal: AbortSignal): Promise<DownloadAnswer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = range ? { range: rangeHeader(range) } : {}
      get(this.#url, { agent: this.#agent, headers, signal }, resolve).on('error', reject)
    })
    const status = response.statusCode ?? 0
    if (status !== 200 && status !== 206) {
      response.destroy()
      throw new Fault('export.download_failed', { status })
    }
    const stated = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '')
    const length = response.headers['content-length']
    return {
      start: stated ? Number(stated[1]) : 0,
      total: stated ? Number(stated[2]) : length === undefined ? null : Number(length),
      partial: status === 206,
      etag: response.headers.etag ?? null,
      body: pieces(response),
      cancel: () => {
        response.destroy()
      },
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
