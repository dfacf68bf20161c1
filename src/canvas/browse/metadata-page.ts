import type { Json } from '../../base/json.ts'
import type { RouteTo } from '../route.ts'

export type MetadataPage = { readonly route: RouteTo<'metadata'>; readonly value: Json }

export const metadataPage = (meta: Json | undefined, route: RouteTo<'metadata'>): MetadataPage => ({
  route: { ...route, path: [], page: 0 },
  value: meta ?? {},
})
