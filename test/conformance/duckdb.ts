import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as timer } from 'node:timers'
import { scratch, start, stop, tool } from './tools.ts'

const LIMIT_MS = 60_000

/** A table as Quilt's stack has it in Athena. */
export type QueryTable = {
  readonly database: string
  readonly name: string
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly (readonly (string | null)[])[]
}

export type QueryResult =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly error: string }

/** Executes statements with their parameters over tables; `left` counts the rows of each table afterwards. */
export const execute = async (
  tables: readonly QueryTable[],
  queries: readonly { readonly sql: string; readonly parameters: readonly string[] }[],
): Promise<{ results: QueryResult[]; left: Record<string, number> }> => {
  const home = await scratch()
  try {
    const asked = join(home.path, 'asked.json')
    await writeFile(asked, JSON.stringify({ tables, queries }))
    const child = start(tool('python'), ['-I', join(import.meta.dirname, 'package_query.py'), asked], {
      HOME: home.path,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONIOENCODING: 'utf-8',
      LC_ALL: 'C.UTF-8',
    })
    const limit = timer(() => void stop(child), LIMIT_MS)
    const closed = once(child, 'close')
    const [out, complaints] = await Promise.all([text(child.stdout!), text(child.stderr!)])
    await closed
    clearTimeout(limit)
    if (child.exitCode !== 0) throw new Error(`DuckDB ended with ${child.exitCode}\n${complaints}`)
    return JSON.parse(out) as { results: QueryResult[]; left: Record<string, number> }
  } finally {
    await home.remove()
  }
}
