import { once } from 'node:events'
import { connect } from 'node:net'

export type Load = {
  readonly seconds: number
  /** In ms, of those that were sent, in no order. */
  readonly latencies: Float64Array
  readonly sent: number
  readonly accepted: number
}

/**
 * Sends prepared requests over so many kept-alive connections, each waiting for its answer, until all are sent or
 * `enough` is aborted.
 */
export const sendAll = async (
  port: number,
  requests: readonly Buffer[],
  connections: number,
  enough?: AbortSignal,
): Promise<Load> => {
  const latencies = new Float64Array(requests.length)
  let next = 0
  let sent = 0
  let accepted = 0
  const lane = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    try {
      for (let index = next++; index < requests.length && !enough?.aborted; index = next++) {
        const began = performance.now()
        const status = await exchange(socket, requests[index] as Buffer)
        latencies[sent++] = performance.now() - began
        if (status >= 200 && status < 300) accepted++
      }
    } finally {
      socket.destroy()
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: connections }, lane))
  return {
    seconds: (performance.now() - began) / 1000,
    latencies: latencies.subarray(0, sent),
    sent,
    accepted,
  }
}

/** One answer is complete when its declared length has come; answers here are small and never chunked. */
const exchange = (socket: ReturnType<typeof connect>, request: Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    let text = ''
    const finish = (result: number | Error) => {
      socket.off('data', onData).off('error', finish).off('close', onClose)
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    const onClose = () => finish(new Error('the server hung up'))
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length >= head + 4 + length) finish(Number(text.slice(9, 12)))
    }
    socket.on('data', onData).on('error', finish).on('close', onClose)
    socket.write(request)
  })
