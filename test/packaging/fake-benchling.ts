import type { Download } from '../../src/base/download.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import type { Benchling } from '../../src/benchling/ports.ts'

export type FakeAttachment = {
  readonly name: string | null
  readonly size: number | null
  readonly download: Download
}

/** A tenant as far as packaging looks at it: it remembers what it was asked. */
export class FakeBenchling {
  entryNow: Entry
  readonly attachments = new Map<string, FakeAttachment>()
  readonly names = new Map<string, string>()
  /** What the next export is; a started task keeps what it got. */
  exportNow: Download
  readonly tasks = new Map<string, Download>()
  readonly asked: string[] = []

  constructor(entry: Entry, download: Download) {
    this.entryNow = entry
    this.exportNow = download
  }

  port(): Benchling {
    const unused = (): never => {
      throw new Error('packaging has no business with canvases and sessions')
    }
    return {
      entry: async (id) => {
        this.asked.push('entry')
        if (id !== this.entryNow.id) throw new Fault('benchling.not_found', { id })
        return structuredClone(this.entryNow)
      },
      externalFile: async (_, id) => {
        this.asked.push(`attachment ${id}`)
        const attachment = this.attachments.get(id)
        if (!attachment) throw new Fault('benchling.not_found', { id })
        return { id, ...attachment }
      },
      startExport: async () => {
        this.asked.push('export')
        const task = `task-${this.tasks.size + 1}`
        this.tasks.set(task, this.exportNow)
        return task
      },
      finishedExport: async (task) => {
        this.asked.push(`wait ${task}`)
        const download = this.tasks.get(task)
        if (!download) throw new Fault('export.failed', { task })
        return { download, polls: 1 }
      },
      nameOf: async (type, id) => {
        this.asked.push(`name ${type} ${id}`)
        return this.names.get(id) ?? null
      },
      exportTask: unused,
      canvas: unused,
      createCanvas: unused,
      updateCanvas: unused,
      createSession: unused,
      updateSession: unused,
    }
  }
}

/** A file in memory behind the download port. */
export const inMemory = (bytes: Uint8Array, told: { total?: number | null } = {}): Download => ({
  get: async () => ({
    start: 0,
    total: told.total === undefined ? bytes.byteLength : told.total,
    partial: false,
    etag: null,
    body: (async function* () {
      yield bytes
    })(),
    cancel: () => {},
  }),
})
