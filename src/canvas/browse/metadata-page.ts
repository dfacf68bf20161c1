import type { Json } from '../../base/json.ts'
import { ROUTE_DEPTH, type RouteTo, stepTag } from '../route.ts'
import { type MemberLines, memberLines, memberName } from './metadata-lines.ts'
import { pageOf } from './page-of.ts'
import { textPages } from './text-pages.ts'

/** Values of an object or list that one page shows. */
export const MEMBERS_A_PAGE = 20

/** A value of the metadata, a page of it. */
export type MetadataPage = {
  /** The value and the page that there really are. */
  readonly route: RouteTo<'metadata'>
  /** Keys down to this value. */
  readonly path: readonly string[]
  /** True when the value that was asked for is not in this revision: this is the deepest one above it that is. */
  readonly lost: boolean
  readonly pages: number
  readonly shown:
    | { readonly kind: 'empty' }
    /** `tag`: for the members that have more to show than their lines. */
    | { readonly kind: 'members'; readonly members: readonly Member[]; readonly total: number }
    | { readonly kind: 'text'; readonly text: string; readonly length: number }
    | { readonly kind: 'scalar'; readonly value: Json }
}
export type Member = MemberLines & { readonly name: string; readonly tag: string | null }

/** Finds the value and the page of a route in the metadata of a revision: the nearest ones that exist. */
export const metadataPage = (meta: Json | undefined, route: RouteTo<'metadata'>): MetadataPage => {
  const { path, value } = walkDown(meta ?? {}, route.path)
  const found = { path, lost: path.length < route.path.length }
  const at = (page: number) => ({ ...route, path: route.path.slice(0, path.length), page })

  if (typeof value === 'string') {
    const texts = textPages(value)
    const { page, pages } = pageOf(texts.length, 1, route.page)
    const shown = { kind: 'text', text: texts[page] ?? '', length: [...value].length } as const
    return { ...found, route: at(page), pages, shown }
  }
  if (typeof value !== 'object' || value === null)
    return { ...found, route: at(0), pages: 1, shown: { kind: 'scalar', value } }
  const keys = Object.keys(value)
  if (keys.length === 0) return { ...found, route: at(0), pages: 1, shown: { kind: 'empty' } }
  const { page, pages, from, to } = pageOf(keys.length, MEMBERS_A_PAGE, route.page)
  const leadsOn = path.length < ROUTE_DEPTH
  const members = keys.slice(from, to).map((key) => memberOf(key, value, leadsOn))
  return { ...found, route: at(page), pages, shown: { kind: 'members', members, total: keys.length } }
}

const memberOf = (key: string, container: object, leadsOn: boolean): Member => {
  const name = memberName(key, container)
  const lines = memberLines(name, (container as Record<string, Json>)[key] as Json)
  return { ...lines, name, tag: lines.cut && leadsOn ? stepTag(key) : null }
}

const walkDown = (meta: Json, tags: readonly string[]): { path: string[]; value: Json } => {
  const path: string[] = []
  let value = meta
  for (const tag of tags) {
    if (typeof value !== 'object' || value === null) break
    const key = Object.keys(value).find((one) => stepTag(one) === tag)
    if (key === undefined) break
    path.push(memberName(key, value))
    value = (value as Record<string, Json>)[key] as Json
  }
  return { path, value }
}
