import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Figures } from '../../src/base/metrics-figures.ts'
import { listenForMetrics, type MetricsListener } from '../../src/service/metrics-listener.ts'
import { readExposition } from '../support/prometheus.ts'

const figures = new Figures()
let listener: MetricsListener

beforeEach(async () => {
  listener = await listenForMetrics(figures, { host: '127.0.0.1', port: 0 })
})

afterEach(() => listener.close())

describe('the internal endpoint', () => {
  test('answers with what the figures are when it is asked, in the type that Prometheus expects', async () => {
    figures.count('published_files', 2)
    const answer = await fetch(listener.url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const value = (exposition: string) =>
      readExposition(exposition).get('benchling_webhook_published_files_total')?.samples[0]?.value
    expect(value(await answer.text())).toBe(2)
    figures.count('published_files', 3)
    expect(value(await (await fetch(listener.url)).text())).toBe(5)
  })

  test('answers with something to read while nothing has happened yet', async () => {
    const text = await (await fetch(listener.url)).text()
    expect(readExposition(text).size).toBeGreaterThan(3)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])('does nothing on %s', async (method) => {
    const body = method === 'HEAD' ? {} : { body: 'x'.repeat(2_000) }
    for (const url of [listener.url, new URL('/event', listener.url)]) {
      const answer = await fetch(url, { method, ...body })
      expect([answer.status, answer.headers.get('allow'), await answer.text()]).toEqual([405, 'GET', ''])
    }
  })

  test.each(['/', '/health', '/metrics/more', '/event'])('has nothing else: %s', async (path) => {
    const answer = await fetch(new URL(path, listener.url))
    expect([answer.status, await answer.text()]).toEqual([404, ''])
  })

  test('closes although somebody keeps a connection', async () => {
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1')
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    const ended = text(socket)
    await listener.close()
    await ended
    await expect(fetch(listener.url)).rejects.toThrow()
  })

  test('listens on IPv6 as well, with an address that can be asked', async () => {
    const six = await listenForMetrics(figures, { host: '::1', port: 0 })
    expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+\/metrics$/)
    expect((await fetch(six.url)).status).toBe(200)
    await six.close()
  })
})

describe('an address that the system does not give is a setting to correct', () => {
  test('a port that is in use', async () => {
    const port = Number(new URL(listener.url).port)
    await expect(listenForMetrics(figures, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'config.invalid',
      detail: `Port ${port} is in use: set METRICS_PORT to another.`,
    })
  })

  test('an address of another machine', async () => {
    await expect(listenForMetrics(figures, { host: '203.0.113.9', port: 0 })).rejects.toMatchObject({
      code: 'config.invalid',
      detail: 'METRICS_HOST and METRICS_PORT are not an address to listen on (EADDRNOTAVAIL).',
    })
  })
})
