import type { z } from 'zod'
import { AWS_SETTINGS } from './aws-settings.ts'
import { LAB_SETTINGS } from './lab-settings.ts'
import { SERVICE_SETTINGS } from './service-settings.ts'
import type { Setting } from './setting.ts'

/** Every environment variable the service reads. `docs/operations.md` has the same table, and a test compares them. */
export const SETTINGS = {
  ...LAB_SETTINGS,
  ...SERVICE_SETTINGS,
  ...AWS_SETTINGS,
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof SETTINGS
export type LabSettingName = keyof typeof LAB_SETTINGS
export type Settings = { readonly [N in SettingName]: Value<N> }
export type LabSettings = Pick<Settings, LabSettingName>

type Value<N extends SettingName> =
  | z.infer<(typeof SETTINGS)[N]['schema']>
  | ((typeof SETTINGS)[N] extends { readonly required: true } ? never : null)

/** Variables of the known system that are allowed and change nothing here. */
export const WITHOUT_EFFECT: readonly string[] = [
  'BUILD_VERSION',
  'PACKAGE_EVENT_GRACEFUL_TIMEOUT',
  'QUILT_ATHENA_USER_POLICY_ARN',
  'QUILT_BUCKET_WRITE_POLICY_ARN',
]
