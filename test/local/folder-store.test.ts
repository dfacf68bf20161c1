import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  const physicalKey = await commit(store, text)
  await store.settle(place.run, [physicalKey], signal)
  return physicalKey
}

const commit = async (store: ObjectStore, text: string, run = place.run): Promise<string> => {
  const bytes = Buffer.from(text)
  const hasher = new ChunkedHasher(bytes.length)
  hasher.update(bytes)
  const upload = await store.begin({ ...place, run }, bytes.length, signal)
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
    await upload.abort() // lets go of the file
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
    await next.sweep(async () => new Set())
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

  describe('what a run stored and did not publish', () => {
    const staged = async () => {
      const all = await readdir(join(folder, '.objects/.staged'), { recursive: true, withFileTypes: true })
      return all.filter((one) => one.isFile()).map((one) => `${basename(one.parentPath)}/${one.name}`)
    }
    const none: ReadonlySet<string> = new Set()
    const live = (...runs: string[]) => {
      return async () => new Set(runs)
    }

    it('is no content of the registry, and lists nowhere', async () => {
      const physicalKey = await commit(store, 'hello')
      expect(await staged()).toEqual([`r/${physicalKey.slice(-64)}`])
      expect(await Array.fromAsync(store.list('', signal))).toEqual([])
      expect(await store.has(physicalKey, signal)).toBe(false)
      expect(await store.has(physicalKey, signal, 'another')).toBe(false)
      await expect(Array.fromAsync(store.open(physicalKey, signal))).rejects.toMatchObject({
        code: 'store.object_missing',
      })
    })

    it('is moved, not copied, and leaves no folder', async () => {
      const physicalKey = await commit(store, 'hello')
      const before = await stat(join(folder, '.objects/.staged', (await staged())[0]!))
      await store.settle('r', [physicalKey], signal)
      expect((await stat(fileURLToPath(physicalKey))).ino).toBe(before.ino)
      expect(await readdir(join(folder, '.objects/.staged'))).toEqual([])
    })

    it('goes on to count in a new process after the one that stored it was killed', async () => {
      const child = elsewhere(
        folder,
        `const { ChunkedHasher } = await import(${JSON.stringify(new URL('../../src/quilt/chunked-hash.ts', import.meta.url).href)})
         const hasher = new ChunkedHasher(5)
         hasher.update(Buffer.from('hello'))
         const upload = await store.begin({ name: 'a/b', key: 'k', run: 'r' }, 5, signal)
         await upload.write(Buffer.from('hello'))
         console.log(await upload.commit(hasher.digest()))
         process.stdin.resume()`,
      )
      const physicalKey = (await said(child)).trim()
      child.kill('SIGKILL')
      await once(child, 'exit')
      await store.sweep(live('r'))
      expect(await store.has(physicalKey, signal, 'r')).toBe(true)
      await store.settle('r', [physicalKey], signal)
      expect(await readFile(fileURLToPath(physicalKey), 'utf8')).toBe('hello')
    })

    it('may be published by one process while another, which lost the run, still writes to it', async () => {
      const other = createFolderStore(folder)
      const physicalKey = await commit(store, 'hello')
      expect(await commit(other, 'hello')).toBe(physicalKey)
      await other.discard('r', [], none, signal)
      expect(await commit(store, 'more')).not.toBe(physicalKey)
      await expect(store.settle('r', [physicalKey], signal)).rejects.toMatchObject({ code: 'store.corrupt' })
      await commit(store, 'hello')
      await store.settle('r', [physicalKey], signal)
      expect(await readFile(fileURLToPath(physicalKey), 'utf8')).toBe('hello')
      await other.close()
    })

    it('is swept when no run will go on with it', async () => {
      await commit(store, 'hello', 'over')
      await commit(store, 'hello', 'goes on')
      await store.sweep(live('goes on'))
      expect(await staged()).toHaveLength(1)
      await store.discard('goes on', [], none, signal)
      expect(await staged()).toEqual([])
    })

    it('is not swept while another process has the registry open, which may know the run', async () => {
      const other = createFolderStore(folder)
      await commit(other, 'hello', 'of the other')
      await store.sweep(live())
      expect(await staged()).toHaveLength(1)
      await other.close()
      await store.sweep(live())
      expect(await staged()).toEqual([])
    })

    it('makes no folder to sweep in', async () => {
      const lazy = createFolderStore(join(folder, 'later'))
      await lazy.sweep(live())
      await expect(stat(join(folder, 'later'))).rejects.toThrow('ENOENT')
    })

    it('lies in a folder of its own whatever the run is called', async () => {
      for (const run of ['..', '../../x', 'a/b', '', '.partial', 'x'.repeat(300)]) {
        const physicalKey = await commit(store, `by ${run}`, run)
        expect(await store.has(physicalKey, signal, run)).toBe(true)
        await store.discard(run, [], none, signal)
        expect(await store.has(physicalKey, signal, run)).toBe(false)
      }
      expect(await readdir(folder)).toEqual(['.objects'])
      expect((await readdir(join(folder, '.objects'))).sort()).toEqual(['.lock', '.partial', '.staged'])
    })

    it('comes to the address of damaged content, and heals it', async () => {
      const physicalKey = await put(store, 'hello')
      await chmod(fileURLToPath(physicalKey), 0o644)
      await writeFile(fileURLToPath(physicalKey), 'hel')
      await commit(store, 'hello', 'later')
      expect(await readFile(fileURLToPath(physicalKey), 'utf8')).toBe('hel')
      await store.settle('later', [physicalKey], signal)
      expect(await readFile(fileURLToPath(physicalKey), 'utf8')).toBe('hello')
    })
  })
})
