import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { TimelineItem } from '../../service-view.ts'
import { duration, time } from '../format.ts'
import { happenings, placeHappenings } from '../happenings.ts'
import type { PageState } from '../page-state.ts'

/** Lines shown: the runs of an afternoon; older ones are counted. */
const SHOWN = 100

/** What the service did for this entry, with real times, in a box that follows its end. */
export const timeline = ({ timeline: recorded, snapshot, selected, place }: PageState): TemplateResult => {
  const deliveries = snapshot?.deliveries ?? []
  const items =
    place === null ? happenings(recorded, deliveries, selected ?? '') : placeHappenings(deliveries)
  const shown = items.slice(-SHOWN)
  const earlier = items.length - shown.length
  return html`
    <h2 id="happening">What is happening</h2>
    <div
      class="happening"
      tabindex="0"
      role="region"
      aria-labelledby="happening"
      data-entry=${selected ?? place ?? ''}
    >
      ${items.length === 0 ? html`<p class="empty">${nothingYet(snapshot)}</p>` : nothing}
      ${earlier > 0 ? html`<p class="quiet">${earlier} earlier lines</p>` : nothing}
      <ol class="timeline">
        ${repeat(
          shown,
          ({ id }) => id,
          (item, index) => line(item, shown[index - 1]),
        )}
      </ol>
    </div>
  `
}

const nothingYet = (snapshot: PageState['snapshot']): string => {
  if (snapshot === null) return 'Connecting …'
  return snapshot.service
    ? 'Nothing yet. Insert a canvas, or change a field and save.'
    : 'No service is attached to this page.'
}

/** A story begins with a delivery, or with a run nobody here sent one for. */
const begins = (item: TimelineItem, before: TimelineItem | undefined): boolean =>
  before?.run != null && item.run !== before.run

const line = (item: TimelineItem, before: TimelineItem | undefined): TemplateResult => html`
  <li class="${item.state} ${begins(item, before) ? 'first' : ''}">
    <i aria-hidden="true"></i>
    <div>
      <span>${item.title}</span>
      ${item.detail ? html`<small>${item.detail}</small>` : nothing}
      ${item.progress === null ? nothing : html`<progress max="1" aria-label=${item.title} .value=${item.progress}></progress>`}
    </div>
    <time title=${time(item.at)}>${took(item)}</time>
  </li>
`

const took = (item: TimelineItem): unknown => {
  if (item.ms !== null) return duration(item.ms)
  return item.state === 'running' || item.state === 'waiting' ? nothing : time(item.at)
}
