import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Figures } from '../../src/base/metrics-figures.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { figureOf } from '../support/figures.ts'
import { bytesOf, type Lab, openLab, signal, upload } from './s3-lab.ts'

let lab: Lab
let store: ObjectStore
let figures: Figures

beforeEach(async () => {
  lab = await openLab()
  figures = new Figures()
  store = await lab.open({ metrics: figures })
})
afterEach(() => lab.server.close())

const retries = (operation: string) => figureOf(figures, 's3_retries', { operation })
const failures = (operation: string) => figureOf(figures, 's3_failures', { operation })

describe('calls of S3', () => {
  it('that are made again are counted by operation, and are no failure when they go through', async () => {
    lab.server.faults.plan('PutObject', 'slow-down', 2)
    lab.server.faults.plan('GetBucketVersioning', 'reset')
    await upload(store, bytesOf(5))
    expect([retries('PutObject'), retries('GetBucketVersioning')]).toEqual([2, 1])
    expect([failures('PutObject'), failures('GetBucketVersioning')]).toEqual([undefined, undefined])
  })

  it('that are given up are a failure', async () => {
    lab.server.faults.plan('PutObject', 'slow-down', 100)
    await expect(upload(store, bytesOf(5))).rejects.toMatchObject({ code: 'store.unavailable' })
    expect([retries('PutObject'), failures('PutObject')]).toEqual([4, 1])
  })

  it('that are refused are a failure, and not made again', async () => {
    lab.server.faults.plan('GetObject', 'forbidden')
    await expect(store.read('.quilt/x', signal)).rejects.toMatchObject({ code: 'store.forbidden' })
    expect([retries('GetObject'), failures('GetObject')]).toEqual([undefined, 1])
  })

  it('that say an object is not there, or a condition does not hold, are answers', async () => {
    expect(await store.read('.quilt/x', signal)).toBeNull()
    expect(await store.write('.quilt/x', bytesOf(3), { ifAbsent: true }, signal)).toBe(true)
    expect(await store.write('.quilt/x', bytesOf(3), { ifAbsent: true }, signal)).toBe(false)
    expect(await store.has('s3://lab/nothing?versionId=none', signal)).toBe(false)
    expect(figures.totals().filter(({ name }) => name.startsWith('s3_'))).toEqual([])
  })

  it('that are given up because the work was are not counted', async () => {
    lab.server.faults.plan('GetObject', 'hang')
    const drain = new AbortController()
    const read = store.read('.quilt/x', drain.signal)
    await lab.server.arrived('GetObject', 1)
    drain.abort(new Error('drained'))
    await expect(read).rejects.toThrow('drained')
    expect(failures('GetObject')).toBeUndefined()
  })
})
