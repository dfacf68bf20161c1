import { describe, expect, it } from 'vitest'
import { ENTRY, labWithCanvas } from '../main-path/support/lab-with-canvas.ts'

/** The whole service with a canvas, and the calls about sessions that it makes. */
const serviceWithCanvas = async () => {
  const its = await labWithCanvas()
  const { tenant } = its.lab
  const asked: string[] = []
  tenant.events.on('activity', (event) => {
    if (event.kind === 'request' && event.request.path.includes('/app-sessions'))
      asked.push(`${event.request.method} ${event.request.status}`)
  })
  const session = () => {
    const { sessionId } = tenant.canvases.get(its.canvasId)
    return sessionId === null ? null : tenant.sessions.get(sessionId)
  }
  // So long that the canvas is surely drawn meanwhile.
  tenant.faults.set('slow-export', 1)
  return { ...its, asked, session }
}

describe('A package of the whole service', () => {
  it('is told of by a session on the canvas, in at most five calls, attaching it included', async () => {
    const { lab, insert, enabled, asked, session } = await serviceWithCanvas()
    await using _ = lab
    await insert()
    await lab.rest()
    const { topHash, files } = (await lab.entry(ENTRY)).state.revision!
    expect(session()).toMatchObject({ status: 'SUCCEEDED' })
    expect(session()?.messages?.at(0)?.content).toMatch(/^\d\d:\d\d UTC Benchling prepares the export\.$/)
    const packaged = session()?.messages?.at(-1)
    expect(packaged).toMatchObject({ style: 'SUCCESS' })
    expect(packaged?.content).toContain(`revision ${topHash.slice(0, 10)}: ${files} files`)
    expect(asked.filter((call) => call === 'POST 201')).toHaveLength(1)
    expect(asked.length).toBeLessThanOrEqual(4)
    expect(enabled()).toBe(true)
  })

  it('is told of by the canvas alone where sessions are refused', async () => {
    const { lab, insert, enabled, shows, asked, session } = await serviceWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('sessions-refused', true)
    await insert()
    await lab.rest()
    const { topHash } = await lab.packaged(ENTRY)
    expect(shows()).toContain(topHash.slice(0, 10))
    expect(enabled()).toBe(true)
    expect(session()).toBeNull()
    expect(asked).toEqual(['POST 403'])
  })

  it('that cannot be made has failed, until somebody presses Retry and it is made', async () => {
    const { lab, canvasId, insert, session } = await serviceWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('failed-export', true)
    await insert()
    await lab.rest()
    const failed = session()
    expect(failed).toMatchObject({ status: 'FAILED' })
    const reason = failed?.messages?.find(({ style }) => style === 'ERROR')?.content
    expect(reason).toContain('The item could not be exported. Try again later.')

    lab.tenant.faults.clear()
    lab.tenant.faults.set('slow-export', 1)
    await lab.tenant.click(canvasId, 'retry')
    await lab.rest()
    expect(session()).toMatchObject({ status: 'SUCCEEDED' })
    expect(session()?.id).not.toBe(failed?.id)
  })
})
