import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request to an AWS service, as it passed by. */
export type WireCall = {
  /** `s3`, `sqs`, `dynamodb`, … as the signature names it. */
  readonly service: string
  /** `AssumeRole`, `GetItem`, …; for S3 the method and what its query asks for, like `PUT` or `POST uploads`. */
  readonly operation: string
  readonly path: string
  readonly search: URLSearchParams
  /** Kinds of rows that a call of DynamoDB names, sorted: `S entry`, `D`, `J`, … */
  readonly rows: readonly string[]
  /** Who asks: the access key id of the signature. */
  readonly accessKey: string
  /** Null while it is under way, and when it came to nothing. */
  status: number | null
}

/**
 * What becomes of a call: it passes; it is answered here; its connection breaks before it reaches the server (`drop`), or
 * after the server has done it (`lose-answer`).
 */
export type Verdict =
  | 'pass'
  | 'drop'
  | 'lose-answer'
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }

/** A call waits for its verdict: a promise holds it back. */
export type Rule = (call: WireCall) => Verdict | Promise<Verdict>

/** What becomes of calls after the server has answered; the answer waits for it. */
export type Witness = (call: WireCall) => void | Promise<void>

export type WireOptions = {
  /** Services that are somewhere else. */
  readonly elsewhere?: Readonly<Record<string, string>>
}

/**
 * Passes HTTP on to an emulator on loopback, keeps a record, and breaks what a rule says. Calls of moto's DynamoDB go one
 * after the other: it keeps no transaction apart from what others write meanwhile.
 */
export class WireProxy implements AsyncDisposable {
  readonly url: string
  readonly calls: WireCall[] = []
  readonly #close: () => Promise<void>
  /** The first rule that does not let a call pass decides. */
  readonly #rules = new Set<Rule>()
  readonly #witnesses = new Set<Witness>()
  readonly #elsewhere: Readonly<Record<string, string>>
  #lastOfTable: Promise<unknown> = Promise.resolve()

  private constructor(url: string, elsewhere: Readonly<Record<string, string>>, close: () => Promise<void>) {
    this.url = url
    this.#elsewhere = elsewhere
    this.#close = close
  }

  static async start(target: string, { elsewhere = {} }: WireOptions = {}): Promise<WireProxy> {
    const agent = new Agent({ keepAlive: true, maxSockets: 256 })
    const server = createServer((incoming, outgoing) => proxy.#pass(incoming, outgoing, target, agent))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = new WireProxy(`http://127.0.0.1:${port}`, elsewhere, async () => {
      server.closeAllConnections()
      agent.destroy()
      server.close()
      await once(server, 'close')
    })
    return proxy
  }

  /** Applies a rule until the returned object is disposed. */
  when(rule: Rule): Disposable {
    this.#rules.add(rule)
    return { [Symbol.dispose]: () => void this.#rules.delete(rule) }
  }

  /** Has every answer told before it is passed on, until the returned object is disposed. */
  after(witness: Witness): Disposable {
    this.#witnesses.add(witness)
    return { [Symbol.dispose]: () => void this.#witnesses.delete(witness) }
  }

  count(service: string, operation?: string): number {
    return this.calls.filter(
      (call) => call.service === service && (operation === undefined || call.operation === operation),
    ).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #pass(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    target: string,
    agent: Agent,
  ): Promise<void> {
    const body = await bytesOf(incoming)
    const call = callOf(incoming, body)
    this.calls.push(call)
    const verdict = await this.#verdict(call)
    if (verdict === 'drop') return void incoming.socket.destroy()
    if (typeof verdict === 'object') {
      call.status = verdict.status
      outgoing.writeHead(verdict.status, verdict.headers ?? {}).end(verdict.body ?? '')
      return
    }
    const elsewhere = this.#elsewhere[call.service]
    const to = { target: elsewhere ?? target, agent, lost: verdict === 'lose-answer' }
    const pass = () => this.#forward({ incoming, outgoing, body, call, ...to })
    if (call.service !== 'dynamodb' || elsewhere) return pass()
    // Who gave up while others had their turn is not asked for any more.
    const turn = this.#lastOfTable.then(() => (outgoing.destroyed ? undefined : pass()))
    this.#lastOfTable = turn
    await turn
  }

  async #verdict(call: WireCall): Promise<Verdict> {
    for (const rule of this.#rules) {
      const verdict = await rule(call)
      if (verdict !== 'pass') return verdict
    }
    return 'pass'
  }

  /** Resolves when the server has answered, or will not. */
  #forward(its: {
    readonly incoming: IncomingMessage
    readonly outgoing: ServerResponse
    readonly body: Buffer
    readonly call: WireCall
    readonly target: string
    readonly agent: Agent
    readonly lost: boolean
  }): Promise<void> {
    const { incoming, outgoing, body, call, target, agent, lost } = its
    const { hostname, port } = new URL(target)
    const { method, url, headers } = incoming
    // Whoever gave up while it waited for its turn hears no answer, and nobody would read one to its end.
    if (outgoing.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const on = request({ hostname, port, method, path: url, headers, agent }, async (answer) => {
        call.status = answer.statusCode ?? null
        answer.once('close', resolve)
        for (const witness of this.#witnesses) await witness(call)
        if (outgoing.destroyed) {
          answer.resume()
          return
        }
        if (lost) {
          answer.resume()
          answer.once('end', () => incoming.socket.destroy())
          return
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
        answer.once('error', () => outgoing.destroy())
      })
      on.once('error', () => {
        outgoing.destroy()
        resolve()
      })
      on.once('close', resolve)
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) on.destroy()
      })
      on.end(body)
    })
  }
}

/** Whole, because what is asked for stands in the body; parts of uploads have 8 MiB. */
const bytesOf = async (incoming: IncomingMessage): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>).catch(() => []))

const callOf = (incoming: IncomingMessage, body: Buffer): WireCall => {
  const { headers, method = '', url = '' } = incoming
  const [, accessKey = '', service = ''] =
    /Credential=([^/]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '') ?? []
  const target = headers['x-amz-target']
  const action = /(?:^|&)Action=(\w+)/.exec(body.subarray(0, 4096).toString('latin1'))?.[1]
  const { pathname, searchParams } = new URL(url, 'http://x')
  const asked = [...searchParams.keys()].filter(
    (key) => !key.startsWith('x-') && !/^(prefix|versionId|max-|partNumber|uploadId|encoding)/.test(key),
  )
  const operation =
    typeof target === 'string' ? (target.split('.').at(-1) ?? '') : (action ?? [method, ...asked].join(' '))
  return {
    service,
    operation,
    path: pathname,
    search: searchParams,
    rows: rowsOf(service, body),
    accessKey,
    status: null,
  }
}

const rowsOf = (service: string, body: Buffer): string[] => {
  if (service !== 'dynamodb') return []
  const named = String(body).matchAll(/"[ps]k":\{"S":"([A-Z])(?:#(entry|canvas)?|")/g)
  return [...new Set([...named].map(([, letter, kind]) => (kind ? `${letter} ${kind}` : letter!)))].sort()
}
