import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { asFault } from '../../src/base/fault.ts'
import { faultFields } from '../../src/base/log.ts'
import { SignedDownload } from '../../src/benchling/download.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import type { Exchange } from '../../src/simulator/api/exchanges.ts'
import { textNote } from '../../src/simulator/entries/sample.ts'
import { fileHost } from '../benchling/files.ts'
import { JumpClock, signal } from '../benchling/tenant.ts'
import { formsOf, leaks, processOutput } from './support/canaries.ts'
import { Lab } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Secret01'
const CLIENT = 'client-CANARY'
const SECRET = 'CANARY/client+secret=8d1f&"x'
const BASIC = Buffer.from(`${CLIENT}:${SECRET}`).toString('base64')
/** A signed address that a scientist pasted into the entry. */
const PASTED = 'https://lab-bucket.s3.amazonaws.com/x?X-Amz-Date=1&X-Amz-Signature=CANARYpasted77aa51'
/** A signed address that only hostile answers speak of. */
const ELSEWHERE = 'https://evil.example/x.zip?X-Amz-Credential=A&X-Amz-Signature=CANARYelsewhere44bd'

/** Everything secret that an exchange showed: tokens, and the signature that is part of every form of an address. */
const secretsIn = ({ answer }: Exchange): string[] => {
  const text = JSON.stringify(answer) ?? ''
  const token = /"access_token":"([^"]+)"/.exec(text)?.[1]
  const link = /"downloadURL":"([^"]+)"/.exec(text)?.[1]
  const signature = /X-Amz-Signature=([0-9a-f]{16,})/.exec(link ?? '')?.[1]
  return [token, signature].filter((secret) => secret !== undefined)
}

const filesBelow = async (dir: string): Promise<Map<string, string>> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(paths.map(async (path) => [path, (await readFile(path)).toString('latin1')] as const)),
  )
}

type Hostile = {
  /** Requests it answers, as `METHOD /path`. */
  readonly to: RegExp
  readonly times: number
  readonly answer: (response: ServerResponse, words: string, link: string) => void
}

const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse, words: string) =>
    response.writeHead(status, headers).end(`<Error><Code>X</Code><Message>${words}</Message></Error>`)
const say = (status: number, body: (words: string, link: string) => unknown) => {
  return (response: ServerResponse, words: string, link: string) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body(words, link)))
}
const apiError = (status: number) =>
  say(status, (words) => {
    const encoded = `next=${encodeURIComponent(ELSEWHERE)}`
    return { error: { type: encoded, message: words, userMessage: words, invalidId: words } }
  })

const FILE = /^GET \/download/
const TASK = /^GET \/api\/v2\/tasks/
const ENTRY = /^GET \/api\/v2\/entries\/[^/]+$/
const ANY = /^\w+ \/api\/v2\/(?!token)/

/** What a server says that knows our secrets and repeats them wherever it can. */
const HOSTILE: readonly Hostile[] = [
  { to: FILE, times: 1, answer: refuse(302, { location: ELSEWHERE }) },
  {
    to: FILE,
    times: 1,
    answer: refuse(302, { location: ELSEWHERE.replace('evil', 'user:CANARYelsewhere44bd@evil') }),
  },
  { to: FILE, times: 1, answer: refuse(302, { location: `http://:${ELSEWHERE}` }) },
  { to: FILE, times: 2, answer: refuse(403) },
  { to: FILE, times: 3, answer: refuse(500) },
  { to: FILE, times: 1, answer: refuse(400) },
  {
    to: FILE,
    times: 1,
    answer: (response, words, link) =>
      response
        .writeHead(206, { etag: `"${link}"`, 'content-range': `bytes ${link}`, 'x-words': encodeURI(words) })
        .end('x'),
  },
  { to: FILE, times: 1, answer: (response, words) => response.socket?.end(`HTTP/1.1 ${words}\r\n\r\n`) },
  { to: TASK, times: 1, answer: say(200, (words) => ({ status: 'FAILED', message: words })) },
  {
    to: TASK,
    times: 1,
    answer: say(200, () => ({ status: 'FAILED', message: `At ${encodeURIComponent(ELSEWHERE)}.` })),
  },
  {
    to: TASK,
    times: 1,
    answer: say(200, (_, link) => ({ status: 'SUCCEEDED', response: { downloadURL: `http://:${link}` } })),
  },
  {
    to: TASK,
    times: 1,
    answer: say(200, (_, link) => ({ status: 'SUCCEEDED', response: { downloadURL: `file:///${link}` } })),
  },
  {
    to: TASK,
    times: 1,
    answer: say(200, (words, link) => ({ status: words, response: { downloadURL: { [link]: link } } })),
  },
  { to: TASK, times: 1, answer: (response, words) => response.end(words) },
  { to: ENTRY, times: 1, answer: apiError(400) },
  { to: ENTRY, times: 1, answer: apiError(403) },
  { to: ENTRY, times: 1, answer: apiError(404) },
  { to: ENTRY, times: 2, answer: apiError(401) },
  { to: ENTRY, times: 6, answer: apiError(500) },
  { to: ENTRY, times: 1, answer: say(200, (words) => ({ entry: { id: { [words]: words } } })) },
  { to: ENTRY, times: 1, answer: refuse(301, { location: ELSEWHERE }) },
  { to: /^POST \/api\/v2\/exports/, times: 1, answer: apiError(422) },
  { to: /^PATCH \/api\/v2\/app-canvases/, times: 1, answer: apiError(400) },
  { to: /^POST \/api\/v2\/token/, times: 1, answer: apiError(400) },
  { to: /^POST \/api\/v2\/token/, times: 1, answer: apiError(401) },
  { to: ANY, times: 6, answer: apiError(503) },
]

