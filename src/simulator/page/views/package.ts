import { html, nothing, type TemplateResult } from 'lit-html'
import type { PackageFile, PackageView } from '../../service-view.ts'
import { packageAddress } from '../address.ts'
import { fileUrl } from '../api.ts'
import { count, moment, size } from '../format.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'

/** Files listed at once; the others are found by a part of their name. */
const LISTED = 100
/** From this many files on there is something to search. */
const SEARCHED = 20

/** The package of the entry: its hash, its revisions, and every file of the revision that is looked at. */
export const packageView = (state: PageState, store: Store): TemplateResult => {
  const { pack, snapshot, revision, place } = state
  if (place !== null) return html``
  if (pack === null)
    return snapshot?.service
      ? html`<p id="package" tabindex="-1" class="empty">
          ${revision === null ? 'No package yet.' : 'This revision is not in the registry.'}
        </p>`
      : html``
  const newest = pack.revisions[0]?.topHash ?? pack.topHash
  return html`
    <section id="package" tabindex="-1" class="package" aria-label="Package ${pack.name}">
      <h3>${pack.name}</h3>
      <p class="hash">
        <code title=${pack.topHash}>${pack.topHash.slice(0, 16)}…</code> · ${verified(pack.verified)} ·
        ${files(pack.files.length)}, ${size(pack.bytes)}
      </p>
      ${pack.topHash === newest ? nothing : html`<p class="earlier">An earlier revision. <a href=${packageAddress(pack.name, null)}>Show the current one</a></p>`}
      ${fileList(pack, state.wanted, store)} ${revisions(pack, state.now)}
      <div class="open">
        <code class="cut" title=${pack.open}>${pack.open}</code>
        <button class="link" aria-label="Copy the line that opens this package" @click=${() => copy(pack.open, store)}>copy</button>
      </div>
    </section>
  `
}

const files = (amount: number): string => (amount === 1 ? '1 file' : `${count(amount)} files`)

const fileList = (pack: PackageView, wanted: string, store: Store): TemplateResult => {
  const needle = wanted.toLowerCase()
  const found = needle
    ? pack.files.filter((file) => file.logicalKey.toLowerCase().includes(needle))
    : pack.files
  const more = found.length - LISTED
  return html`
    ${
      pack.files.length > SEARCHED
        ? html`<input
            class="find"
            type="search"
            aria-label="Find a file of the package"
            placeholder="Find one of ${files(pack.files.length)}"
            .value=${wanted}
            @input=${(event: InputEvent) => store.find((event.target as HTMLInputElement).value)}
          />`
        : nothing
    }
    <ul class="listing" tabindex="0" aria-label="Files">
      ${found.slice(0, LISTED).map((file) => fileLine(pack, file, store))}
      ${more > 0 ? html`<li class="more">and ${files(more)} more: find them by name</li>` : nothing}
      ${found.length === 0 ? html`<li class="more">No file has “${wanted}” in its name.</li>` : nothing}
    </ul>
  `
}

const fileLine = (pack: PackageView, file: PackageFile, store: Store): TemplateResult => {
  const { logicalKey: title, size: bytes } = file
  const show = () => store.view({ title, url: fileUrl(pack.name, pack.topHash, title), size: bytes })
  return html`
    <li>
      <span class="key" title="SHA-256 ${file.hash}">${title}</span>
      <span class="quiet">${size(bytes)}</span>
      <button class="link" aria-label="View ${title}" @click=${show}>view</button>
    </li>
  `
}

const revisions = (pack: PackageView, now: number): TemplateResult => html`
  <details ?open=${pack.revisions.length > 1}>
    <summary>${pack.revisions.length === 1 ? '1 revision' : `${count(pack.revisions.length)} revisions`}</summary>
    <ol class="revisions">
      ${pack.revisions.map(
        ({ topHash, message, publishedAt }, index) => html`
          <li>
            <a
              href=${packageAddress(pack.name, index === 0 ? null : topHash)}
              aria-label="Revision ${topHash.slice(0, 10)}"
              aria-current=${topHash === pack.topHash ? 'true' : 'false'}
              ><code>${topHash.slice(0, 10)}</code></a
            >
            <span class="cut" title=${message}>${message}</span>
            <time>${moment(publishedAt, now)}</time>
          </li>
        `,
      )}
    </ol>
  </details>
`

const verified = (state: boolean | null) =>
  state === null
    ? html`<span class="quiet">being verified …</span>`
    : state
      ? html`<span class="good">verified ✓</span>`
      : html`<span class="bad">does not verify ✗</span>`

const copy = (text: string, store: Store): Promise<void> =>
  navigator.clipboard.writeText(text).then(
    () => store.say('Copied.'),
    () => store.say('The browser does not allow copying here.'),
  )
