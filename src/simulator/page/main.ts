import { render } from 'lit-html'
import type { PageEvent } from '../page-contract.ts'
import { STREAM_URL } from './api.ts'
import { Store } from './store.ts'
import { page } from './views/page.ts'

const store = new Store((state) => render(page(state, store), document.body))

const stream = new EventSource(STREAM_URL)
stream.onmessage = (message: MessageEvent<string>) => store.hear(JSON.parse(message.data) as PageEvent)
stream.onerror = () => store.disconnected()

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') {
    event.preventDefault()
    if (store.dirty) void store.save()
  }
})