test('No secret is found in logs, records, packages, canvases or answers, in good days and bad', async () => {
  using output = processOutput()
  const secrets = new Set([SECRET, BASIC, PASTED, 'CANARYpasted77aa51', ELSEWHERE, 'CANARYelsewhere44bd'])
  const answers: string[] = []
  let link = ''
  let token = ''
  let hostile: Hostile | null = null
  let struck = 0
  const onExchange = (exchange: Exchange) => {
    for (const secret of secretsIn(exchange)) secrets.add(secret)
    if (exchange.path !== '/token') answers.push(JSON.stringify(exchange.body) ?? '')
  }
  const intercept = (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = String(request.url)
    if (url.startsWith('/download')) link = `http://${request.headers.host}${url}`
    token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? token
    if (!hostile?.to.test(`${request.method} ${url.split('?')[0]}`) || struck >= hostile.times) return false
    struck++
    const words = `Bad ${token}, Basic ${BASIC}, ${BASIC}, ${SECRET}; see ${link} or next=${encodeURIComponent(link)}, ${ELSEWHERE}`
    hostile.answer(response, words, link || ELSEWHERE)
    return true
  }
  const seed = entrySeed(ID, [file('a.csv', 'a'), file('late.csv', 'b', { scanned: false })])
  const days = seed.days!.map((day) => ({ ...day, notes: [...day.notes, textNote(`Data: ${PASTED}`)] }))
  await using lab = await Lab.start({
    tenant: {
      clientId: CLIENT,
      clientSecret: SECRET,
      onExchange,
      intercept,
      exportMs: 10,
      entries: [{ ...seed, days }],
    },
  })

  // Signatures of deliveries, seen by a stranger on the way who then tries his luck.
  const signed: Record<string, string>[] = []
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const headers = (init?.headers ?? {}) as Record<string, string>
    if (headers['webhook-signature']) signed.push(headers)
    return original(input, init)
  }
  try {
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.rest()
    for (const fault of ['expired-links', 'failed-export', 'truncated-archive', 'server-errors'] as const) {
      lab.tenant.faults.set(fault, 1)
      await lab.tenant.click(canvas.id, 'update')
      await lab.rest()
    }
    for (const one of HOSTILE) {
      hostile = one
      struck = 0
      if (one.to.test('POST /api/v2/token')) lab.tenant.tokens.revoke()
      await lab.tenant.click(canvas.id, 'update')
      await lab.rest()
      expect(struck, `${one.to} ${one.answer}`).toBe(one.times)
      hostile = null
      expect(lab.tenant.canvases.get(canvas.id).enabled).toBe(true)
      answers.push(lab.shows(canvas.id))
    }
    lab.tenant.tokens.revoke()
    lab.tenant.faults.set('dropped-connections', true)
    const failed = lab.next(({ key, kind }) => key.startsWith('entry:') && kind === 'failed')
    await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId: canvas.id, buttonId: 'update' })
    await failed
    lab.tenant.faults.clear()
    await lab.rest()
    await lab.packaged(ID)
  } finally {
    globalThis.fetch = original
  }
  expect(signed.length).toBeGreaterThan(5)
  for (const { 'webhook-signature': value } of signed)
    for (const part of value!.split(' ')) secrets.add(part.split(',')[1]!)

  const places = new Map<string, string>()
  const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(`${lab.service.url}${path}`, init)
    places.set(
      `answer to ${path} ${init.method} ${places.size}`,
      JSON.stringify([...answer.headers]) + (await answer.text()),
    )
    return answer.status
  }
  const headers = { ...signed[0], 'content-type': 'application/json' }
  const body = JSON.stringify({ canary: SECRET, [BASIC]: PASTED })
  expect(await ask('/event', { method: 'POST', body, headers })).toBe(403)
  expect(await ask('/event', { method: 'POST', body, headers: { 'content-type': 'application/json' } })).toBe(
    403,
  )
  expect(
    await ask('/event', { method: 'POST', body, headers: { ...headers, 'content-type': 'text/plain' } }),
  ).toBe(415)
  expect(await ask(`/${encodeURIComponent(SECRET)}?token=${encodeURIComponent(SECRET)}`)).toBe(404)
  for (const path of ['/health', '/health/ready', '/health/live']) expect(await ask(path)).toBe(200)

  places.set('log', lab.logged.join(''))
  places.set('requests', answers.join('\n'))
  places.set('canvases', JSON.stringify(lab.tenant.canvases.list()))
  places.set('records', JSON.stringify([await lab.service.history.runs({ limit: 500 }), await lab.entry(ID)]))
  const live = await filesBelow(lab.dir)
  for (const [path, bytes] of live) places.set(`${path}, in use`, bytes)
  await lab.service.stop(0)
  const files = await filesBelow(join(lab.dir, 'data'))
  for (const [path, bytes] of files) places.set(path, bytes)
  places.set('names of files', [...live.keys()].join('\n'))
  places.set('output', output.text)

  const paths = [...live.keys()]
  expect(paths.some((path) => path.endsWith('jobs.sqlite'))).toBe(true)
  expect(paths.some((path) => path.endsWith('-wal'))).toBe(true)
  expect(paths.filter((path) => path.includes('registry')).length).toBeGreaterThan(10)
  expect(lab.logged.length).toBeGreaterThan(50)
  // client secret, tokens, signatures of links and of deliveries
  expect(secrets.size).toBeGreaterThan(30)
  expect(leaks(secrets, places)).toEqual([])
}, 60_000)

