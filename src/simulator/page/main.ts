import { render } from 'lit-html'
import type { PageEvent } from '../page-contract.ts'
import { parseAddress, personIn } from './address.ts'
import { STREAM_URL } from './api.ts'
import { keepingPlace } from './keep-place.ts'
import { tabTitle } from './people.ts'
import { Store } from './store.ts'
import { page } from './views/page.ts'

/** How often times and the service's readiness are looked at again. */
const TICK_MS = 10_000
/** A stream that the browser gave up is opened again after this. */
const REOPEN_MS = 3_000

const store: Store = new Store((state) => {
  document.title = tabTitle(state)
  keepingPlace(() => render(page(state, store), document.body))
})

let placed = false
const goToAddress = async (): Promise<void> => {
  const address = parseAddress(location.hash)
  const shown = await store.go(address)
  // A file is looked at in a dialog, which has the keyboard.
  if (shown === 'package' && address?.kind === 'package' && address.file === null)
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#package')?.focus())
}

store.sitDown(personIn(location.search))
const listen = (): void => {
  const stream = new EventSource(STREAM_URL)
  stream.onmessage = (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as PageEvent
    store.hear(event)
    if (event.kind === 'hello' && !placed) {
      placed = true
      void store.readSnapshot().then(goToAddress)
    }
  }
  stream.onerror = () => {
    store.disconnected()
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, REOPEN_MS)
  }
}
listen()
setInterval(() => void store.tick(), TICK_MS)

addEventListener('hashchange', () => void goToAddress())
addEventListener('click', (event) => {
  const link = (event.target as Element).closest('a[href*="#package="]')
  if (link instanceof HTMLAnchorElement && link.hash === location.hash) void goToAddress()
})
addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') {
    event.preventDefault()
    if (store.dirty) void store.save()
  }
})
addEventListener('beforeunload', (event) => {
  if (store.dirty || store.state.unsaved.size > 0) event.preventDefault()
})
