import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { ApiError } from './api-error.ts'

/** Where the page may be: beside this file in source, `page/` in the release. The first that has an index wins. */
const PLACES = ['./page/', '../page/'].map((place) => fileURLToPath(new URL(place, import.meta.url)))

/** Source files outside the page's folder that the page imports: types and constants. */
const SHARED = new Set(['page-contract.ts', 'fault-names.ts'])

/** One name a part; no dots but the extension's, so that nothing above the folder can be named. */
const FILE = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+\.(?:js|ts|css|svg|png|woff2)$/

/** A module of a library: as `FILE`, JavaScript only, dots in the name allowed. */
const LIBRARY_FILE = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+(?:\.esm)?\.js$/

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
}

const IMPORT_MAP = JSON.stringify({
  imports: {
    'lit-html': '/modules/lit-html/lit-html.js',
    'lit-html/': '/modules/lit-html/',
    marked: '/modules/marked/marked.esm.js',
  },
})
const IMPORT_MAP_TAG = `<script type="importmap">${IMPORT_MAP}</script>`
const IMPORT_MAP_HASH = createHash('sha256').update(IMPORT_MAP).digest('base64')

/** Nothing from elsewhere, no inline script but the import map, no frames around the page. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${IMPORT_MAP_HASH}'`,
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "object-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Serves the notebook page: in development straight from its TypeScript, with types stripped on the way and an import
 * map for lit-html; in the release the bundled files. Anything else is 404.
 */
export const addPage = (app: FastifyInstance, root = pageFolder()): void => {
  if (root === null) return
  const bundled = existsSync(join(root, 'main.js'))

  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', POLICY)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cross-origin-opener-policy', 'same-origin')
    reply.header('cache-control', 'no-cache')
  })

  app.get('/', async (_request, reply) => {
    const html = await readFile(join(root, 'index.html'), 'utf8')
    reply.type('text/html; charset=utf-8')
    return bundled ? html : html.replace('<!-- import map -->', IMPORT_MAP_TAG)
  })
  for (const [name, folder] of Object.entries(bundled ? {} : LIBRARIES)) {
    app.get<{ Params: { '*': string } }>(`/modules/${name}/*`, async ({ params }, reply) => {
      const file = params['*']
      if (!LIBRARY_FILE.test(file)) throw missing(file)
      return send(reply, join(folder(), file), file)
    })
  }
  app.get<{ Params: { '*': string } }>('/*', async ({ params }, reply) => {
    const file = params['*']
    if (!FILE.test(file)) throw missing(file)
    if (bundled) return send(reply, join(root, file), file)
    const source = file.replace(/\.js$/, '.ts')
    return send(reply, join(SHARED.has(source) ? dirname(root.replace(/[/\\]$/, '')) : root, source), source)
  })
}

const pageFolder = (): string | null => PLACES.find((place) => existsSync(join(place, 'index.html'))) ?? null

const folderOf = (library: string): string => dirname(createRequire(import.meta.url).resolve(library))

/**
 * Libraries the page imports, by the folder of their browser modules. lit-html's exports name builds for servers and for
 * development: the browser's stands at the top of the package.
 */
const LIBRARIES = {
  'lit-html': () => folderOf('lit-html').replace(/([/\\]lit-html)[/\\].*$/, '$1'),
  marked: () => folderOf('marked'),
}

const send = async (reply: FastifyReply, path: string, name: string): Promise<FastifyReply> => {
  const bytes = await readFile(path).catch(() => null)
  if (bytes === null) throw missing(name)
  const extension = name.slice(name.lastIndexOf('.') + 1)
  reply.type(TYPES[extension] ?? 'application/octet-stream')
  return reply.send(extension === 'ts' ? stripTypeScriptTypes(bytes.toString('utf8')) : bytes)
}

const missing = (name: string): ApiError =>
  new ApiError(404, 'invalid_request_error', `There is no ${name.slice(0, 200)}.`)
