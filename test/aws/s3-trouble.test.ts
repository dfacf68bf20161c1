import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Versioning } from '../support/s3-server-bucket.ts'
import {
  bytesOf,
  hashOf,
  type Lab,
  MiB,
  openLab,
  operations,
  placeOf,
  readAll,
  signal,
  upload,
} from './s3-lab.ts'

let lab: Lab
const open = async (versioning?: Versioning) => {
  lab = await openLab(versioning)
  return lab
}
afterEach(() => lab?.server.close())

const nothingLeft = () => {
  expect(lab.bucket.keys()).toEqual([])
  expect(lab.bucket.uploads.size).toBe(0)
}

describe('an upload that does not end well', () => {
  it('shows nothing before commit', async () => {
    const { store, bucket } = await open()
    const begun = await store.begin(placeOf(), 9 * MiB, signal)
    await begun.write(bytesOf(9 * MiB))
    expect(bucket.keys()).toEqual([])
    await begun.abort()
    nothingLeft()
  })

  it('leaves nothing when a part is refused for good', async () => {
    const { server, store } = await open()
    server.faults.plan('UploadPart', 'forbidden')
    await expect(upload(store, bytesOf(40 * MiB))).rejects.toMatchObject({ code: 'store.forbidden' })
    nothingLeft()
  })

  it('leaves nothing when the end is refused', async () => {
    const { server, store } = await open()
    server.faults.plan('CompleteMultipartUpload', 'forbidden')
    await expect(upload(store, bytesOf(9 * MiB))).rejects.toMatchObject({ code: 'store.forbidden' })
    nothingLeft()
  })

  it('leaves nothing when it is given up while parts are on the wire', async () => {
    const { server, store } = await open()
    server.faults.plan('UploadPart', 'hang', 2)
    const drain = new AbortController()
    const failed = expect(upload(store, bytesOf(20 * MiB), placeOf(), drain.signal)).rejects.toThrow(
      'drained',
    )
    await server.arrived('UploadPart', 2)
    drain.abort(new Error('drained'))
    await failed
    nothingLeft()
  })

  it('leaves nothing when it is given up while it begins', async () => {
    const { server, store } = await open()
    server.faults.plan('CreateMultipartUpload', 'slow-down', 2)
    const drain = new AbortController()
    const begun = await store.begin(placeOf(), 9 * MiB, drain.signal)
    await begun.write(bytesOf(8 * MiB))
    drain.abort(new Error('drained'))
    await begun.abort()
    nothingLeft()
  })

  it.each([5, 9 * MiB])('refuses %i bytes that are not what was hashed', async (size) => {
    const { store } = await open()
    const begun = await store.begin(placeOf(), size, signal)
    await begun.write(bytesOf(size))
    await expect(begun.commit(hashOf(bytesOf(size + 1)))).rejects.toMatchObject({ code: 'store.corrupt' })
    nothingLeft()
  })

  it.each(['PutObject', 'UploadPart'])('refuses bytes that changed on their way (%s)', async (operation) => {
    const { server, store } = await open()
    server.faults.plan(operation, 'spoil-body')
    const size = operation === 'PutObject' ? 5 : 9 * MiB
    await expect(upload(store, bytesOf(size))).rejects.toMatchObject({ code: 'store.corrupt' })
    nothingLeft()
  })

  it.each([
    ['PutObject', 5],
    ['UploadPart', 9 * MiB],
    ['CompleteMultipartUpload', 9 * MiB],
  ])('does not believe a store that answers %s with another checksum', async (operation, size) => {
    const { server, store } = await open()
    server.faults.plan(operation, 'wrong-checksum')
    await expect(upload(store, bytesOf(size))).rejects.toMatchObject({ code: 'store.corrupt' })
    expect(lab.bucket.uploads.size).toBe(0)
  })

  it.each([
    ['PutObject', 5],
    ['CompleteMultipartUpload', 9 * MiB],
  ])('accepts a store that names no checksum after %s', async (operation, size) => {
    const { server, store } = await open()
    server.faults.plan(operation, 'no-checksum')
    const physicalKey = await upload(store, bytesOf(size))
    expect((await readAll(store.open(physicalKey, signal))).length).toBe(size)
  })
})

