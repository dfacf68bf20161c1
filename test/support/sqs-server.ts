import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Clock } from '../../src/base/clock.ts'
import { ACTIONS, type SqsAction } from './sqs-server-actions.ts'
import { SqsError } from './sqs-server-error.ts'
import { EARLY, SqsFaults } from './sqs-server-faults.ts'
import { SqsQueue } from './sqs-server-queue.ts'

export type SqsInput = Readonly<Record<string, unknown>>

export type SqsServer = {
  readonly url: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly faults: SqsFaults
  /** Every call that arrived, those that met a fault too, in order of arrival. */
  readonly calls: { readonly action: SqsAction; readonly input: SqsInput }[]
  /** Makes a queue: FIFO when its name ends in `.fifo`. */
  queue(name: string): { readonly url: string; readonly queue: SqsQueue }
  drop(name: string): void
  /** Resolves when so many calls of this action have arrived in all. */
  arrived(action: SqsAction, count: number): Promise<void>
  close(): Promise<void>
}

const REGION = 'eu-test-1'
const CREDENTIALS = { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'not-a-secret' }
const ACCOUNT = '000000000000'
const SIGNED = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/\\d{8}/${REGION}/sqs/aws4_request, `,
)

const actionOf = (request: IncomingMessage): SqsAction => {
  const [service, action = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
  if (service !== 'AmazonSQS' || !(action in ACTIONS))
    throw new SqsError('InvalidAction', `What is ${action}?`, 400)
  if (request.headers['content-type'] !== 'application/x-amz-json-1.0')
    throw new SqsError('InvalidAction', 'Not AWS JSON 1.0', 400)
  if (!SIGNED.test(request.headers.authorization ?? ''))
    throw new SqsError('IncompleteSignature', 'Not signed for this region and service', 403)
  return action as SqsAction
}

const send = (response: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(text)
}

/**
 * A small strict SQS in memory, on loopback, speaking AWS JSON 1.0. Time-outs and waits are on the clock of the test. What
 * it does not know it refuses, so that nothing passes by luck.
 */
export const startSqsServer = async (clock: Clock): Promise<SqsServer> => {
  const queues = new Map<string, SqsQueue>()
  const faults = new SqsFaults()
  const calls: { action: SqsAction; input: SqsInput }[] = []
  const arrivals = new EventEmitter().setMaxListeners(0)
  const count = (action: SqsAction) => calls.filter((call) => call.action === action).length

  const queueOf = ({ QueueUrl }: SqsInput): SqsQueue => {
    const queue = queues.get(new URL(String(QueueUrl)).pathname.replace(`/${ACCOUNT}/`, ''))
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  const act = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const action = actionOf(request)
    const input = (await json(request)) as SqsInput
    calls.push({ action, input })
    arrivals.emit('call')
    const fault = faults.take(action)
    if (fault === 'reset') {
      request.socket.destroy()
      return
    }
    if (fault === 'hang') return
    const early = fault && EARLY[fault]
    if (early) throw early()
    const hungUp = new AbortController()
    response.once('close', () => hungUp.abort())
    const answer = await ACTIONS[action](queueOf(input), input, hungUp.signal)
    if (fault === 'held') await faults.released
    if (fault === 'lost-answer') request.socket.destroy()
    else send(response, 200, answer)
  }

  const server = createServer((request, response) => {
    act(request, response).catch((thrown: unknown) => {
      const error = thrown instanceof SqsError ? thrown : new SqsError('InternalFailure', String(thrown), 500)
      if (response.socket && !response.socket.destroyed)
        send(response, error.status, {
          __type: `com.amazonaws.sqs#${error.code}`,
          message: error.message,
        })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    region: REGION,
    credentials: CREDENTIALS,
    faults,
    calls,
    queue: (name) => {
      const queue = new SqsQueue(clock, name.endsWith('.fifo'))
      queues.set(name, queue)
      return { url: `${url}/${ACCOUNT}/${name}`, queue }
    },
    drop: (name) => {
      queues.delete(name)
    },
    arrived: async (action, wanted) => {
      while (count(action) < wanted) await once(arrivals, 'call')
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
