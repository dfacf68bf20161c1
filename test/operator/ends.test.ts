import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from './support/cli.ts'

/** Starting a process and packaging 2,000 files takes its time where others work, too. */
const PATIENCE = { timeout: 90_000 }

describe.concurrent('Ctrl-C', PATIENCE, () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cli-ends-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends demo cleanly with 0; without DATA_DIR its records lived in memory',
    async (signal) => {
      const registry = `registry-${signal}`
      const demo = start(['demo', '--registry', registry, '--port', '0', '--page-port', '0'], { cwd: dir })
      await demo.said('Ctrl-C to stop')
      demo.child.kill(signal)
      const { code, out, err } = await demo.ended
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('quilt3.list_packages')
      expect(out).not.toContain('\u001b')
      expect((await readdir(dir)).filter((name) => !name.startsWith('registry-'))).toEqual([])
    },
  )

  test('ends demo --once with 130 and leaves nothing half done in the registry', async () => {
    const args = ['demo', '--once', '--registry', 'registry-once', '--port', '0', '--page-port', '0']
    const demo = start(args, { cwd: dir })
    await demo.said('recorded')
    demo.child.kill('SIGINT')
    const { code, err } = await demo.ended
    expect([code, err]).toEqual([130, ''])
    const left = await readdir(join(dir, 'registry-once'), { recursive: true }).catch(() => [])
    expect(left.filter((name) => name.includes('.partial/'))).toEqual([])
  })
})
