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

/** Variables that are no settings of ours: what keeps to them is the way out of this process. `docs/network.md` tells how. */
export const READ_ELSEWHERE: Readonly<Record<string, string>> = {
  HTTPS_PROXY: 'Proxy for everything that is sent by HTTPS.',
  HTTP_PROXY: 'Proxy for plain HTTP to other machines.',
  NO_PROXY: 'Hosts, addresses and networks that are reached directly although there is a proxy.',
  NODE_EXTRA_CA_CERTS:
    'File with certificate authorities that are trusted besides those Node knows; read by Node.',
}

/** Variables of the known system that are allowed and change nothing here. */
export const WITHOUT_EFFECT: readonly string[] = [
  'BUILD_VERSION',
  'PACKAGE_EVENT_GRACEFUL_TIMEOUT',
  'QUILT_ATHENA_USER_POLICY_ARN',
  'QUILT_BUCKET_WRITE_POLICY_ARN',
]
