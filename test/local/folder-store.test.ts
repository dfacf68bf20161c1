import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderStore, type FolderStore } from '../../src/local/folder-store.ts'
import { ChunkedHasher } from '../../src/quilt/chunked-hash.ts'
import { fileUrl } from '../../src/quilt/physical-key.ts'
import type { LogicalKey, PackageName } from '../../src/quilt/types.ts'
import type { ObjectStore, Place } from '../../src/registry/ports.ts'
import { describeObjectStore } from '../registry/object-store-contract.ts'

const signal = new AbortController().signal
const place: Place = { name: 'a/b' as PackageName, key: 'k' as LogicalKey, run: 'r' }

describeObjectStore('A folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'folder store #%41 é-'))
  const store = createFolderStore(join(folder, 'made when needed'))
  return {
    store,
    stop: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

const put = async (store: ObjectStore, text: string): Promise<string> => {
  const bytes = Buffer.from(text)
  const hasher = new ChunkedHasher(bytes.length)
  hasher.update(bytes)
  const upload = await store.begin(place, bytes.length, signal)
  await upload.write(bytes)
  return upload.commit(hasher.digest())
}

/** Runs code in another process, with `store` open on `folder`; lines it prints arrive on its stdout. */
const elsewhere = (folder: string, code: string): ChildProcess => {
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const script = `
    import { createFolderStore } from ${module('../../src/local/folder-store.ts')}
    const store = createFolderStore(${JSON.stringify(folder)})
    const signal = new AbortController().signal
    ${code}`
  return spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}
const said = async (child: ChildProcess): Promise<string> => String((await once(child.stdout!, 'data'))[0])

describe('A folder store', () => {
  let folder: string
  let store: FolderStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-store-'))
    store = createFolderStore(folder)
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  const unfinished = async () =>
    (await readdir(join(folder, '.objects/.partial'), { recursive: true })).filter((name) =>
      name.includes('/'),
    )

  it('keeps content at the hexadecimal form of its hash, read-only', async () => {
    const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest()
    const address = sha256(sha256('hello')).toString('hex')
    const path = join(folder, '.objects', address.slice(0, 2), address)
    expect(await put(store, 'hello')).toBe(fileUrl(path))
    expect(await readFile(path, 'utf8')).toBe('hello')
    expect((await stat(path)).mode & 0o777).toBe(0o444)
  })

  it('does not touch content that is there already', async () => {
    await put(store, 'hello')
    const [address] = (await readdir(join(folder, '.objects'), { recursive: true })).filter(
      (n) => n.length > 60,
    )
    const before = await stat(join(folder, '.objects', address!))
    await put(store, 'hello')
    const after = await stat(join(folder, '.objects', address!))
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
    expect(await unfinished()).toEqual([])
  })

  it('heals content that was cut short by somebody else', async () => {
    const physicalKey = await put(store, 'hello')
    const path = physicalKey.slice('file://'.length)
    await chmod(path, 0o644)
    await writeFile(path, 'hel')
    expect(await put(store, 'hello')).toBe(physicalKey)
    expect(await readFile(path, 'utf8')).toBe('hello')
  })

  it('writes nothing before it is asked to', async () => {
    const lazy = createFolderStore(join(folder, 'later'))
    expect(await lazy.read('.quilt/x', signal)).toBeNull()
    expect(await Array.fromAsync(lazy.list('', signal))).toEqual([])
    await expect(stat(join(folder, 'later'))).rejects.toThrow('ENOENT')
  })

  it.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', './x', '', '.objects/aa/x', 'a\\..\\b', 'a\0b'])(
    'refuses the key %j',
    async (key) => {
      const forbidden = { code: 'store.forbidden' }
      await expect(store.write(key, Buffer.from('x'), null, signal)).rejects.toMatchObject(forbidden)
      await expect(store.read(key, signal)).rejects.toMatchObject(forbidden)
    },
  )

  it('lists nothing outside itself', async () => {
    await expect(Array.fromAsync(store.list('../', signal))).rejects.toMatchObject({
      code: 'store.forbidden',
    })
  })

  it('opens no file outside itself', async () => {
    for (const path of ['/etc/passwd', `${folder}/../x`, `${folder}-sibling/x`, folder])
      await expect(Array.fromAsync(store.open(fileUrl(path), signal))).rejects.toMatchObject({
        code: 'store.forbidden',
      })
    await expect(Array.fromAsync(store.open('s3://bucket/key', signal))).rejects.toMatchObject({
      code: 'store.forbidden',
    })
  })

  it('works in a folder reached by a link', async () => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'link'))
    const linked = createFolderStore(join(folder, 'link'))
    const physicalKey = await put(linked, 'hello')
    expect(Buffer.concat(await Array.fromAsync(linked.open(physicalKey, signal))).toString()).toBe('hello')
    await linked.close()
  })

  it('says so when the registry is a file', async () => {
    await writeFile(join(folder, 'file'), '')
    const wrong = createFolderStore(join(folder, 'file'))
    await expect(put(wrong, 'x')).rejects.toMatchObject({ code: 'store.not_found' })
    await expect(wrong.write('a', Buffer.from('x'), null, signal)).rejects.toMatchObject({
      code: 'store.not_found',
    })
  })

  it('removes what is unfinished when it is closed', async () => {
    const upload = await store.begin(place, 5, signal)
    await upload.write(Buffer.from('hel'))
    expect(await unfinished()).toHaveLength(1)
    await store.close()
    expect(await readdir(join(folder, '.objects/.partial'))).toEqual([])
  })

  it('goes on in a new folder when somebody removed the registry', async () => {
    await put(store, 'before')
    await store.write('.quilt/a', Buffer.from('before'), null, signal)
    await rm(folder, { recursive: true })
    const physical = await put(store, 'after')
    expect(await store.write('.quilt/a', Buffer.from('after'), { ifAbsent: true }, signal)).toBe(true)
    expect((await store.read('.quilt/a', signal))?.bytes.toString()).toBe('after')
    expect(Buffer.concat(await Array.fromAsync(store.open(physical, signal))).toString()).toBe('after')
    await rm(folder, { recursive: true })
    expect(await store.write('.quilt/a', Buffer.from('again'), { ifAbsent: true }, signal)).toBe(true)
  })

  it('keeps the unfinished files of a live process and sweeps those of a killed one', async () => {
    const child = elsewhere(
      folder,
      `const upload = await store.begin({ name: 'a/b', key: 'k', run: 'r' }, 5, signal)
       await upload.write(Buffer.from('hel'))
       console.log('begun')
       process.stdin.resume()`,
    )
    await said(child)
    await put(store, 'while it lives')
    expect(await unfinished()).toHaveLength(1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const next = createFolderStore(folder)
    await put(next, 'after its death')
    expect(await unfinished()).toEqual([])
    expect(await readdir(join(folder, '.objects/.partial'))).toHaveLength(4) // two live sessions and their locks
    await next.close()
  })

  it('lets one of several processes win each conditional write', async () => {
    const code = `
      process.stdin.once('data', async () => {
        let wins = 0
        for (let round = 0; round < 30; round++) {
          if (await store.write('.quilt/absent/' + round, Buffer.from(String(process.pid)), { ifAbsent: true }, signal)) wins++
          for (;;) {
            const { bytes, etag } = await store.read('.quilt/count', signal)
            const next = Buffer.from(String(Number(bytes) + 1))
            if (await store.write('.quilt/count', next, { ifMatch: etag }, signal)) break
          }
        }
        console.log(wins)
        process.exit(0)
      })
      await store.read('.quilt/count', signal)
      console.log('ready')`
    await store.write('.quilt/count', Buffer.from('0'), null, signal)
    const children = [elsewhere(folder, code), elsewhere(folder, code)]
    await Promise.all(children.map(said))
    const wins = children.map(said)
    for (const child of children) child.stdin!.write('go')
    const won = (await Promise.all(wins)).map(Number)
    expect(won[0]! + won[1]!).toBe(30)
    expect(String((await store.read('.quilt/count', signal))?.bytes)).toBe('60')
  })
})
