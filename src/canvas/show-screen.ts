import { asFault, type Fault, isAbort } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { CanvasPatch } from '../benchling/ports.ts'
import type { Job } from '../jobs/ports.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { homeOf, type Screen } from './load-screen.ts'
import { routeData } from './route.ts'
import { troubleScreen } from './screens/trouble.ts'
import { isRead } from './session-state.ts'

/**
 * What a person sees now, for the run's summary: the `screen` meant for them, the `trouble` screen, the old blocks but
 * `enabled`, or `nothing`. `status` is that of the screen, `gone`, or the code that Benchling's refusal came to.
 */
export type Shown = {
  readonly shown: 'screen' | 'trouble' | 'enabled' | 'nothing'
  readonly status: string
  /** True when the banner of a session was taken away with it. */
  readonly detached?: boolean
}

/**
 * Draws a screen and enables the canvas. When the blocks are refused for good the trouble screen says why, and when that
 * is refused too the canvas is only enabled. `nothing` when Benchling does not know the canvas (any more): somebody
 * deleted it, or it stood in a sample of the Webhook Testing tab. Whatever may heal is thrown, to be tried again.
 */
export const showScreen = async (
  canvasId: string,
  { blocks, status, route, trouble, same = false }: Screen,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Shown> => {
  if (same) return { shown: 'screen', status }
  const refusalOf = async (patch: CanvasPatch): Promise<Fault | null> => {
    try {
      await ports.benchling.updateCanvas(canvasId, { ...patch, enabled: true }, job.signal)
      return null
    } catch (thrown) {
      return refusal(thrown, job)
    }
  }
  /** False where that is refused, whyever: no banner is worth a screen. */
  const withoutBanner = async (data: string): Promise<boolean> => {
    try {
      return (await refusalOf({ blocks, data, sessionId: null })) === null
    } catch (thrown) {
      if (job.signal.aborted || asFault(thrown).code !== 'benchling.forbidden') throw thrown
      return false
    }
  }
  try {
    const data = routeData(route)
    const detached = isRead(job.state.session, job.state.clickedAt ?? 0) && (await withoutBanner(data))
    const refused = detached ? null : await refusalOf({ blocks, data })
    if (refused === null) return { shown: trouble ? 'trouble' : 'screen', status, detached }
    const refusedTrouble = await refusalOf({
      blocks: troubleScreen({ fault: refused, footer: ports.footer, home: homeOf(job.state) }),
    })
    if (refusedTrouble === null) return { shown: 'trouble', status: refused.code }
    const locked = await refusalOf({})
    if (locked === null) return { shown: 'enabled', status: refused.code }
    throw locked
  } catch (thrown) {
    if (asFault(thrown).code === 'benchling.not_found') return { shown: 'nothing', status: 'gone' }
    throw thrown
  }
}

/** Why Benchling, or rendering for it, will never take this patch; everything else is thrown. */
const refusal = (thrown: unknown, job: Job<CanvasState>): Fault => {
  const fault = asFault(thrown)
  const lasts = fault.entry.class === 'never' || fault.code === 'internal'
  if (isAbort(thrown, job.signal) || fault.code === 'benchling.not_found' || !lasts) throw thrown
  job.log.error(faultFields(fault), 'the canvas could not be changed like this')
  return fault
}
