import { systemClock } from '../../src/base/clock.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import { createRegistry } from '../../src/registry/registry.ts'

const forever = new AbortController().signal
const RUN = 'somebody-else'

/** A package that somebody else pushed into a folder registry, and that names an entry in its metadata. */
export const publishLinked = async (
  folder: string,
  { name, displayId }: { readonly name: string; readonly displayId: string },
): Promise<void> => {
  const store = createFolderStore(folder)
  try {
    const registry = createRegistry(store, systemClock, { workflow: null })
    const its = packageName(name)
    const files = ['results/summary.csv', 'results/fit.json', 'notebook.ipynb']
    const entries = []
    for (const file of files) {
      const bytes = Buffer.from(`${file} of ${name}\n`)
      const chunks = (async function* () {
        yield bytes
      })()
      const place = { name: its, key: logicalKey(file), run: RUN }
      const stored = await registry.store(place, { size: bytes.length, chunks }, null, forever)
      entries.push({ ...stored, meta: {} })
    }
    const meta = { experiment_id: displayId, analyst: 'Søren Ångström', model: 'Michaelis–Menten' }
    await registry.publish(
      { name: its, run: RUN, message: 'Analysis', meta, current: null, entries },
      forever,
    )
  } finally {
    await store.close()
  }
}
