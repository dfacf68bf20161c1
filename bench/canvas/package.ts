import { systemClock } from '../../src/base/clock.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import { manifestKey } from '../../src/registry/layout.ts'
import { createRegistry } from '../../src/registry/registry.ts'

const forever = new AbortController().signal
const RUN = 'bench'
/** Of ten files, how many lie in the one large folder. */
const IN_LARGE_FOLDER = 9
const FILES_A_SMALL_FOLDER = 10

/**
 * The next revision of a package, with so many files: nine of ten in one folder, the others in folders of ten beside it.
 * All share the bytes of one. Returns its manifest's key.
 */
export const publishFiles = async (folder: string, name: string, files: number): Promise<string> => {
  const store = createFolderStore(folder)
  try {
    const registry = createRegistry(store, systemClock, { workflow: null })
    const its = packageName(name)
    const current = await registry.current(its, forever)
    const bytes = Buffer.from('well,od\nA1,0.45\n')
    const chunks = (async function* () {
      yield bytes
    })()
    const place = { name: its, key: logicalKey('images/0.csv'), run: RUN }
    const { physicalKey, size, hash } = await registry.store(
      place,
      { size: bytes.length, chunks },
      null,
      forever,
    )
    const entries = Array.from({ length: files }, (_, i) => ({
      logicalKey: logicalKey(nameOf(i)),
      physicalKey,
      size,
      hash,
      meta: {},
    }))
    const draft = { name: its, run: RUN, message: 'bench', meta: metadata(), current, entries }
    const { topHash } = await registry.publish(draft, forever)
    return manifestKey(topHash)
  } finally {
    await store.close()
  }
}

const nameOf = (i: number): string => {
  const file = `plate-03_${String(i).padStart(6, '0')}_f${(i % 5) + 1}_GFP µm.tif`
  return i % 10 < IN_LARGE_FOLDER ? `images/${file}` : `tables/${folderOf(i)}/${file}`
}
const folderOf = (i: number): string => `run-${Math.floor(i / 10 / FILES_A_SMALL_FOLDER)}`

const metadata = () => ({
  entry_id: 'etr_Bench001',
  fields: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`field ${i}`, { value: i, unit: 'µM', note: 'x'.repeat(50) }]),
  ),
})
