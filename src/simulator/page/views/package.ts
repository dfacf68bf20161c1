import { html, nothing, type TemplateResult } from 'lit-html'
import { fileUrl } from '../api.ts'
import { size, time } from '../format.ts'
import { LISTED_FILES, type PageState, type Store } from '../store.ts'

export const packageView = ({ pack, snapshot }: PageState, store: Store): TemplateResult => {
  if (pack === null) return snapshot?.service ? html`<p class="empty">No package yet.</p>` : html``
  const revisions = pack.revisions.length === 1 ? '1 revision' : `${pack.revisions.length} revisions`
  return html`
    <section class="package" aria-label="Package ${pack.name}">
      <h3>${pack.name}</h3>
      <p class="hash">
        <code title=${pack.topHash}>${pack.topHash.slice(0, 32)}…</code> ${verified(pack.verified)} · ${revisions}
      </p>
      <ul>
        ${pack.files.slice(0, LISTED_FILES).map(
          (file) => html`
            <li>
              <span title=${file.hash}>${file.logicalKey}</span>
              <span class="quiet">${size(file.size)}</span>
              <button
                class="link"
                aria-label="View ${file.logicalKey}"
                @click=${() => store.view(file.logicalKey, fileUrl(pack.name, pack.topHash, file.logicalKey), file.size)}
              >
                view
              </button>
            </li>
          `,
        )}
      </ul>
      ${
        pack.files.length > LISTED_FILES
          ? html`<p class="quiet more">and ${(pack.files.length - LISTED_FILES).toLocaleString('en-US')} more files</p>`
          : nothing
      }
      <details>
        <summary>${revisions} · ${pack.files.length.toLocaleString('en-US')} files · ${size(pack.bytes)}</summary>
        <ol class="revisions">
          ${pack.revisions.map(
            (revision) => html`<li>
              <code>${revision.topHash.slice(0, 10)}</code> <span>${revision.message}</span>
              <time>${time(revision.publishedAt)}</time>
            </li>`,
          )}
        </ol>
        <pre>${pack.open}</pre>
      </details>
    </section>
  `
}

const verified = (state: boolean | null) =>
  state === null
    ? html`<span class="quiet">· not checked yet</span>`
    : state
      ? html`· <span class="good">verified ✓</span>`
      : html`· <span class="bad">does not verify ✗</span>`
