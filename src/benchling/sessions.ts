import { z } from 'zod'
import { checked } from './answer.ts'
import type { Api } from './api.ts'
import { sessionMessages, sessionName, sessionTimeout } from './clip.ts'
import type { Benchling } from './ports.ts'

const sessionAnswer = z.looseObject({ id: z.string() })

/** App sessions, the banner on a canvas. Texts are cut to what Benchling takes; messages in a patch replace the list. */
export const sessionsOf = (api: Api): Pick<Benchling, 'createSession' | 'updateSession'> => ({
  createSession: async ({ appId, name, timeoutSeconds, messages }, signal) => {
    const operation = 'POST /app-sessions'
    const body = {
      appId,
      name: sessionName(name),
      timeoutSeconds: sessionTimeout(timeoutSeconds),
      ...(messages && { messages: sessionMessages(messages) }),
    }
    const json = await api.call(
      { operation, method: 'POST', path: ['app-sessions'], body, repeat: 'unsent' },
      signal,
    )
    return { id: checked(sessionAnswer, operation, json).id }
  },

  updateSession: async (id, { messages, status }, signal) => {
    const operation = 'PATCH /app-sessions/{id}'
    const body = { ...(messages && { messages: sessionMessages(messages) }), ...(status && { status }) }
    const json = await api.call(
      { operation, method: 'PATCH', path: ['app-sessions', id], body, repeat: 'always' },
      signal,
    )
    checked(sessionAnswer, operation, json)
  },
})
