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

export type Rule = (call: WireCall) => Verdict

/**
 * Passes HTTP on to an emulator on loopback, keeps a record, and breaks what a rule says. Calls of DynamoDB go one after the
 * other: moto keeps no transaction apart from what others write meanwhile.
 */
export class WireProxy implements AsyncDisposable {
  readonly url: string
  readonly calls: WireCall[] = []
  readonly #close: () => Promise<void>
  /** The first rule that does not let a call pass decides. */
  readonly #rules = new Set<Rule>()
  #lastOfTable: Promise<unknown> = Promise.resolve()

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async start(target: string): Promise<WireProxy> {
    const agent = new Agent({ keepAlive: true, maxSockets: 256 })
    const server = createServer((incoming, outgoing) => proxy.#pass(incoming, outgoing, target, agent))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = new WireProxy(`http://127.0.0.1:${port}`, async () => {
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
    const verdict = [...this.#rules].map((rule) => rule(call)).find((one) => one !== 'pass') ?? 'pass'
    if (verdict === 'drop') return void incoming.socket.destroy()
    if (typeof verdict === 'object') {
      call.status = verdict.status
      outgoing.writeHead(verdict.status, verdict.headers ?? {}).end(verdict.body ?? '')
      return
    }
    const pass = () =>
      this.#forward({ incoming, outgoing, body, call, target, agent, lost: verdict === 'lose-answer' })
    if (call.service !== 'dynamodb') return pass()
    const turn = this.#lastOfTable.then(pass)
    this.#lastOfTable = turn
    await turn
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
      const on = request({ hostname, port, method, path: url, headers, agent }, (answer) => {
        call.status = answer.statusCode ?? null
        answer.once('close', resolve)
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
  return { service, operation, path: pathname, accessKey, status: null }
}
