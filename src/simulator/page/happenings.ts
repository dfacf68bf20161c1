import type { DeliveryView } from '../page-contract.ts'
import type { TimelineItem } from '../service-view.ts'
import { time } from './format.ts'

/**
 * What the service recorded about an entry, joined with what the tenant knows of its deliveries: how each was answered,
 * and those that never were, which leave no trace in the service. These stand where they belong in time, but not within
 * a run.
 */
export const happenings = (
  items: readonly TimelineItem[],
  deliveries: readonly DeliveryView[],
  entryId: string,
): TimelineItem[] => {
  const byId = new Map(deliveries.map((delivery) => [`delivery-${delivery.id}`, delivery]))
  const recorded = new Set(items.map(({ id }) => id))
  const unrecorded = deliveries.filter(
    (delivery) => delivery.entryId === entryId && !recorded.has(`delivery-${delivery.id}`),
  )
  const joined = items.map((item) => answered(item, byId.get(item.id)))
  for (const delivery of unrecorded) {
    const item = undelivered(delivery)
    if (item) joined.splice(placeOf(item.at, joined), 0, item)
  }
  return joined
}

/** The deliveries about canvases outside of entries, oldest first: all the page knows of them. */
export const placeHappenings = (deliveries: readonly DeliveryView[]): TimelineItem[] =>
  deliveries
    .filter(({ entryId, type }) => entryId === null && type.includes('.canvas.'))
    .toSorted((a, b) => a.at - b.at)
    .map((delivery) => undelivered(delivery) ?? delivered(delivery))

/** Before the first delivery or run that is later. */
const placeOf = (at: number, items: readonly TimelineItem[]): number => {
  const place = items.findIndex(
    (item, index) => item.at > at && (item.run === null || item.run !== items[index - 1]?.run),
  )
  return place === -1 ? items.length : place
}

const answered = (item: TimelineItem, delivery: DeliveryView | undefined): TimelineItem => {
  const attempt = delivery?.attempts.findLast(({ status }) => status !== null && status < 300)
  return attempt ? { ...item, detail: `${item.detail} · ${attempt.status}`, ms: attempt.ms } : item
}

const delivered = (delivery: DeliveryView): TimelineItem => {
  const last = delivery.attempts.at(-1)
  return {
    id: `delivery-${delivery.id}`,
    at: delivery.at,
    ms: last?.ms ?? null,
    state: 'done',
    title: `Delivery ${delivery.type}`,
    detail: `answered ${last?.status}`,
    run: null,
    progress: null,
  }
}

/** A delivery the service has not recorded. One that was just answered is about to be read from the records. */
const undelivered = (delivery: DeliveryView): TimelineItem | null => {
  const last = delivery.attempts.at(-1)
  const answer = last === undefined ? null : last.status === null ? 'no answer' : `answered ${last.status}`
  const base = {
    id: `delivery-${delivery.id}`,
    at: delivery.at,
    ms: last?.ms ?? null,
    title: `Delivery ${delivery.type}`,
    run: null,
    progress: null,
  }
  switch (delivery.state) {
    case 'delivered':
      return null
    case 'sending':
      return {
        ...base,
        ms: null,
        state: 'running',
        detail: answer ? `${answer} · sent again now` : 'on its way',
      }
    case 'waiting':
      return {
        ...base,
        state: 'waiting',
        detail: `${answer ?? 'no answer'} · sent again ${delivery.nextAt ? `at ${time(delivery.nextAt)}` : 'later'}`,
      }
    case 'given-up':
      return { ...base, state: 'failed', detail: `${answer ?? 'no answer'} · Benchling gave up` }
    case 'no-address':
      return { ...base, state: 'failed', detail: 'the app has no webhook address' }
  }
}