test('A canary is found in every form it could hide in', () => {
  for (const form of formsOf(SECRET))
    expect(leaks([SECRET], new Map([['here', `--${form}--`]]))).toHaveLength(1)
  for (const before of ['', 'a', 'ab', 'abc'])
    expect(
      leaks([SECRET], new Map([['here', Buffer.from(`${before}${SECRET}`).toString('base64')]])),
    ).not.toEqual([])
})

test('Failures of names, of TLS and of our own hold nothing of the address', async () => {
  await using plain = await fileHost(Buffer.from('x'))
  const origin = plain.base.replace('http:', 'https:')
  const failing = (error: Error) => ({
    hosts: ['.amazonaws.com'],
    allowOrigins: [],
    resolve: () => Promise.reject(error),
  })
  const about = `getaddrinfo ENOTFOUND for ${PASTED}`
  const limits = { headersTimeoutMs: 1e12, stallTimeoutMs: 1e12 }
  for (const [address, rules] of [
    [PASTED, failing(Object.assign(new Error(about), { code: 'ENOTFOUND', hostname: PASTED }))],
    [PASTED, failing(new Error(about))],
    [PASTED, failing(Object.assign(new Error(about, { cause: new Error(PASTED) }), { code: PASTED }))],
    [`${origin}/x?X-Amz-Signature=CANARYpasted77aa51`, { hosts: [], allowOrigins: [origin] }],
  ] as const) {
    const client = new DownloadClient(rules, new JumpClock(), limits, () => 0)
    const download = new SignedDownload(client, address, () => Promise.reject(new Error(about)))
    const fault = asFault(await download.get(null, signal).catch((thrown: unknown) => thrown))
    expect(fault.code).toBe('export.download_failed')
    const shown = [
      JSON.stringify(faultFields(fault)),
      fault.people,
      inspect(fault, { depth: 9 }),
      String(fault.stack),
    ]
    expect(leaks(['CANARYpasted77aa51', PASTED], new Map([['fault', shown.join()]]))).toEqual([])
    await client.close()
  }
  const unforeseen = asFault(new Error(`cannot read ${PASTED}`, { cause: new Error(PASTED) }))
  expect(
    leaks([PASTED], new Map([['log', JSON.stringify([faultFields(unforeseen), unforeseen.people])]])),
  ).toEqual([])
})
