/**
 * Loaded into a service process (`node --import`) before the product: names every operation that changes something
 * outside of the process, tells of them, and stops the process for good at one of them, so that a SIGKILL from outside
 * lands exactly there. Product code knows nothing of it. Lines go to file descriptor 3, synchronously.
 */
import { subscribe } from 'node:diagnostics_channel'
import files from 'node:fs'
import fs from 'node:fs/promises'
import { ServerResponse } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Instant, Told } from './instants.ts'

const PIPE = 3
/** A driver that died kills nobody: then the process ends by itself. */
const STOPPED_FOR_MS = 60_000

const recording = process.env.CHAOS_RECORD === '1'
const skipped = Number(process.env.CHAOS_SKIP_MS ?? 0)
let armed: (Instant & { left: number }) | null = null
let operations = 0

const say = (line: Told): void => {
  for (;;) {
    try {
      files.writeSync(PIPE, `${JSON.stringify(line)}\n`)
      return
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown
    }
  }
}

const arm = (instant: Instant): void => {
  armed = { ...instant, left: instant.nth }
}

/** An instant has come. `facts` are for recordings. */
const pass = (at: string, facts: Omit<Told, 'at' | 'stopped'> = {}): void => {
  if (recording) say({ at, ...facts })
  if (!armed || (armed.at === null ? at.startsWith('after ') : armed.at !== at) || --armed.left > 0) return
  say({ at, stopped: true })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STOPPED_FOR_MS)
  process.kill(process.pid, 'SIGKILL')
}

type Method = (...args: never[]) => unknown

/** Replaces a method by one that passes an instant before and one after (when a promise, after it is kept). */
const wrap = (
  target: object,
  method: string,
  describe: (self: object, args: readonly unknown[]) => { op: string; facts?: Omit<Told, 'at'> } | null,
): void => {
  const holder = target as Record<string, Method>
  const original = holder[method] as Method
  holder[method] = function (this: object, ...args: never[]) {
    const what = describe(this, args)
    if (!what) return Reflect.apply(original, this, args)
    const facts = { ...what.facts, operation: ++operations }
    pass(`before ${what.op}`, facts)
    const result = Reflect.apply(original, this, args)
    if (!(result instanceof Promise)) {
      pass(`after ${what.op}`, facts)
      return result
    }
    return result.then((value: unknown) => {
      pass(`after ${what.op}`, facts)
      return value
    })
  } as Method
}

// Time that the service was down is skipped, not waited for.
if (skipped > 0) {
  const real = Date.now
  Date.now = () => real() + skipped
}

// Files and folders.
const kindOf = (path: string): string => {
  if (/\/\.objects\/\.partial\/[^/]+\/\d+$/.test(path)) return 'unfinished file'
  if (path.endsWith('.lock')) return 'session lock'
  if (path.includes('/.objects/.partial')) return 'session folder'
  if (/\/\.objects\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(path)) return 'object'
  if (/\/\.objects\/\.staged\/[^/]+\/[0-9a-f]{64}$/.test(path)) return 'staged object'
  if (path.includes('/.objects/.staged')) return 'staging folder'
  if (/\/\.objects(\/[0-9a-f]{2})?$/.test(path)) return 'object folder'
  if (/\/\.quilt\/packages\/[0-9a-f]{64}$/.test(path)) return 'manifest'
  if (/\/\.quilt\/named_packages\/.+\/latest$/.test(path)) return 'latest'
  if (/\/\.quilt\/named_packages\/.+\/\d+$/.test(path)) return 'pointer'
  if (path.includes('/.quilt')) return 'quilt folder'
  return 'folder'
}
const paths = new WeakMap<object, string>()
const open = fs.open
fs.open = async (...args) => {
  const [path, flags] = args
  const creates = flags === 'wx'
  const facts = { path: String(path) }
  if (creates) pass(`before create ${kindOf(facts.path)}`, facts)
  const handle = await open(...args)
  paths.set(handle, facts.path)
  if (creates) pass(`after create ${kindOf(facts.path)}`, facts)
  return handle
}
const ofPath =
  (verb: string, which = 0) =>
  (_self: object, args: readonly unknown[]) => ({
    op: `${verb} ${kindOf(String(args[which]))}`,
    facts: { path: String(args[which]), ...(which === 1 ? { from: String(args[0]) } : {}) },
  })
