import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { s3Url } from '../../src/quilt/physical-key.ts'
import { FakeClock } from '../support/clock.ts'
import type { Versioning } from '../support/s3-server-bucket.ts'
import { bytesOf, type Lab, MiB, openLab, operations, placeOf, signal, upload } from './s3-lab.ts'

const NONE: ReadonlySet<string> = new Set()
const RUN = 'run-1'

let lab: Lab | undefined
afterEach(async () => {
  lab?.server.faults.release()
  await lab?.server.close()
  lab = undefined
})
const open = async (versioning: Versioning = 'enabled'): Promise<Lab> => {
  lab = await openLab(versioning)
  return lab
}
const versions = ({ bucket }: Lab): number => [...bucket.objects.values()].flat().length

describe('What a run leaves in a bucket', () => {
  it('is removed a thousand objects at a time', async () => {
    const { server, store } = await open()
    const real = await upload(store, bytesOf(10))
    const many = Array.from({ length: 2_000 }, (_, n) => s3Url('lab', `gone/${n}`, `v${n}`))
    await store.discard(RUN, [...many, real], NONE, signal)
    expect(operations(server).filter((operation) => operation === 'DeleteObjects')).toHaveLength(3)
    expect(versions(lab!)).toBe(0)
  })

  it('costs no request when there is nothing', async () => {
    const { server, store } = await open()
    await store.discard(RUN, [], NONE, signal)
    expect(server.requests).toEqual([])
  })

  it.each(['enabled', 'off'] as const)(
    'is nothing that the run cannot have written itself (versions %s)',
    async (versioning) => {
      const { bucket, store, server } = await open(versioning)
      await store.write('benchling/EXP1/README.md', Buffer.from('by hand'), null, signal)
      const ofAnother = await upload(store, bytesOf(10), placeOf('a', 'run-2'))
      const before = server.requests.length
      const others = [
        s3Url('lab', 'benchling/EXP1/README.md'),
        s3Url('another-bucket', 'key', 'v1'),
        'file:///tmp/x',
        ...(versioning === 'off' ? [ofAnother] : []),
      ]
      await store.discard(RUN, others, NONE, signal)
      expect(server.requests.slice(before)).toEqual([])
      expect(bucket.keys()).toHaveLength(2)
    },
  )

  it('stays without the permission to remove it, which is said once and fails nothing', async () => {
    const { bucket, server } = await open()
    const lines = new PassThrough()
    const store = await lab!.open({ log: createLog('warn', lines) })
    const keys = [await upload(store, bytesOf(10)), await upload(store, bytesOf(11))]
    bucket.mayDelete = false
    await store.discard(RUN, keys, NONE, signal)
    server.faults.plan('DeleteObjects', 'forbidden')
    await store.discard(RUN, keys, NONE, signal)
    expect(versions(lab!)).toBe(2)
    const said = String(lines.read()).trim().split('\n')
    expect(said).toHaveLength(1)
    expect(JSON.parse(said[0]!)).toMatchObject({ needs: ['s3:DeleteObject', 's3:DeleteObjectVersion'] })
  })

  it('is tried again when S3 has no time for it', async () => {
    const { server, store } = await open()
    const key = await upload(store, bytesOf(10))
    server.faults.plan('DeleteObjects', 'slow-down', 2)
    server.faults.plan('DeleteObjects', 'lost-answer')
    await store.discard(RUN, [key], NONE, signal)
    expect(versions(lab!)).toBe(0)
    server.faults.plan('DeleteObjects', 'internal-error', 9)
    await expect(store.discard(RUN, [key], NONE, signal)).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  it.each([10, 9 * MiB])('is no object of %i bytes whose checksum came back wrong', async (size) => {
    const { server, store } = await open()
    server.faults.plan(size === 10 ? 'PutObject' : 'CompleteMultipartUpload', 'wrong-checksum')
    await expect(upload(store, bytesOf(size))).rejects.toMatchObject({ code: 'store.corrupt' })
    expect(versions(lab!)).toBe(0)
    expect(lab!.bucket.uploads.size).toBe(0)
  })

  it.each([10, 9 * MiB])(
    'is known when the work was given up while S3 was answering about %i bytes',
    async (size) => {
      const { server } = await open()
      const store = await lab!.open({ clock: new FakeClock() })
      const operation = size === 10 ? 'PutObject' : 'CompleteMultipartUpload'
      server.faults.plan(operation, 'held')
      const drain = new AbortController()
      const stored = upload(store, bytesOf(size), placeOf(), drain.signal)
      await server.arrived(operation, 1)
      drain.abort(new Error('drained'))
      server.faults.release()
      const physicalKey = await stored
      await store.discard(RUN, [physicalKey], NONE, signal)
      expect(versions(lab!)).toBe(0)
    },
  )

  it('is not waited for longer than five seconds', async () => {
    const { server } = await open()
    const clock = new FakeClock()
    const store = await lab!.open({ clock })
    server.faults.plan('PutObject', 'hang')
    const drain = new AbortController()
    const stored = upload(store, bytesOf(10), placeOf(), drain.signal)
    const failed = expect(stored).rejects.toThrow('drained')
    await server.arrived('PutObject', 1)
    drain.abort(new Error('drained'))
    await clock.advance(5_000)
    await failed
  })
})

describe('Whether an object is still in a bucket', () => {
  it.each(['enabled', 'off'] as const)('takes one request (versions %s)', async (versioning) => {
    const { store, server } = await open(versioning)
    const physicalKey = await upload(store, bytesOf(10))
    const before = server.requests.length
    expect(await store.has(physicalKey, signal)).toBe(true)
    expect(operations(server).slice(before)).toEqual(['HeadObject'])
    await store.discard(RUN, [physicalKey], NONE, signal)
    expect(await store.has(physicalKey, signal)).toBe(false)
  })

  it('is asked of the version, whatever came after it', async () => {
    const { store, bucket } = await open()
    const physicalKey = await upload(store, bytesOf(10))
    bucket.delete('benchling/EXP1/data/results.csv', undefined)
    expect(await store.has(physicalKey, signal)).toBe(true)
  })

  it.each(['off', 'suspended'] as const)(
    'counts as no where the next write replaces it (versions %s)',
    async (versioning) => {
      const { store } = await open(versioning)
      await store.write('benchling/EXP1/a', Buffer.from('pushed by quilt3'), null, signal)
      for (const version of [null, 'null'])
        expect(await store.has(s3Url('lab', 'benchling/EXP1/a', version), signal)).toBe(false)
    },
  )

  it('counts as yes when it may not be asked, and as no elsewhere', async () => {
    const { store, server } = await open()
    const physicalKey = await upload(store, bytesOf(10))
    server.faults.plan('HeadObject', 'forbidden')
    expect(await store.has(physicalKey, signal)).toBe(true)
    expect(await store.has(s3Url('another-bucket', 'key', 'v1'), signal)).toBe(false)
    server.faults.plan('HeadObject', 'internal-error', 9)
    await expect(store.has(physicalKey, signal)).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})
