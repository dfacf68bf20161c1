import { APP_FEATURES, APP_MESSAGES, type AppFeature } from '../../../base/app-features.ts'
import { VERSION } from '../../../base/version.ts'

/** What Benchling makes an app from (benchling.com, "App Manifest Reference"). */
export type AppManifest = {
  readonly manifestVersion: 1
  readonly info: { readonly name: string; readonly description: string; readonly version: string }
  readonly features: readonly AppFeature[]
  readonly subscriptions: {
    readonly deliveryMethod: 'WEBHOOK'
    readonly messages: readonly { readonly type: string }[]
  }
}

/**
 * The manifest of this app. It has no `settings`: Benchling refuses a manifest with them since 2024. Subscriptions are
 * explicit, because nothing is delivered that is not asked for; of the lifecycle Benchling tells by itself.
 */
export const appManifest = (name: string): AppManifest => ({
  manifestVersion: 1,
  info: {
    name,
    description: 'Makes versioned Quilt packages of notebook entries, and shows them in a canvas.',
    version: VERSION,
  },
  features: Object.values(APP_FEATURES),
  subscriptions: { deliveryMethod: 'WEBHOOK', messages: APP_MESSAGES.map((type) => ({ type })) },
})
