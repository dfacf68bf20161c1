import { Fault } from '../base/fault.ts'

/**
 * Checks that keys can live in one tree: none twice, none that is also a folder of another. quilt3 opens no manifest
 * that breaks this. Throws `manifest.invalid`.
 */
export const checkKeyTree = (entries: readonly { readonly logicalKey: string }[]): void => {
  const keys = new Set<string>()
  for (const { logicalKey } of entries) {
    if (keys.has(logicalKey))
      throw new Fault('manifest.invalid', { logicalKey, problem: 'the key comes twice' })
    keys.add(logicalKey)
  }
  const folders = new Set<string>()
  for (const { logicalKey } of entries) {
    for (let at = logicalKey.lastIndexOf('/'); at > 0; at = logicalKey.lastIndexOf('/', at - 1)) {
      const folder = logicalKey.slice(0, at)
      if (folders.has(folder)) break
      if (keys.has(folder))
        throw new Fault('manifest.invalid', { logicalKey, problem: 'a folder of the key is also a file' })
      folders.add(folder)
    }
  }
}
