import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import type { LabConfig, SecretSource } from './config.ts'
import { deepFreeze } from './frozen.ts'
import { labConfig } from './lab-config.ts'
import { LAB_SETTINGS } from './lab-settings.ts'
import type { Setting } from './setting.ts'
import type { LabSettingName, LabSettings } from './settings.ts'

/** Levels of the known system, in its spelling (peer-service.md §6.2). */
const SECRET_LOG_LEVELS = new Set(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])

/** Keys that may hold nothing: no package bucket, no workflow. */
const MAY_BE_EMPTY = new Set(['user_bucket', 'workflow'])
const MAY_BE_ABSENT = new Set(['workflow'])

/** The keys of the secret, in the order of the settings they stand for. */
export const SECRET_KEYS: readonly { readonly key: string; readonly name: LabSettingName }[] = (
  Object.entries(LAB_SETTINGS) as [LabSettingName, Setting<unknown>][]
).flatMap(([name, { secretKey }]) => (secretKey === undefined ? [] : [{ key: secretKey, name }]))

/**
 * The lab's settings from the JSON text of a secret (peer-service.md §6.2). Keys that nobody knows are let be. Throws
 * `config.secret_invalid` with all problems at once, each naming its key and none repeating a value.
 */
export const parseSecret = (text: string, source: SecretSource): LabConfig => {
  const values = parsedObject(text)
  const problems: string[] = []
  const missing = SECRET_KEYS.filter(({ key }) => !(key in values) && !MAY_BE_ABSENT.has(key))
  if (missing.length > 0)
    problems.push(`These keys are missing: ${missing.map(({ key }) => key).join(', ')}.`)
  const settings = new Map<string, unknown>()
  for (const { key, name } of SECRET_KEYS) {
    if (!(key in values) || (values[key] === null && MAY_BE_ABSENT.has(key))) {
      settings.set(name, null)
      continue
    }
    const read = readValue(key, name, values[key])
    if ('problem' in read) problems.push(`${key} ${read.problem}.`)
    else settings.set(name, read.value)
  }
  const lab = Object.fromEntries(settings) as LabSettings
  if (lab.BENCHLING_TENANT?.simulated && source.around.simulator === null)
    problems.push('tenant is a benchling.test host, which needs BENCHLING_SIMULATOR_URL.')
  if (problems.length > 0) throw invalid(problems)
  return deepFreeze(
    labConfig({ ...lab, QUILT_REGISTRY: lab.QUILT_REGISTRY ?? source.registry }, source.around),
  )
}

const invalid = (problems: readonly string[]): Fault =>
  new Fault('config.secret_invalid', { problems }, { detail: problems.join(' ') })

const parsedObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(text))
    if (parsed.success) return { __proto__: null, ...parsed.data } as unknown as Record<string, unknown>
  } catch {
    // the message of JSON.parse quotes what it cannot read
  }
  throw invalid(['It is not a JSON object.'])
}

type Read = { readonly value: unknown } | { readonly problem: string }

const readValue = (key: string, name: LabSettingName, value: unknown): Read => {
  if (key === 'enable_webhook_verification') return flag(value)
  if (typeof value !== 'string') return { problem: 'must be a string' }
  const text = value.trim()
  if (text === '') return MAY_BE_EMPTY.has(key) ? { value: null } : { problem: 'must not be empty' }
  if (key === 'log_level' && !SECRET_LOG_LEVELS.has(text))
    return { problem: `must be one of ${[...SECRET_LOG_LEVELS].join(', ')}` }
  const parsed = LAB_SETTINGS[name].schema.safeParse(key === 'user_bucket' ? registryOf(text) : text)
  if (parsed.success) return { value: parsed.data }
  return {
    problem:
      key === 'user_bucket'
        ? 'must be the name of a bucket'
        : (parsed.error.issues[0]?.message ?? 'is not valid'),
  }
}

/** A bucket's name, with or without `s3://`. */
const registryOf = (text: string): string => `s3://${text.replace(/^s3:\/\//i, '')}`

const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }

const flag = (value: unknown): Read => {
  if (typeof value === 'boolean') return { value }
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  const read = Object.hasOwn(FLAGS, text) ? FLAGS[text] : undefined
  return read === undefined ? { problem: 'must be true or false' } : { value: read }
}
