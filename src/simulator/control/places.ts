import { APP_FEATURES } from '../../base/app-features.ts'
import { badRequest } from '../api-error.ts'
import type { Canvas } from '../canvases/canvas-store.ts'
import type { TenantContext } from '../context.ts'
import type { Notebook } from '../notebook.ts'
import type { PlaceKind, PlaceView } from '../page-contract.ts'
import { uuid } from '../random.ts'
import { canvasView } from './views.ts'

/** The features of the app's manifest that are no part of a notebook entry. */
export const PLACE_FEATURES: Readonly<Record<PlaceKind, string>> = {
  home: APP_FEATURES.home.id,
  run: APP_FEATURES.run.id,
}

type Place = Pick<PlaceView, 'kind' | 'featureId' | 'resourceId'>

/**
 * The places outside of entries that somebody opened on the page. Benchling makes no canvas there: it tells the app
 * that one is wanted (`v2.canvas.initialized`), and the app creates it.
 */
export class Places {
  readonly #tenant: TenantContext
  readonly #notebook: Notebook
  readonly #open = new Map<PlaceKind, Place>()

  constructor(tenant: TenantContext, notebook: Notebook) {
    this.#tenant = tenant
    this.#notebook = notebook
  }

  /** The homepage and the newest run, as far as they are open. */
  list(): PlaceView[] {
    return [...this.#open.values()].map((place) => this.#view(place))
  }

  /**
   * Opens a place: the app is told, unless the place has its canvas already. `another` begins a new run. The delivery
   * goes out in the background.
   */
  open(
    kind: PlaceKind,
    more: { userId?: string | undefined; another?: boolean | undefined } = {},
  ): PlaceView {
    if (more.another && kind === 'home') throw badRequest('An app has one homepage.')
    const known = more.another ? undefined : this.#open.get(kind)
    const place = known ?? { kind, featureId: PLACE_FEATURES[kind], resourceId: this.#resourceOf(kind) }
    this.#open.set(kind, place)
    const view = this.#view(place)
    if (view.canvas === null) this.#notebook.announcePlace(place, more.userId).catch(() => {})
    this.#tenant.tell({ kind: 'place', place: view })
    return view
  }

  /** Which resource a homepage is to Benchling is not documented: here it is the app itself. */
  #resourceOf(kind: PlaceKind): string {
    return kind === 'home' ? this.#tenant.credentials.appId : uuid(this.#tenant.random)
  }

  #view(place: Place): PlaceView {
    const canvas = this.#canvasOf(place)
    return { ...place, canvas: canvas ? canvasView(canvas, this.#tenant.sessions) : null }
  }

  #canvasOf({ featureId, resourceId }: Place): Canvas | undefined {
    return this.#tenant.canvases
      .list()
      .find(
        (canvas) =>
          canvas.featureId === featureId && canvas.resourceId === resourceId && canvas.archived === null,
      )
  }
}
