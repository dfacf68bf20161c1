import { html, type TemplateResult } from 'lit-html'
import type { SessionView } from '../../page-contract.ts'
import type { PageState } from '../page-state.ts'
import { messageParts, type SessionStatus, STATUS_WORDS, statusNow } from '../session-words.ts'
import { itemName } from './blocks.ts'

const MARKS: Readonly<Record<SessionStatus, TemplateResult>> = {
  RUNNING: html`<i class="spinner" aria-hidden="true"></i>`,
  SUCCEEDED: html`<span aria-hidden="true">✓</span>`,
  FAILED: html`<span aria-hidden="true">✗</span>`,
  COMPLETED_WITH_WARNINGS: html`<span aria-hidden="true">!</span>`,
  TIMEOUT: html`<span aria-hidden="true">⏱</span>`,
}

/** The session attached to a canvas: its name, how it stands, and what it says. */
export const sessionBanner = (session: SessionView, state: PageState): TemplateResult => {
  const status = statusNow(session, state.now)
  return html`
    <div class="session ${status.toLowerCase()}" role="group" aria-label="Session ${session.name}">
      <p>${MARKS[status]} <b>${session.name}</b> <span class="status">${STATUS_WORDS[status]}</span></p>
      ${session.messages.map(
        ({ content, style }) => html`
          <p class="message ${style.toLowerCase()}">
            ${messageParts(content).map((part) =>
              'item' in part ? html`<span class="chip">${itemName(part.item, state)}</span>` : part.text,
            )}
          </p>
        `,
      )}
    </div>
  `
}
