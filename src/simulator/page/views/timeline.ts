import { html, nothing, type TemplateResult } from 'lit-html'
import type { TimelineItem } from '../../page-contract.ts'
import { duration, time } from '../format.ts'
import type { PageState } from '../store.ts'

/** Lines shown: the runs of an afternoon; older ones are counted. */
const SHOWN = 40

/** What the service did for this entry, with real times; the newest run is open below the earlier ones. */
export const timeline = ({ timeline: items, snapshot }: PageState): TemplateResult => {
  const shown = items.slice(-SHOWN)
  return html`
    <h2>What is happening</h2>
    ${
      items.length === 0
        ? html`<p class="empty">${snapshot?.service ? 'Nothing yet. Save the entry or insert a canvas.' : 'No service is attached.'}</p>`
        : nothing
    }
    ${items.length > SHOWN ? html`<p class="quiet">${items.length - SHOWN} earlier lines</p>` : nothing}
    <ol class="timeline" role="log" aria-live="off">${shown.map((item, index) => line(item, shown[index - 1]))}</ol>
  `
}

const line = (item: TimelineItem, before: TimelineItem | undefined): TemplateResult => html`
  <li class="${item.state} ${before && before.run !== item.run ? 'first' : ''}">
    <i aria-hidden="true"></i>
    <div>
      <span>${item.title}</span>
      ${item.detail ? html`<small>${item.detail}</small>` : nothing}
      ${item.progress === null ? nothing : html`<progress max="1" .value=${item.progress}></progress>`}
    </div>
    <time title=${time(item.at)}>${item.ms === null ? time(item.at) : duration(item.ms)}</time>
  </li>
`