wrap(fs, 'rename', ofPath('rename to', 1))
wrap(files, 'renameSync', ofPath('rename to', 1))
wrap(fs, 'mkdir', ofPath('mkdir'))
wrap(fs, 'rm', ofPath('remove'))
wrap(fs, 'unlink', ofPath('remove'))
wrap(fs, 'rmdir', ofPath('remove'))
const ofHandle = (verb: string) => (self: object) => {
  const path = paths.get(self) ?? ''
  return { op: `${verb} ${kindOf(path)}`, facts: { path } }
}
const sample = await open(import.meta.filename)
const handles = Object.getPrototypeOf(sample) as object
await sample.close()
for (const verb of ['write', 'writeFile', 'datasync', 'sync']) wrap(handles, verb, ofHandle(verb))
syncBuiltinESMExports()

// Records: what is in a transaction says which commit it is.
const statements = new WeakMap<object, string>()
const prepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (sql, ...more) {
  const statement = Reflect.apply(prepare, this, [sql, ...more]) as StatementSync
  statements.set(statement, sql)
  return statement
}
let written = new Set<string>()
let marks: string[] = []
const run = StatementSync.prototype.run
StatementSync.prototype.run = function (this: StatementSync, ...args: never[]) {
  const [, table] = /INSERT (?:OR IGNORE )?INTO (\w+)/.exec(statements.get(this) ?? '') ?? []
  const values = args as unknown[]
  if (table === 'deliveries') written.add('1 delivery')
  else if (table === 'runs') written.add(`3 end of ${String(values[1]).split(':')[0]} run`)
  else if (table === 'steps') {
    const name = String(values[1])
      .replace(/@\d+$/, '')
      .replace(/^export .*/, 'export')
    written.add(name.startsWith('marks:') ? `2 ${name}` : `4 step ${name}`)
    if (name === 'marks:stored')
      for (const [, mark] of JSON.parse(String(values[4])) as [string, { physicalKey: string }][])
        marks.push(mark.physicalKey)
  } else if (table === 'subjects') written.add(`5 record of ${values[1]}`)
  return Reflect.apply(run, this, args)
} as typeof run
wrap(DatabaseSync.prototype, 'exec', (_self, [sql]) => {
  if (sql === 'BEGIN IMMEDIATE') {
    written = new Set()
    marks = []
  }
  if (sql !== 'COMMIT') return null
  const [first = '6 nothing'] = [...written].sort()
  return { op: `commit ${first.slice(2)}`, facts: marks.length > 0 ? { marks: [...marks] } : {} }
})

// Requests of the service and their answers.
type Sent = { request: { method: string; path: string } }
const place = ({ request: { method, path } }: Sent): string => {
  const bare = path.split('?')[0] as string
  const name = bare.startsWith('/download/') ? 'download' : bare.replace(/^\/api\/v2\//, '')
  return `${method} ${name.replace(/\/[^/]*[A-Z0-9][^/]*/g, '/…').replace(/(entries|tasks|app-canvases)\/[^/]+/, '$1/…')}`
}
subscribe('undici:request:create', (sent) => pass(`at request ${place(sent as Sent)}`))
subscribe('undici:request:headers', (sent) => pass(`at answer to ${place(sent as Sent)}`))

// Deliveries and their answers.
wrap(ServerResponse.prototype, 'end', (self) => {
  const { req, statusCode } = self as ServerResponse
  return req.method === 'POST' ? { op: `reply ${statusCode}` } : null
})
subscribe('http.server.response.finish', (message) => {
  const { request, response } = message as { request: { method: string }; response: ServerResponse }
  if (request.method === 'POST') pass(`at reply ${response.statusCode} left`)
})

if (process.env.CHAOS_INSTANT) arm(JSON.parse(process.env.CHAOS_INSTANT) as Instant)
process.on('message', (instant) => arm(instant as Instant))
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.channel?.unref()
