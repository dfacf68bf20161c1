import type { ButtonPress, Step } from './buttons.ts'
import type { CanvasState } from './canvas-state.ts'
import { LAST_PAGE, PACKAGE_ROUTE, ROUTE_DEPTH, type Route, type RouteTo, stampOf } from './route.ts'

/** Routes that a press may still refer to, because somebody had them before their eyes a moment ago. */
const TRAIL = 6

const UNKNOWN_BUTTON = 'That button is not known to this version. This is the current state.'
const STALE_BUTTON = 'That button belonged to an earlier state of this canvas. This is the current one.'

/** Whether it was learnt where this canvas is: in an entry, or in none. */
export const isLocated = (state: CanvasState): boolean => state.located ?? state.entryId !== null

/**
 * Folds a press into the state of its canvas. `at`: when it happened (ms): a press that is older than one that was folded
 * already does not move the canvas. A press relates to the route it was drawn on; where that is not known any more, the
 * canvas stays where it is and says so. Before the canvas is located the press waits for the run that reads its `data`.
 */
export const followButton = (state: CanvasState, button: ButtonPress, at: number): CanvasState => {
  if (button.kind === 'unknown') return { ...state, notice: UNKNOWN_BUTTON }
  if (at < (state.clickedAt ?? 0)) return state
  const { pendingStep, ...before } = state
  const now = { ...before, clickedAt: at, notice: null }
  switch (button.kind) {
    case 'update':
    case 'retry':
      return moved(now, PACKAGE_ROUTE)
    case 'go':
      return moved(now, button.route)
    case 'step':
      if (isLocated(state)) return stepped(now, button)
      // To draw what is there takes nothing back that was pressed before.
      if (button.step.kind === 'show' && state.clickedAt !== undefined)
        return pendingStep ? { ...now, pendingStep } : now
      return { ...now, pendingStep: button }
  }
}

/**
 * The state now that the canvas' `data` was read (null: it holds no route): where it was before our records knew it, and
 * from there where the press leads that waited. A press that says all by itself was followed already.
 */
export const followPending = (state: CanvasState, data: Route | null): CanvasState => {
  const { pendingStep = null, ...rest } = state
  const wentBefore = state.clickedAt !== undefined && pendingStep === null
  const from = data && !wentBefore ? { ...rest, route: placed(data, state), trail: [] } : rest
  return pendingStep ? stepped(from, pendingStep) : from
}

type StepPress = Extract<ButtonPress, { kind: 'step' }>

const stepped = (state: CanvasState, { step, stamp }: StepPress): CanvasState => {
  const { route, trail = [] } = state
  if (step.kind === 'show') return state
  const from =
    stamp === null ? PACKAGE_ROUTE : [route, ...trail.toReversed()].find((one) => stampOf(one) === stamp)
  if (from === undefined) return { ...state, notice: STALE_BUTTON }
  if (step.kind === 'package') return moved(state, lastHome(state) ?? PACKAGE_ROUTE)
  return moved(state, follow(from, step))
}

/**
 * Home as it is, or was left last: where the way back leads outside of entries, and what may be opened there. Null where
 * there was none.
 */
export const lastHome = ({ route, trail = [] }: CanvasState): RouteTo<'home'> | null =>
  [...trail, route].findLast(isHome) ?? null

const isHome = (route: Route): route is RouteTo<'home'> => route.screen === 'home'

/** Home is outside of entries only, whatever a button or the data of a canvas says. */
const placed = (route: Route, { entryId }: CanvasState): Route =>
  entryId !== null && isHome(route) ? PACKAGE_ROUTE : route

/** However far somebody browses from Home, the way back is kept. */
const moved = (state: CanvasState, to: Route): CanvasState => {
  const route = placed(to, state)
  const before = [...(state.trail ?? []), state.route].filter((one) => stampOf(one) !== stampOf(route))
  const trail = before.slice(-TRAIL)
  const home = before.findLast(isHome)
  return { ...state, route, trail: home && !trail.includes(home) ? [home, ...trail.slice(1)] : trail }
}

/** Where a step leads from a route. A step that means nothing there leads nowhere. */
export const follow = (from: Route, step: Step): Route => {
  const of = 'of' in from ? from.of : null
  const revision = 'revision' in from ? from.revision : null
  const top = { of, revision, path: [], page: 0 }
  switch (step.kind) {
    case 'show':
      return from
    case 'package':
      return PACKAGE_ROUTE
    case 'files':
      return { screen: 'files', ...top }
    case 'metadata':
      return { screen: 'metadata', ...top }
    case 'revisions':
      return { screen: 'revisions', of, page: 0 }
    case 'open':
      return { screen: 'files', of: step.tag, revision: null, path: [], page: 0 }
    case 'at':
      return { screen: 'files', of, revision: step.seconds, path: [], page: 0 }
    case 'first':
    case 'previous':
    case 'next':
    case 'last':
      return 'page' in from ? { ...from, page: pageAfter(from.page, step.kind) } : from
    case 'into':
      return 'path' in from && from.path.length < ROUTE_DEPTH
        ? { ...from, path: [...from.path, step.tag], page: 0 }
        : from
    case 'up':
      return 'path' in from ? { ...from, path: from.path.slice(0, -1), page: 0 } : from
    case 'search':
      return { screen: 'home', search: null, page: 0, ask: true }
    case 'clear':
      return { screen: 'home', search: null, page: 0 }
  }
}

const pageAfter = (page: number, step: 'first' | 'previous' | 'next' | 'last'): number => {
  switch (step) {
    case 'first':
      return 0
    case 'previous':
      return Math.max(0, page - 1)
    case 'next':
      return Math.min(LAST_PAGE, page + 1)
    case 'last':
      return LAST_PAGE
  }
}
