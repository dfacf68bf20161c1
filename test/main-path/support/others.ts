import type { Clock } from '../../../src/base/clock.ts'
import type { PackageName } from '../../../src/quilt/types.ts'
import type { ObjectStore, Registry, Revision } from '../../../src/registry/ports.ts'
import { createRegistry } from '../../../src/registry/registry.ts'

const never = new AbortController().signal

/** Somebody who pushes with quilt3 into the same registry: the service has no part in it, and is told nothing. */
export class Others {
  readonly registry: Registry

  constructor(store: ObjectStore, clock: Clock) {
    this.registry = createRegistry(store, clock, { workflow: null })
  }

  /** The next revision of a package: with these files more, all of one content, under the metadata that it has, or this. */
  async push(
    name: string,
    files: string | readonly string[],
    { message = 'by hand', meta }: { message?: string; meta?: Revision['header']['user_meta'] } = {},
  ): Promise<string> {
    const keys = [files].flat()
    const at = { name: name as PackageName, key: keys[0] as never, run: 'somebody' }
    const chunks = (async function* () {
      yield Buffer.from('pushed')
    })()
    const stored = await this.registry.store(at, { size: 'pushed'.length, chunks }, null, never)
    const current = await this.registry.current(at.name, never)
    const pushed = keys.map((key) => ({ ...stored, logicalKey: key as never, meta: {} }))
    const entries = [...(current?.entries ?? []), ...pushed]
    const user_meta = meta ?? current?.header.user_meta ?? {}
    const draft = { name: at.name, run: at.run, message, meta: user_meta as never, entries, current }
    return (await this.registry.publish(draft, never)).topHash
  }
}
