import type { Fault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import type { Message } from './envelope.ts'
import { RETRY_AFTER_S } from './limits.ts'
import type { Request } from './request.ts'

/** An HTTP answer before it is sent; the body is JSON. */
export type Answer = {
  readonly status: number
  readonly body: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/** Bodies that existing clients see (facts: peer-service §1.2, 1.3, 1.7–1.9), chosen by what the message is, not by its path. */
export const acceptance = (request: Request, message: Message): Answer => {
  switch (request.kind) {
    case 'entry':
      return {
        status: 200,
        body: {
          entry_id: request.entryId,
          status: 'ACCEPTED',
          message: 'Workflow started successfully',
          orchestration: 'typescript',
        },
      }
    case 'canvas':
    case 'place':
      return { status: 202, body: { status: 'ACCEPTED', message: 'Canvas update initiated' } }
    case 'click':
      return clicked(request)
    case 'lifecycle':
      return { status: 200, body: lifecycle(message.type) }
    case 'other':
      return {
        status: 200,
        body: { status: 'ignored', message: `Event type ${message.type.slice(0, 128)} not processed` },
      }
  }
}

const clicked = ({ button }: Extract<Request, { kind: 'click' }>): Answer => {
  const accepted = (message: string): Answer => ({ status: 202, body: { status: 'ACCEPTED', message } })
  if (button.kind === 'update' || button.kind === 'retry') return accepted('Package update started!')
  if (button.kind === 'unknown') return accepted('Canvas update initiated')
  if (button.kind === 'step') return accepted('Canvas update initiated')
  const { route, turns = false } = button
  if (route.screen === 'metadata') return accepted('Loading metadata...')
  if (route.screen !== 'files') return accepted('Returning to package view...')
  if (turns) return accepted(`Loading page ${route.page + 1}...`)
  return route.of === null ? accepted('Loading files...') : { status: 202, body: { status: 'processing' } }
}

const LIFECYCLE: ReadonlyMap<string, JsonObject> = new Map([
  ['installed', { status: 'success', message: 'App installed successfully' }],
  ['activateRequested', { status: 'activated', message: 'App activated successfully' }],
  ['deactivated', { status: 'success', message: 'App deactivated successfully' }],
  ['configuration.updated', { status: 'success', message: 'Configuration updated successfully' }],
])

const lifecycle = (type: string): JsonObject =>
  LIFECYCLE.get(type.split('.').slice(2).join('.')) ?? {
    status: 'ignored',
    message: `Unknown event type: ${type.slice(0, 128)}`,
  }

/** A fault as an answer. Nothing of the request is in it but what is missing; 503 asks to come again. */
export const refusal = (fault: Fault): Answer => {
  const status = fault.entry.http ?? 500
  const reason = fault.code.slice(fault.code.indexOf('.') + 1)
  switch (status) {
    case 403:
      return {
        status,
        body: { error: 'Forbidden', reason, message: FORBIDDEN[reason]?.(fault) ?? fault.people },
      }
    case 503:
      return {
        status,
        headers: { 'retry-after': String(RETRY_AFTER_S) },
        body: {
          status: 'unavailable',
          error: errorName(fault),
          message: fault.entry.people,
          action: fault.entry.hint,
          ...(fault.detail === undefined ? {} : { details: fault.detail }),
        },
      }
    case 500:
      return { status, body: { error: 'Internal server error' } }
    default:
      return { status, body: { error: fault.detail ?? fault.people } }
  }
}

/** What existing clients call a secret that cannot be used (peer-service.md §1.3); everything else by its code. */
export const errorName = ({ code }: Fault): string =>
  code.startsWith('config.secret_') ? 'benchling_secret_unavailable' : code

const FORBIDDEN: Readonly<Record<string, (fault: Fault) => string>> = {
  missing_headers: (fault) => `Webhook headers are missing. ${fault.detail ?? ''}`.trim(),
  invalid_signature: () => 'Webhook signature verification failed.',
}
