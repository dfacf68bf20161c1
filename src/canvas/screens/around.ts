import { type Block, button, markdown, section } from '../blocks.ts'
import type { Step } from '../buttons.ts'
import type { PackageLinks } from '../links.ts'
import { link, text } from '../markdown.ts'

/** A sentence for whoever pressed a button, where there is one. */
export const noticeBlocks = (notice: string | null): Block[] =>
  notice ? [markdown('notice', `> ℹ️ ${text(notice)}`)] : []

/** Stands under every screen. */
export const footerBlock = (footer: string): Block => markdown('footer', '---', text(footer))

/**
 * A package by its name, with its links to the catalog and to QuiltSync. `topHash`: null for the current revision.
 * `bucket`: where it lies, undefined for the service's own registry.
 */
export const packageWords = (
  name: string,
  topHash: string | null,
  bucket: string | undefined,
  links: PackageLinks,
): string => {
  const sync = links.sync(name, topHash, bucket)
  return [
    link(name, links.package(name, bucket)),
    ...(bucket ? [`in ${text(bucket)}`] : []),
    ...(sync ? [`[${link('🔄 sync', sync)}]`] : []),
  ].join(' ')
}

/** The way out of a folder or value; `path`: the steps down to it. */
export const upBlocks = (id: (step: Step) => string, path: readonly string[]): Block[] =>
  path.length > 0 ? [section('up', button(id({ kind: 'up' }), '⬆ Up'))] : []
