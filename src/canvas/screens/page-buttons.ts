import { type Block, type Button, button, section } from '../blocks.ts'
import type { Step } from '../buttons.ts'

/** Side by side; so many that they do not wrap into a wall. */
const BUTTONS_A_ROW = 4

/** First, previous, next and last; those that lead nowhere are disabled. Nothing where there is only one page. */
export const pageButtons = (id: (step: Step) => string, page: number, pages: number): Block[] =>
  pages <= 1
    ? []
    : [
        section(
          'pages',
          button(id({ kind: 'first' }), '« First', page > 0),
          button(id({ kind: 'previous' }), '‹ Previous', page > 0),
          button(id({ kind: 'next' }), 'Next ›', page < pages - 1),
          button(id({ kind: 'last' }), 'Last »', page < pages - 1),
        ),
      ]

/** Buttons in sections, whose children lie side by side. */
export const inRows = (sectionId: string, buttons: readonly Button[]): Block[] =>
  Array.from({ length: Math.ceil(buttons.length / BUTTONS_A_ROW) }, (_, row) =>
    section(`${sectionId}-${row}`, ...buttons.slice(row * BUTTONS_A_ROW, (row + 1) * BUTTONS_A_ROW)),
  )
