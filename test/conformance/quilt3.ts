import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as timer } from 'node:timers'
import { scratch, start, stop, tool } from './tools.ts'

const LIMIT_MS = 4 * 60_000

/** What quilt3 found in one revision; file lists are sorted by code point. */
export type CheckedRevision = {
  /** `latest` or seconds since the epoch, the pointer's name. */
  readonly pointer: string
  /** What the pointer holds, what quilt3 computes from the manifest, and from a package it builds of the same files. */
  readonly topHash: string
  readonly computed: string
  readonly rebuilt: string | null
  /** Every installed file has the size and hash of the manifest, and there is no other file. */
  readonly verified: boolean
  readonly installed: string[]
  readonly keys: string[]
  readonly bytes: number
  readonly userMeta: unknown
  readonly message: string | null
  readonly workflow: unknown
}

export type CheckedPackage = {
  readonly name: string
  readonly latest: string
  readonly revisions: CheckedRevision[]
}

/** No telemetry, and no settings or caches but those in a folder of its own. */
export const pythonEnvironment = (home: string): Record<string, string> => ({
  HOME: home,
  XDG_DATA_HOME: join(home, 'data'),
  XDG_CACHE_HOME: join(home, 'cache'),
  XDG_CONFIG_HOME: join(home, 'config'),
  PYTHONDONTWRITEBYTECODE: '1',
  LC_ALL: 'C.UTF-8',
  QUILT_DISABLE_USAGE_METRICS: 'true',
  QUILT_MINIMIZE_STDOUT: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** Runs a script of this folder under the suite's own Python, and reads the JSON it prints. */
export const python = async (
  script: string,
  args: readonly string[],
  home: string,
  env: Record<string, string>,
): Promise<unknown> => {
  const child = start(tool('python'), ['-I', join(import.meta.dirname, script), ...args], {
    ...pythonEnvironment(home),
    ...env,
  })
  const limit = timer(() => void stop(child), LIMIT_MS)
  const closed = once(child, 'close')
  const [out, complaints] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  await closed
  clearTimeout(limit)
  if (child.exitCode !== 0)
    throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}\n${complaints}`)
  return JSON.parse(out) as unknown
}

/**
 * Has the real quilt3 list, browse, install and verify every revision of every package of a registry (`file://` or
 * `s3://`, the latter with `env` naming the endpoint) and build each again from its files. Throws what quilt3 says.
 */
export const checkRegistry = async (
  url: string,
  env: Record<string, string> = {},
): Promise<CheckedPackage[]> => {
  const home = await scratch()
  try {
    const found = await python('quilt3_check.py', [url, home.path], home.path, env)
    return (found as { packages: CheckedPackage[] }).packages
  } finally {
    await home.remove()
  }
}

/** What is wrong in quilt3's eyes, in words; empty when every revision is sound. */
export const problemsOf = (packages: readonly CheckedPackage[]): string[] =>
  packages.flatMap(({ name, latest, revisions }) => {
    const newest = revisions.find((revision) => revision.pointer === 'latest')
    const wrong = newest?.topHash === latest ? [] : [`${name}: latest is not ${latest}`]
    const inside = revisions.flatMap((revision) => {
      const at = `${name}@${revision.topHash.slice(0, 10)}`
      return [
        revision.computed === revision.topHash ? '' : `${at}: quilt3 computes ${revision.computed}`,
        revision.rebuilt === revision.topHash ? '' : `${at}: built by quilt3 it is ${revision.rebuilt}`,
        revision.verified ? '' : `${at}: verify says no`,
        revision.installed.join('\n') === revision.keys.join('\n') ? '' : `${at}: other files were installed`,
      ].filter(Boolean)
    })
    return [...wrong, ...inside]
  })

export type Foreign = { readonly name: string; readonly topHash: string; readonly files: number }

/**
 * Has the real quilt3 write packages that are hard to read, in order; files of a `file://` registry go to `source`.
 * `small`: without a file of several parts, which quilt3 cannot push where composite checksums are missing.
 */
export const writeForeign = async (
  url: string,
  source: string,
  sizes: 'large' | 'small',
  env: Record<string, string> = {},
): Promise<Foreign[]> => {
  const home = await scratch()
  try {
    await mkdir(source, { recursive: true })
    return (await python('quilt3_write.py', [url, source, sizes], home.path, env)) as Foreign[]
  } finally {
    await home.remove()
  }
}
