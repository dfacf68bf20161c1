import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import type { PackagePrefix } from '../../src/registry/packager-ports.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { placeOf } from '../../src/registry/reuse.ts'

const { signal } = new AbortController()

export type PrefixUnderTest = {
  /** A bucket that keeps versions. */
  readonly store: ObjectStore
  readonly prefix: PackagePrefix
  stop(): Promise<void>
}

/** Stores a file as a run does, and gives its physical key. */
export const storeFile = async (store: ObjectStore, name: string, key: string, text: string) => {
  const bytes = Buffer.from(text)
  const once = createHash('sha256').update(bytes).digest()
  const value = bytes.length === 0 ? once : createHash('sha256').update(once).digest()
  const place = { name: packageName(name), key: logicalKey(key), run: 'run-1' }
  const upload = await store.begin(place, bytes.length, signal)
  await upload.write(bytes)
  return upload.commit({ type: 'sha2-256-chunked', value: value.toString('base64') })
}

/** What every view of packages' folders must do, whatever the bucket is made of. */
export const describePackagePrefix = (title: string, open: () => Promise<PrefixUnderTest>): void => {
  describe(`${title} as folders of packages`, () => {
    let lab: PrefixUnderTest
    beforeAll(async () => {
      lab = await open()
    })
    afterAll(() => lab?.stop())

    const put = (key: string, text: string) => lab.store.write(key, Buffer.from(text), null, signal)
    const listed = async (name: string) => {
      const all = await Array.fromAsync(lab.prefix.list(packageName(name), signal))
      return all.sort((a, b) => (a.key < b.key ? -1 : 1))
    }
    const versionOf = (physicalKey: string) => placeOf(lab.prefix, physicalKey)!.versionId

    it('say that the bucket keeps versions', async () => {
      expect(await lab.prefix.versioned()).toBe(true)
    })

    it('list the latest version of each key, with its size, and nothing of other packages', async () => {
      await storeFile(lab.store, 'list/one', 'a.txt', 'first')
      const second = await storeFile(lab.store, 'list/one', 'a.txt', 'second!')
      const deep = await storeFile(lab.store, 'list/one', 'deep/ä µ.txt', 'x')
      await storeFile(lab.store, 'list/one-more', 'b.txt', 'other')
      expect(await listed('list/one')).toEqual([
        { key: 'list/one/a.txt', versionId: versionOf(second), size: 7 },
        { key: 'list/one/deep/ä µ.txt', versionId: versionOf(deep), size: 1 },
      ])
      expect(await listed('list/none')).toEqual([])
    })

    it('list everything when there are more versions than one page holds', async () => {
      for (let version = 0; version < 5; version++)
        await storeFile(lab.store, 'list/pages', 'a', `${version}`)
      for (const key of ['b', 'c', 'd']) await storeFile(lab.store, 'list/pages', key, key)
      expect((await listed('list/pages')).map(({ key }) => key.slice(-1))).toEqual(['a', 'b', 'c', 'd'])
    })

    it('tell what this service stored from what somebody put there', async () => {
      const ours = await storeFile(lab.store, 'mark/one', 'ours.txt', 'x')
      await put('mark/one/theirs.txt', 'x')
      expect(await lab.prefix.latest('mark/one/ours.txt', signal)).toEqual({
        versionId: versionOf(ours),
        marked: true,
      })
      expect(await lab.prefix.latest('mark/one/theirs.txt', signal)).toMatchObject({ marked: false })
      await put('mark/one/ours.txt', 'overwritten')
      expect(await lab.prefix.latest('mark/one/ours.txt', signal)).toMatchObject({ marked: false })
      expect(await lab.prefix.latest('mark/one/never.txt', signal)).toBeNull()
    })

    it('hide a key, whose versions stay readable, until something is stored there again', async () => {
      const old = await storeFile(lab.store, 'hide/one', 'a.txt', 'content')
      await storeFile(lab.store, 'hide/one', 'b.txt', 'stays')
      await lab.prefix.hide('hide/one/a.txt', signal)
      expect((await listed('hide/one')).map(({ key }) => key)).toEqual(['hide/one/b.txt'])
      expect(await lab.prefix.latest('hide/one/a.txt', signal)).toBeNull()
      const chunks = await Array.fromAsync(lab.store.open(old, signal))
      expect(Buffer.concat(chunks).toString()).toBe('content')
      const again = await storeFile(lab.store, 'hide/one', 'a.txt', 'again')
      expect((await listed('hide/one'))[0]).toMatchObject({ versionId: versionOf(again) })
    })
  })
}
