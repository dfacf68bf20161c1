import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addPage } from '../../src/simulator/page-server.ts'

let folder: string
let app: FastifyInstance
let origin: string
const serve = async (files: Record<string, string>) => {
  const page = join(folder, 'page')
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  app = Fastify()
  app.setErrorHandler((thrown: Error & { status?: number }, _request, reply) =>
    reply.code(thrown.status ?? 500).send({ error: thrown.message }),
  )
  await app.register(async (scope) => addPage(scope, page))
  await app.listen({ host: '127.0.0.1', port: 0 })
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'))
})
afterEach(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

const INDEX = '<html><head><!-- import map --><script type="module" src="/main.js"></script></head></html>'
const SOURCE = {
  'page/index.html': INDEX,
  'page/main.ts': "import type { A } from './a.ts'\nexport const x: number = 1\n",
  'page/views/a.ts': 'export type A = string\nexport const a = 1\n',
  'page/style.css': 'body { color: black }',
  'page-contract.ts': 'export const PAGE_API: string = "/simulator/api"',
  'secret.ts': 'export const secret = 1',
}
const get = async (path: string) => {
  const answer = await fetch(origin + path)
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}
/** Without the clean-up that fetch does to paths. */
const rawStatus = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(origin)
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })

describe('the page in development', () => {
  it('comes from its TypeScript with types stripped', async () => {
    await serve(SOURCE)
    const main = await get('/main.js')
    expect([main.status, main.type]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(main.text).not.toContain(': number')
    expect(main.text).toContain('export const x')
    expect((await get('/views/a.ts')).text).not.toContain('type A')
    expect((await get('/page-contract.ts')).status).toBe(200)
    expect((await get('/style.css')).type).toBe('text/css; charset=utf-8')
  })

  it('finds lit-html through an import map that its policy allows', async () => {
    await serve(SOURCE)
    const answer = await fetch(`${origin}/`)
    const map = /<script type="importmap">(.*?)<\/script>/.exec(await answer.text())![1]!
    const { imports } = JSON.parse(map)
    expect((await get(imports['lit-html'])).text).toContain('litHtmlVersions')
    expect((await get(`${imports['lit-html/']}directives/repeat.js`)).status).toBe(200)
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(map))
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toContain(`'sha256-${Buffer.from(digest).toString('base64')}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
  })

  it('gives nothing outside its folder', async () => {
    await serve(SOURCE)
    for (const path of [
      '/secret.ts',
      '/../secret.ts',
      '/..%2fsecret.ts',
      '/%2e%2e/secret.ts',
      '/views/../../secret.ts',
      '/views%5c..%5c..%5csecret.ts',
      '/modules/lit-html/../../../package.json',
      '/modules/lit-html/..%2f..%2fpackage.json',
      '/modules/lit-html/package.json',
      '/main.ts%00.css',
      '/index.html',
      '//etc/passwd',
      '/.env.js',
    ])
      expect([path, await rawStatus(path)]).toEqual([path, 404])
  })
})

describe('the page in the release', () => {
  it('is its bundled files, without source or import map', async () => {
    await serve({ ...SOURCE, 'page/main.js': 'console.log(1)' })
    expect((await get('/main.js')).text).toBe('console.log(1)')
    expect((await get('/')).text).not.toContain('importmap')
    expect((await get('/modules/lit-html/lit-html.js')).status).toBe(404)
    expect((await get('/page-contract.ts')).status).toBe(404)
  })
})
