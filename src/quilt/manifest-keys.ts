import { Fault } from '../base/fault.ts'

/**
 * Checks that keys in walk order can live in one tree: none twice, none that is also a folder of another. quilt3 opens no
 * manifest that breaks this. In that order what breaks it stands side by side. Throws `manifest.invalid`.
 */
export const checkKeyTree = (entries: readonly { readonly logicalKey: string }[]): void => {
  for (let at = 1; at < entries.length; at++) {
    const before = entries[at - 1]!.logicalKey
    const { logicalKey } = entries[at]!
    if (!logicalKey.startsWith(before)) continue
    if (logicalKey.length === before.length)
      throw new Fault('manifest.invalid', { logicalKey, problem: 'the key comes twice' })
    if (logicalKey[before.length] === '/')
      throw new Fault('manifest.invalid', { logicalKey, problem: 'a folder of the key is also a file' })
  }
}