describe('trouble that passes', () => {
  const OPERATIONS = ['GetBucketVersioning', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']
  it.each(OPERATIONS)('is waited out at %s, longer each time', async (operation) => {
    const { server, store, clock } = await open()
    for (const kind of ['slow-down', 'reset', 'internal-error'] as const) server.faults.plan(operation, kind)
    const bytes = bytesOf(8 * MiB) // one part: two would wait side by side
    const physicalKey = await upload(store, bytes)
    expect((await readAll(store.open(physicalKey, signal))).equals(bytes)).toBe(true)
    const waits = clock.slept
    expect(waits).toHaveLength(3)
    expect(waits[2]).toBeGreaterThanOrEqual(waits[0]!)
  })

  it('becomes store.unavailable when it stays', async () => {
    const { server, store } = await open()
    server.faults.plan('PutObject', 'slow-down', 100)
    await expect(upload(store, bytesOf(5))).rejects.toMatchObject({
      code: 'store.unavailable',
      facts: { operation: 'PutObject', error: 'SlowDown', status: 503, attempts: 5 },
    })
    nothingLeft()
  })

  it('is a store that cannot be reached', async () => {
    const { server, store } = await open()
    await server.close()
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})

describe('trouble that stays', () => {
  it('is a refusal: told at once, not tried again', async () => {
    const { server, store } = await open()
    server.faults.plan('*', 'forbidden', 100)
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({ code: 'store.forbidden' })
    await expect(upload(store, bytesOf(5))).rejects.toMatchObject({ code: 'store.forbidden' })
    expect(operations(server)).toEqual(['GetObject', 'GetBucketVersioning'])
  })

  it('is wrong credentials', async () => {
    const { open: another } = await open()
    const store = await another({
      credentials: { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'wrong' },
    })
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({
      code: 'store.forbidden',
      facts: { error: 'SignatureDoesNotMatch' },
    })
  })

  it('is no credentials at all', async () => {
    const { open: another } = await open()
    const store = await another({
      credentials: async () => {
        throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' })
      },
    })
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({ code: 'store.forbidden' })
  })

  it('is a bucket that does not exist', async () => {
    const { open: another } = await open()
    const store = await another({ bucket: 'nowhere' })
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({ code: 'store.not_found' })
    await expect(store.begin(placeOf(), 1, signal)).rejects.toMatchObject({ code: 'store.not_found' })
  })

  it('is told without addresses or headers', async () => {
    const { server, store } = await open()
    server.faults.plan('*', 'forbidden')
    const thrown = await store.read('.quilt/x', signal).catch((error: unknown) => error as Fault)
    expect(thrown).toBeInstanceOf(Fault)
    expect(Object.keys((thrown as Fault).facts).sort()).toEqual(
      ['attempts', 'bucket', 'error', 'key', 'operation', 'status'].sort(),
    )
  })
})

describe('a lost answer', () => {
  it('of a PutObject to a write-once key is recognised as ours', async () => {
    const { server, store, bucket } = await open('off')
    server.faults.plan('PutObject', 'lost-answer')
    const physicalKey = await upload(store, bytesOf(5))
    expect((await readAll(store.open(physicalKey, signal))).equals(bytesOf(5))).toBe(true)
    expect(bucket.keys()).toHaveLength(1)
  })

  it.each(['enabled', 'off'] as const)(
    'of a completed upload is recognised (versions %s)',
    async (versioning) => {
      const { server, store, bucket } = await open(versioning)
      server.faults.plan('CompleteMultipartUpload', 'lost-answer')
      const bytes = bytesOf(9 * MiB)
      const physicalKey = await upload(store, bytes)
      expect((await readAll(store.open(physicalKey, signal))).equals(bytes)).toBe(true)
      expect([...bucket.objects.values()].flat()).toHaveLength(1)
    },
  )

  it('of a conditional write does not make us lose against ourselves', async () => {
    const { server, store } = await open()
    server.faults.plan('PutObject', 'lost-answer')
    expect(await store.write('.quilt/p', Buffer.from('one'), { ifAbsent: true }, signal)).toBe(true)
    const { etag } = (await store.read('.quilt/p', signal))!
    server.faults.plan('PutObject', 'lost-answer')
    expect(await store.write('.quilt/p', Buffer.from('two'), { ifMatch: etag }, signal)).toBe(true)
  })

  it('of nobody: a repeated write that meets somebody else’s bytes has lost', async () => {
    const { server, store } = await open()
    await store.write('.quilt/p', Buffer.from('theirs'), null, signal)
    server.faults.plan('PutObject', 'reset')
    expect(await store.write('.quilt/p', Buffer.from('ours'), { ifAbsent: true }, signal)).toBe(false)
  })
})

describe('conditional writes', () => {
  it('are tried again when S3 says that another one is under way', async () => {
    const { server, store } = await open()
    server.faults.plan('PutObject', 'conflict', 2)
    expect(await store.write('.quilt/p', Buffer.from('one'), { ifAbsent: true }, signal)).toBe(true)
  })
})

describe('reading an object', () => {
  const bytes = bytesOf(3 * MiB)

  it('goes on where a broken connection stopped', async () => {
    const { server, store } = await open()
    const physicalKey = await upload(store, bytes)
    server.faults.plan('GetObject', 'cut-body', 2)
    expect((await readAll(store.open(physicalKey, signal))).equals(bytes)).toBe(true)
    const ranges = server.requests.filter((r) => r.operation === 'GetObject').map((r) => r.headers.range)
    expect(ranges).toEqual([undefined, `bytes=${bytes.length / 2}-`, `bytes=${(bytes.length / 4) * 3}-`])
  })

  it('does not join the halves of two contents', async () => {
    const { server, store } = await open('off')
    await store.write('.quilt/p', bytes, null, signal)
    const { physicalKey } = (await store.read('.quilt/p', signal))!
    server.faults.plan('GetObject', 'cut-body')
    const chunks = store.open(physicalKey, signal)[Symbol.asyncIterator]()
    await chunks.next()
    await store.write('.quilt/p', bytesOf(3 * MiB + 1), null, signal)
    const rest = (async () => {
      while (!(await chunks.next()).done);
    })()
    await expect(rest).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  it('reads a small object again when its body breaks off', async () => {
    const { server, store } = await open()
    await store.write('.quilt/p', bytes, null, signal)
    server.faults.plan('GetObject', 'cut-body')
    expect((await store.read('.quilt/p', signal))?.bytes.equals(bytes)).toBe(true)
  })

  it('can be left early', async () => {
    const { server, store } = await open()
    const physicalKey = await upload(store, bytesOf(20 * MiB))
    for await (const chunk of store.open(physicalKey, signal)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await server.close()
  })

  it('ends with the reason when the work is given up', async () => {
    const { server, store } = await open()
    const physicalKey = await upload(store, bytes)
    server.faults.plan('GetObject', 'hang')
    const drain = new AbortController()
    const failed = expect(readAll(store.open(physicalKey, drain.signal))).rejects.toThrow('drained')
    await server.arrived('GetObject', 1)
    drain.abort(new Error('drained'))
    await failed
  })
})
